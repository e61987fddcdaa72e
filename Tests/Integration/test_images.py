"""The programs' images as production runs them: another user, nothing to write to, no capabilities, 512 MB. See
`make check-images`."""

import concurrent.futures
import json
import os
import shlex
import subprocess

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from harness.datasets import Braintrust, marker
from harness.processes import Server, executable, free_port
from harness.records import DATE, Topic, assert_exactly_once, moment
from harness.services import KEY, Services
from harness.stores import BucketStore

pytestmark = pytest.mark.skipif("RUN_IMAGE" not in os.environ, reason="needs images; see make check-images")
MEMORY = 512 << 20
# These brokers answer a group's join after half of that time.
LOAD = ("load", "--kafka-option", "session.timeout.ms=6000")


class Image:
    """A program with what it is given as environment, as a container; its user sees what the process's would."""

    def __init__(self, variable, environment=()):
        self.image, self.environment = os.environ[variable], dict(environment)

    def run(self, *arguments, status=0):
        """Returns what it prints."""
        command = [
            *shlex.split(os.environ["RUN_IMAGE"]), "--rm", "--network", "host", "--read-only", "--cap-drop", "all",
            "--security-opt", "no-new-privileges", "--memory", str(MEMORY),
            *(text for pair in self.environment.items() for text in ("--env", "=".join(pair))), self.image, *arguments,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == status, f"{done.returncode}: {done.stderr[-3000:]}{done.stdout[-1000:]}"
        return done.stdout

    def report(self, *arguments):
        """Of a run that ends well, within its memory."""
        report = json.loads(self.run(*arguments).splitlines()[-1])
        assert report.get("peak_memory_bytes", 0) < MEMORY
        return report


class Tansu:
    """A broker that keeps all it is given."""

    def __init__(self):
        port = free_port()
        self.addresses = f"127.0.0.1:{port}"
        url = f"tcp://{self.addresses}"
        self.server = Server(
            [executable("TANSU"), "--listener-url", url, "--advertised-listener-url", url, "--storage-engine",
             "memory://tansu/"], port=port)

    def create_topic(self, name, partitions):
        admin = AdminClient({"bootstrap.servers": self.addresses})
        admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)

    def close(self):
        self.server.kill()


@pytest.fixture
def tansu():
    broker = Tansu()
    yield broker
    broker.close()


@pytest.fixture
def services(gcs):
    made = Services("--batch-delay", "0s", STORAGE_EMULATOR_HOST=gcs.address)
    yield made
    made.close()


@pytest.mark.parametrize("variable", ["LOADER_IMAGE", "BATCH_JUDGE_IMAGE"])
def test_the_version_tells_the_commit(variable):
    label = "org.opencontainers.image.revision"
    engine = shlex.split(os.environ["RUN_IMAGE"])[0]
    image = json.loads(subprocess.check_output([engine, "image", "inspect", os.environ[variable]]))[0]
    labels = image["Config"]["Labels"]
    assert Image(variable).run("--version").strip() == f"{labels['org.opencontainers.image.version']} ({labels[label]})"


def test_a_day_from_load_to_push(mock_cluster, gcs, services):
    name = "images-day"
    mock_cluster.create_topic(name, 4)
    published = json.loads(subprocess.check_output(
        [executable("DEVCLOUD"), "publish", "--brokers", mock_cluster.addresses, "--topic", name, "--sample", "day",
         "--start", DATE]))
    braintrust = Braintrust(services)
    project = braintrust.project()
    dataset = braintrust.dataset(project, marker("deployment"))
    where = {"STORAGE_URL": BucketStore(gcs, name).url, "STORAGE_EMULATOR_HOST": gcs.address, "KAFKA_TOPIC": name}
    loader = Image("LOADER_IMAGE", where | {
        "KAFKA_BROKERS": mock_cluster.addresses, "TAXONOMY": "prompts/tags.example.yml", "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": services.anthropic})
    judge = Image("BATCH_JUDGE_IMAGE", where | {
        "GCP_PROJECT": "p", "GOOGLE_VERTEX_BASE_URL": services.vertex, "GCE_METADATA_HOST": services.metadata,
        "BRAINTRUST_API_KEY": KEY, "BRAINTRUST_API_URL": services.braintrust, "BRAINTRUST_PROJECT_ID": project})

    loaded = loader.report(*LOAD)
    assert loaded["records"] + sum(loaded["dead_letters"].values()) == published["records"]
    assert loader.report("tag", "--days", "4")["records"] == loaded["records"]
    (day,) = judge.report("run", "--wait", "--poll-interval", "50ms", "--date", DATE)["days"]
    assert (day["stand"], day["unjudged"]) == ("judged", 0)
    (pushed,) = judge.report("push", "--date", DATE)["datasets"]
    assert pushed["counts"]["inserted"] == len(braintrust.rows(dataset)) > 0
    loader.run("verify")


def test_a_backlog_that_grows_while_it_is_drained(tansu, gcs):
    """600 MB, more than the memory; the first run starts at once, the last one after the last record."""
    store, name = BucketStore(gcs, "images-backlog"), "images-backlog"
    tansu.create_topic(name, 6)
    # Whatever else the machine does: as quickly as the broker takes them, and none is given up.
    topic = Topic(tansu, name, 6, **{"queue.buffering.max.kbytes": 32_768, "message.timeout.ms": 300_000})

    def produce():
        for number in range(400):
            for _ in range(50):
                topic.interaction(moment(number * 24 // 400), size=20_000)
            topic.producer.poll(0)
        topic.flush()
        # Of the last batch Tansu counts only the first record as stored.
        for partition in range(topic.partitions):
            topic.interaction(moment(23), partition=partition)
        topic.flush()

    loader = Image("LOADER_IMAGE", {
        "STORAGE_URL": store.url, "STORAGE_EMULATOR_HOST": gcs.address, "KAFKA_TOPIC": name,
        "KAFKA_BROKERS": tansu.addresses})
    runs = []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        producing = pool.submit(produce)
        while not producing.done():
            runs.append(loader.report(*LOAD))
        producing.result()
    runs.append(loader.report(*LOAD))
    assert sum(1 for run in runs if run["records"]) > 1, "nothing was loaded while records came"
    assert {part["lag"] for part in runs[-1]["partitions"]} == {0}
    assert_exactly_once(store, topic)
