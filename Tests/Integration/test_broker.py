"""What a broker may hold: transactions, gaps, every codec, large records; and a broker that restarts."""

import json

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from harness.brokers import Noida
from harness.loader import KILLED
from harness.processes import eventually
from harness.records import Topic, assert_exactly_once, find, moment


def drained(report):
    return {part["lag"] for part in report["partitions"]} == {0}


def test_transactions_and_the_control_records_that_end_a_partition(noida, directory, make_topic, make_loader):
    topic = make_topic(noida, partitions=1, producer={"transactional.id": "writer", "retries": 3})
    topic.producer.init_transactions(20)
    for commits in (True, False, True, False):
        topic.producer.begin_transaction()
        written = [topic.interaction(moment(5, 1)) for _ in range(20)]
        topic.flush()
        if commits:
            topic.producer.commit_transaction(20)
        else:
            topic.producer.abort_transaction(20)
            for identifier in written:
                del topic.delivered[identifier]
    loader = make_loader(noida, directory, topic)
    report = loader.load().report
    assert report["records"] == 40 and drained(report)
    assert report["partitions"][0]["position"] > 80, "the control records are behind the last record"
    assert_exactly_once(directory, topic)
    before = directory.objects()
    assert drained(loader.load().report)
    assert directory.objects() == before
    loader.verify().expect(0)


