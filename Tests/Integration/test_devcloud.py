"""The stand-in for Kafka and its sample records, as the people and the tests that use them do."""

import json
import os
import pathlib
import re
import subprocess

import pytest
from confluent_kafka import Consumer, TopicPartition

from harness.brokers import MockCluster
from harness.processes import executable


def devcloud(*arguments):
    return subprocess.run(
        [executable("DEVCLOUD"), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )



def test_stand_ins_are_in_no_program_that_is_delivered():
    """Neither they nor the server below them: by the names that debug builds keep."""
    names = [b"HummingbirdCore", b"StandIns"]
    content = {variable: pathlib.Path(executable(variable)).read_bytes() for variable in ("LOADER", "BATCH_JUDGE")}
    assert not [(variable, name) for variable in content for name in names if name in content[variable]]
    assert all(name in pathlib.Path(executable("DEVCLOUD")).read_bytes() for name in names)


def publish(broker, topic, *arguments):
    done = devcloud("publish", "--brokers", broker.addresses, "--topic", topic, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def records(broker, topic, partitions):
    """Everything in the topic, a list for each partition."""
    consumer = Consumer({"bootstrap.servers": broker.addresses, "group.id": "devcloud-reader", "log_level": 0})
    try:
        found = []
        for number in range(partitions):
            partition = TopicPartition(topic, number, 0)
            _, end = consumer.get_watermark_offsets(partition, timeout=20)
            consumer.assign([partition])
            got = consumer.consume(end, timeout=20) if end else []
            assert len(got) == end and not any(message.error() for message in got)
            found.append([(message.key(), message.value(), message.timestamp()[1]) for message in got])
        return found
    finally:
        consumer.close()


def test_the_same_seed_publishes_the_same_records(mock_cluster):
    mock_cluster.create_topic("devcloud-a", 2)
    mock_cluster.create_topic("devcloud-b", 2)
    mock_cluster.create_topic("devcloud-c", 2)
    day = ("--count", 200, "--partitions", 2, "--start", "2026-02-03")
    summary = publish(mock_cluster, "devcloud-a", *day)
    publish(mock_cluster, "devcloud-b", *day)
    publish(mock_cluster, "devcloud-c", *day, "--seed", 2)
    published = records(mock_cluster, "devcloud-a", 2)
    assert summary["records"] == 200
    assert summary["partitions"] == {str(number): len(found) for number, found in enumerate(published)}
    assert summary["bytes"] == sum(len(value) for found in published for _, value, _ in found)
    assert all(json.loads(value)["timestamp"].startswith("2026-02-03T") for found in published for _, value, _ in found)
    assert published == records(mock_cluster, "devcloud-b", 2)
    assert published != records(mock_cluster, "devcloud-c", 2)


def test_a_day_has_all_that_can_be_wrong(mock_cluster):
    mock_cluster.create_topic("devcloud-day", 4)
    summary = publish(mock_cluster, "devcloud-day", "--sample", "day")
    assert summary["records"] == 2000 == sum(summary["partitions"].values())
    assert {"tombstone", "empty", "invalidUTF8", "notJSON", "tooDeep"} <= summary["broken"].keys()
    assert {"late", "noTime", "absurdTime", "large"} <= summary["special"].keys()
    values = [value for found in records(mock_cluster, "devcloud-day", 4) for _, value, _ in found]
    assert values.count(None) == summary["broken"]["tombstone"]


def test_a_file_is_published_line_by_line(mock_cluster, tmp_path):
    mock_cluster.create_topic("devcloud-file", 2)
    file = tmp_path / "records.jsonl"
    file.write_bytes(b'{"a":1}\n{"a":2}\n\xff\n')
    assert publish(mock_cluster, "devcloud-file", "--file", file, "--partitions", 2)["records"] == 3
    values = [[value for _, value, _ in found] for found in records(mock_cluster, "devcloud-file", 2)]
    assert values == [[b'{"a":1}', b"\xff"], [b'{"a":2}']]


def test_a_cluster_obeys_and_says_what_it_does_not_understand():
    cluster = MockCluster(brokers=2)
    try:
        assert len(cluster.addresses.split(",")) == 2
        cluster.order("create_topic", topic="t", partitions=3)
        for line, reason in [
            ({"command": "create_topic", "topic": "u"}, 'create_topic needs "partitions"'),
            ({"command": "fly"}, "not a command that devcloud help kafka lists"),
        ]:
            cluster.server.process.stdin.write(json.dumps(line).encode() + b"\n")
            cluster.server.process.stdin.flush()
            assert json.loads(cluster.server.process.stdout.readline()) == {"ok": False, "error": reason}
        cluster.order("quit")
        assert cluster.server.process.wait(20) == 0
    finally:
        cluster.close()


@pytest.mark.parametrize(
    "arguments, status, says",
    [
        (["publish", "--brokers", "127.0.0.1:1", "--file", "/nope"], 66, "cannot read /nope: No such file or directory"),
        (["publish", "--brokers", "127.0.0.1:1"], 64, "Give one of --sample, --file and --count."),
        (["publish", "--brokers", "127.0.0.1:1", "--count", "1", "--start", "today"], 64, "--start must be a date"),
        (["publish", "--brokers", "127.0.0.1:1", "--count", "1", "--kafka-option", "no.such=1"], 64, "no.such"),
        (["kafka", "--brokers", "0"], 64, "--brokers must be 1 to 100."),
        (["kafka", "--topic", "t:none"], 64, "--topic"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(arguments, status, says):
    done = devcloud(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
    assert "Domain=" not in done.stderr and "UserInfo" not in done.stderr


def test_the_demo_accounts_for_every_record(tmp_path):
    done = devcloud("demo", "--directory", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    published, on_time, late, dead = map(
        int, re.search(r"(\d+) published = (\d+) on time \+ (\d+) late \+ (\d+) dead", done.stdout).groups()
    )
    assert published == 2000 == on_time + late + dead
    example = re.search(r"zcat (\S+)", done.stdout).group(1)
    assert "/tagged/" in example and "-late-" not in example
    judged, unjudged, jobs = map(
        int, re.search(r"(\d+) judged, (\d+) could not be, in (\d+) jobs", done.stdout).groups()
    )
    of_this_day = int(re.search(r"Of the late ones (\d+)", done.stdout).group(1))
    assert judged + unjudged == on_time + of_this_day and jobs > 1
    pushed = re.findall(r"(\d+) wanted, (\d+) new", done.stdout)
    assert len(pushed) == 2 and all(int(wanted) == int(new) > 0 for wanted, new in pushed)
    report = re.search(r"file://(\S+report\.html)", done.stdout).group(1)
    assert pathlib.Path(report).read_text().startswith("<!doctype html>")
    assert done.stderr == ""


def test_the_day_by_hand_goes_as_it_is_written(tmp_path):
    """The commands of docs/standins.md, as they stand there."""
    repository = pathlib.Path(__file__).parents[2]
    script = re.search(r"```sh\n(.*?)```", (repository / "docs/standins.md").read_text(), re.DOTALL)[1]
    (tmp_path / "prompts").symlink_to(repository / "prompts")
    folders = {str(pathlib.Path(executable(name)).parent) for name in ("LOADER", "BATCH_JUDGE", "DEVCLOUD")}
    environment = {"PATH": ":".join([*folders, os.environ["PATH"]]), "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-e"], input=script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reports = {line["job"]: line for line in map(json.loads, done.stdout.splitlines()) if "job" in line}
    assert list(reports) == ["loader load", "loader tag", "batch-judge run", "batch-judge push"]
    assert sum(day["judged"] for day in reports["batch-judge run"]["days"]) > 1000
    assert reports["batch-judge push"]["totals"]["inserted"] > 100
    assert list(tmp_path.glob("store/judged/raw-interactions/*/report.html"))
