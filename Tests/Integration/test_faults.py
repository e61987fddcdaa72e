"""What can be wrong: each fault is named, with its remedy and its own exit status, and costs no record."""

import json

import pytest

from harness.processes import free_port
from harness.records import assert_exactly_once, moment
from harness.stores import DirectoryStore, small_disk


@pytest.fixture
def topic(noida, make_topic):
    """A topic with something in it, of one partition."""
    topic = make_topic(noida, partitions=1)
    topic.interactions(100)
    topic.flush()
    return topic


def assert_completes(loader, store, topic):
    """Once the fault is gone, one run makes everything good."""
    loader.load()
    loader.verify().expect(0)
    assert_exactly_once(store, topic)


# MARK: Settings


def test_all_wrong_settings_at_once_and_no_secret(directory, make_loader):
    loader = make_loader(None, directory, "t")
    environment = {"KAFKA_OPTIONS": "hunter2", "KAFKA_SASL_PASSWORD": "hunter2", "MAX_DURATION": "soon"}
    wrong = ("--gzip-level", "12", "--kafka-broker", "x", "--from", "middle", "--event-time-field", "timestamp")
    found = loader.run("load", *wrong, environment=environment).expect(
        64, "--gzip-level", "'12'", "did you mean --kafka-brokers", "KAFKA_OPTIONS", "MAX_DURATION", "'soon'",
        "--from", "earliest", "--event-time-field", "is required",
    )
    assert "hunter2" not in found.errors + found.output
    assert directory.names() == []


# MARK: Kafka


def test_unknown_topic(noida, directory, make_loader):
    loader = make_loader(noida, directory, "no-such-topic")
    loader.run("load", "--kafka-timeout", "5s").expect(66, "no-such-topic does not exist", "check the name")


def test_no_broker(directory, topic, noida, make_loader):
    address = f"127.0.0.1:{free_port()}"
    loader = make_loader(noida, directory, topic)
    loader.run("load", "--kafka-brokers", address, "--kafka-timeout", "2s").expect(69, address, "brokers")
    assert_completes(loader, directory, topic)


def test_refused_authentication(mock_cluster, directory, make_topic, make_loader):
    topic = make_topic(mock_cluster)
    topic.interactions(20)
    topic.flush()
    loader = make_loader(mock_cluster, directory, topic)
    found = loader.run(
        "load", "--kafka-security-protocol", "sasl_plaintext", "--kafka-sasl-mechanism", "PLAIN",
        "--kafka-sasl-username", "user", "--kafka-sasl-password", "hunter2", "--kafka-timeout", "5s",
    )
    assert found.status in (69, 77) and "SASL" in found.errors, found.errors
    assert "hunter2" not in found.errors
    assert_completes(loader, directory, topic)