def test_an_open_transaction_is_not_waited_for_beyond_the_timeout(noida, directory, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    topic.interaction(moment(5))
    topic.flush()
    other = Producer({"bootstrap.servers": noida.addresses, "transactional.id": "hangs", "log_level": 0})
    other.init_transactions(20)
    other.begin_transaction()
    other.produce(topic.name, b'{"id":"open"}')
    other.flush(20)
    loader = make_loader(noida, directory, topic)
    # Under read_committed the partition ends before the open transaction.
    loader.run("load", "--no-progress-timeout", "5s").expect(0)
    assert_exactly_once(directory, topic)
    other.abort_transaction(20)
    topic.interaction(moment(5))
    topic.flush()
    loader.load()
    assert_exactly_once(directory, topic)


def test_an_open_transaction_keeps_hours_open(noida, directory, make_topic, make_loader):
    """Its records are older than the end that the run found, and would be late if their hour were closed."""
    topic = make_topic(noida, partitions=1)
    topic.interaction(moment(5))
    topic.flush()
    hangs = Topic(noida, topic.name, 1, **{"transactional.id": "holds-back", "retries": 3})
    hangs.producer.init_transactions(20)
    hangs.producer.begin_transaction()
    for _ in range(5):
        hangs.interaction(moment(5, 1))
    hangs.flush()
    topic.interaction(moment(5, 2))  # of no transaction, and behind the open one
    topic.flush()
    loader = make_loader(noida, directory, topic)
    first = loader.run("load", "--no-progress-timeout", "5s").expect(0, "an open transaction holds records back")
    assert first.report["records"] == 1 and first.report["hours_sealed"] == []
    part = first.report["partitions"][0]
    assert (part["drained"], part["held_back"], part["position"], part["log_end"]) == (True, 6, 1, 7)
    hangs.producer.commit_transaction(20)
    report = loader.load().report
    assert report["records"] == 6 and report["late_records"] == 0 and drained(report)
    assert "held_back" not in report["partitions"][0]
    assert moment(5).strftime("%Y-%m-%dT%H") in report["hours_sealed"]
    assert_exactly_once(directory, topic, hangs)
    loader.verify().expect(0)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_codec(codec, noida, directory, make_topic, make_loader):
    topic = make_topic(noida, producer={"compression.type": codec, "linger.ms": 100})
    topic.interactions(200)
    topic.flush()
    make_loader(noida, directory, topic).load()
    assert_exactly_once(directory, topic)


def test_records_of_20_megabytes(noida, bucket, make_topic, make_loader):
    topic = make_topic(noida, partitions=1, max_message_bytes=40_000_000, producer={"message.max.bytes": 40_000_000})
    sizes = (6_000_000, 100, 13_000_000, 15_000_000, 100)  # of characters, about 1.5 bytes each
    for size in sizes:
        topic.interaction(moment(3), size)
    topic.flush()
    loader = make_loader(noida, bucket, topic)
    report = loader.load("--max-record-bytes", "21MB", "--memory-budget", "100MB").report
    assert report["bytes_in"] > 25_000_000 and drained(report)
    # The largest is above the limit, and a dead letter.
    oversized = [identifier for identifier, (_, offset) in topic.delivered.items() if offset == 3]
    assert report["dead_letters"] == {"too_large": 1} and len(oversized) == 1
    del topic.delivered[oversized[0]]
    assert_exactly_once(bucket, topic)
    loader.verify().expect(0)


COMPACTED = dict(
    cleanup_policy="compact", segment_bytes=20_000, min_cleanable_dirty_ratio=0.01, segment_ms=100,
    min_compaction_lag_ms=0, delete_retention_ms=100,
)


def remaining(topic):
    """Reads partition 0: what the broker has now, by offset."""
    consumer = Consumer(
        {
            "bootstrap.servers": topic.broker.addresses, "group.id": "looks", "enable.partition.eof": True,
            "receive.message.max.bytes": 2_000_000_000, "log_level": 0,
        }
    )
    try:
        consumer.assign([TopicPartition(topic.name, 0, 0)])
        found = {}
        while (message := consumer.poll(20)) is not None and not message.error():
            found[message.offset()] = message.value()
        return found
    finally:
        consumer.close()


def keyed(topic):
    for index in range(300):
        topic.interaction(moment(4, index % 60), key=b"key-%d" % (index % 10))
    topic.flush()


def compact(topic):
    """Turns compaction on, and waits until it has run: it only ever takes what is behind a newer record."""
    topic.broker.alter_topic(topic.name, **COMPACTED)

    def has_run():
        topic.interaction(moment(4), key=b"key-0")
        topic.flush()
        return len(remaining(topic)) < 100

    eventually("compaction has run", has_run, 60)


def test_compaction_leaves_gaps(noida, directory, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    keyed(topic)
    compact(topic)
    loader = make_loader(noida, directory, topic)
    report = loader.load().report
    assert drained(report)
    stored = {json.loads(line)["id"] for name in directory.files(topic.name) for line in directory.lines(name)}
    latest = {json.loads(value)["id"] for value in remaining(topic).values()}
    assert latest <= stored and report["records"] == len(stored) < 100
    loader.verify().expect(0)


def test_a_planned_chunk_that_compaction_changed_is_told_as_lost(noida, directory, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    keyed(topic)
    make_loader(noida, directory, topic, group="dies").run("load", failpoint="after-plan").expect(KILLED)
    compact(topic)
    loader = make_loader(noida, directory, topic)
    loader.run("load").expect(65, "Kafka no longer has them", "planned", "retention")
    loader.load()
    assert loader.verify().expect(0).answer["lost"]
    ids, _ = find(directory, topic.name)
    assert {json.loads(value)["id"] for value in remaining(topic).values()} <= ids.keys()
    assert set(ids.values()) == {1}


def test_a_broker_that_restarts_with_its_data(directory, make_topic, make_loader, tmp_path):
    broker = Noida(tmp_path / "broker")
    try:
        topic = make_topic(broker, partitions=2, producer={"retries": 5})
        topic.interactions(300)
        topic.flush()
        loader = make_loader(broker, directory, topic)
        running = loader.start("load", "--follow", "--follow-interval", "1s")
        running.wait_for_log("partitions assigned")
        broker.server.terminate()
        broker.server.kill()
        broker.start()
        topic.interactions(300)
        topic.flush()
        running.kill()
        make_loader(broker, directory, topic, group="after").load()
        assert_exactly_once(directory, topic)
        loader.verify().expect(0)
    finally:
        broker.close()