def test_records_that_retention_took(directory, noida, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    topic.interactions(40, hours=(2,))
    topic.flush()
    loader = make_loader(noida, directory, topic)
    loader.load("--allowed-lateness", "7d")  # its hours stay open
    lost = [topic.interaction(moment(2, 1)) for _ in range(10)]
    kept = [topic.interaction(moment(3, 1)) for _ in range(10)]
    topic.flush()
    first, end = (topic.delivered[lost[index]][1] for index in (0, -1))
    noida.delete_records(topic.name, end + 1)
    found = loader.run("load").expect(65, "records lost", "raise the topic's retention")
    (line,) = found.logged("records lost")
    assert (json.loads(line)["severity"], json.loads(line)["start"]) == ("ERROR", str(first))
    assert [(part["start"], part["end"]) for part in found.report["lost"]] == [(first, end + 1)]
    loader.load()  # said once, and kept in the manifests of the hours that it may concern
    ranges = {
        (lost["start"], lost["end"]) for manifest in directory.manifests(topic.name).values()
        for part in manifest["parts"] for lost in part["lost"]
    }
    assert ranges == {(first, end + 1)}
    for identifier in lost:
        del topic.delivered[identifier]
    assert kept and loader.verify().expect(0).answer["lost"]
    assert_exactly_once(directory, topic)


def test_a_planned_chunk_that_retention_took(directory, noida, topic, make_loader):
    make_loader(noida, directory, topic, group="dies").run("load", failpoint="after-plan").expect(-9)
    noida.delete_records(topic.name, 30)
    loader = make_loader(noida, directory, topic)
    loader.run("load").expect(65, "records lost", "planned")
    for place in [place for place in topic.dead if place[1] < 30]:
        del topic.dead[place]
    topic.delivered = {name: place for name, place in topic.delivered.items() if place[1] >= 30}
    loader.load()
    loader.verify().expect(0)
    assert_exactly_once(directory, topic)


def test_a_topic_that_was_recreated(directory, noida, topic, make_topic, make_loader):
    loader = make_loader(noida, directory, topic)
    loader.load()
    noida.delete_topic(topic.name)
    noida.create_topic(topic.name, 1)
    second = type(topic)(noida, topic.name, 1)
    second.interactions(20)
    second.flush()
    before = directory.objects()
    loader.run("load").expect(70, "the topic was recreated", "--topic-epoch 1")
    assert directory.objects() == before
    loader.load("--topic-epoch", "1")
    loader.verify().expect(0)
    second.dead.clear()  # dead letters of both have the same offsets
    topic.dead.clear()
    assert_exactly_once(directory, topic, second)


# MARK: The store


def test_missing_bucket(noida, bucket, topic, make_loader):
    loader = make_loader(noida, bucket, topic)
    loader.run("load", "--storage-url", "gs://no-such-bucket/x").expect(73, "create the bucket no-such-bucket")
    assert_completes(loader, bucket, topic)


@pytest.mark.parametrize("code, reason", [(403, "forbidden"), (401, "authError")])
def test_a_store_that_refuses_us(code, reason, noida, front, fronted, topic, make_loader):
    error = {"code": code, "message": "caller lacks storage.objects.create", "errors": [{"reason": reason}]}
    front.refuse = lambda method, path, body: (code, json.dumps({"error": error}))
    loader = make_loader(noida, fronted, topic)
    loader.run("load").expect(77, fronted.gcs.bucket_name)
    front.refuse = lambda method, path, body: None
    assert_completes(loader, fronted, topic)


def test_a_token_that_expires_in_the_middle(noida, front, fronted, topic, make_loader):
    uploads = []

    def refuse(method, path, body):
        if path.startswith("/upload/"):
            uploads.append(path)
            return (401, '{"error":{"code":401,"message":"Invalid Credentials"}}') if len(uploads) >= 3 else None
        return None

    front.refuse = refuse
    loader = make_loader(noida, fronted, topic)
    loader.run("load").expect(77)
    front.refuse = lambda method, path, body: None
    make_loader(noida, fronted, topic, group="after").load()
    assert_completes(loader, fronted, topic)


def test_a_store_that_is_overloaded_for_a_while(noida, front, fronted, topic, make_loader):
    requests = []

    def refuse(method, path, body):
        requests.append(path)
        return {1: (429, "{}"), 4: (503, "{}"), 9: (502, ""), 14: (500, "{}")}.get(len(requests))

    front.refuse = refuse
    loader = make_loader(noida, fronted, topic)
    assert_completes(loader, fronted, topic)


def test_a_store_that_stays_away(noida, front, fronted, topic, make_loader):
    front.refuse = lambda method, path, body: (503, "{}") if path.startswith("/upload/") else None
    loader = make_loader(noida, fronted, topic)
    loader.run("load", "--storage-retry-deadline", "2s").expect(69, "503", "running again")
    front.refuse = lambda method, path, body: None
    assert_completes(make_loader(noida, fronted, topic, group="after"), fronted, topic)


def test_a_machine_whose_clock_is_off_seals_nothing(noida, front, fronted, topic, make_loader):
    front.clock_ahead = -3600
    loader = make_loader(noida, fronted, topic)
    loader.load()
    assert loader.started[-1].text(1).count("clock and the store's disagree") == 1
    assert fronted.manifests(topic.name) == {}
    front.clock_ahead = 0
    assert_completes(loader, fronted, topic)
    assert fronted.manifests(topic.name)


def test_full_disk(noida, topic, make_loader, tmp_path):
    with small_disk(tmp_path / "small", 256) as resize:
        store = DirectoryStore(tmp_path / "small/store")
        for _ in range(30):
            topic.interaction(moment(8), 20_000)
            topic.interaction(moment(8), 9_999)
        topic.flush()
        loader = make_loader(noida, store, topic)
        loader.run("load").expect(73, "space")
        resize(65_536)
        assert_completes(make_loader(noida, store, topic, group="after"), store, topic)


# MARK: Objects


@pytest.mark.parametrize("damage", ["truncated", "newer", "of another partition"])
def test_a_plan_that_cannot_be_read(damage, noida, store, topic, make_loader):
    make_loader(noida, store, topic, group="dies").run("load", failpoint="after-plan").expect(-9)
    (plan,) = store.plans(topic.name)
    whole = store.read(plan)
    content = json.loads(whole)
    changed = {"newer": {**content, "version": 99}, "of another partition": {**content, "start": 7}}.get(damage)
    store.write(plan, json.dumps(changed).encode() if changed else whole[: len(whole) // 2])
    loader = make_loader(noida, store, topic)
    loader.run("load").expect(76, plan)
    assert loader.verify().status in (65, 76)
    store.write(plan, whole)
    make_loader(noida, store, topic, group="after").load()
    assert_completes(loader, store, topic)


@pytest.mark.parametrize("lost", ["all plans", "the last plan"])
def test_plans_that_were_deleted_are_missed(lost, noida, store, topic, make_loader):
    loader = make_loader(noida, store, topic)
    for _ in range(2):
        loader.load()
        topic.interactions(20)
        topic.flush()
    plans = [name for name in store.names() if "/_plans/p" in name]
    if lost == "the last plan":
        plans = [max(store.plans(topic.name))]
    deleted = {name: store.read(name) for name in plans}
    for name in plans:
        store.delete(name)
    before = store.objects()
    loader.run("load").expect(76, "the plan is gone", "restore it")
    assert store.objects() == before
    for name, content in deleted.items():
        store.write(name, content)
    make_loader(noida, store, topic, group="after").load()
    assert_completes(loader, store, topic)


def test_a_damaged_progress_object_is_only_a_lost_hint(noida, store, topic, make_loader):
    loader = make_loader(noida, store, topic)
    loader.load()
    (progress,) = [name for name in store.names() if "/_progress/p" in name]
    store.write(progress, b"{")
    topic.interactions(20)
    topic.flush()
    assert_completes(loader, store, topic)
