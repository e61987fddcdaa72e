"""What the hourly schedule runs: `loader hourly` loads, then tags."""

import signal

import pytest

from harness.processes import eventually
from harness.records import assert_exactly_once
from harness.tagging import Tagger, assert_tagged


@pytest.fixture
def hourly(tagging_services, noida, directory, make_topic, tmp_path):
    tagging_services.forget()
    topic = make_topic(noida, partitions=2)
    topic.interactions(60)
    topic.flush()
    tagger = Tagger(tagging_services, directory, topic.name, tmp_path)
    tagger.broker, tagger.group = noida, f"hourly-{topic.name}"
    try:
        yield topic, tagger
    finally:
        tagger.close()


def test_it_loads_and_tags(hourly):
    topic, tagger = hourly
    done = tagger.run("hourly").expect(0)
    assert [line.split('"job":"')[1].split('"')[0] for line in done.output.splitlines()] == ["loader load", "loader tag"]
    assert done.logged("waiting for the consumer group to give out its partitions")
    assert_exactly_once(tagger.store, topic)
    assert_tagged(tagger.store, topic.name)
    before = {name for name in tagger.store.names() if not name.startswith("_runs/")}
    calls = tagger.messages()["calls"]
    again = tagger.run("hourly").expect(0)
    assert again.report["files_tagged"] == 0 and tagger.messages()["calls"] == calls
    assert {name for name in tagger.store.names() if not name.startswith("_runs/")} == before


def test_what_is_stored_is_tagged_though_no_broker_answers(hourly):
    topic, tagger = hourly
    tagger.run("load").expect(0)
    done = tagger.run("hourly", "--kafka-brokers", "127.0.0.1:1", "--kafka-timeout", "1s").expect(69)
    assert done.report["job"] == "loader tag" and done.report["exit_code"] == 0
    assert_tagged(tagger.store, topic.name)


def test_a_signal_stops_what_is_at_work(hourly):
    """One watch for both: the signal comes while it tags, long after `load` has ended."""
    topic, tagger = hourly
    tagger.services.script({"route": "messages", "delay_ms": 60_000, "times": 0})
    running = tagger.start("hourly", "--shutdown-grace", "1s", "--input-field", "/id")
    eventually("it asks", lambda: tagger.messages()["in_flight_max"] > 0)
    running.send(signal.SIGTERM)
    finished = running.finish(20).expect(75)
    jobs = [line.split('"job":"')[1].split('"')[0] for line in finished.output.splitlines()]
    assert jobs == ["loader load", "loader tag"]
    assert finished.report["stop_reason"] == "signal" and finished.report["files_left"] > 0
    tagger.services.control("DELETE", "/script")
    tagger.drop_leases()
    tagger.run("hourly").expect(0)
    assert_tagged(tagger.store, topic.name)


@pytest.mark.parametrize(("content", "status"), [("tags: [", 64), ("tags: []", 78)])
def test_wrong_files_of_tags_are_told_before_anything_is_loaded(hourly, content, status):
    _, tagger = hourly
    tagger.taxonomy.write_text(content)
    done = tagger.run("hourly").expect(status, str(tagger.taxonomy))
    assert done.output == "" and tagger.store.names() == []


def test_what_is_wrong_with_either_is_told_at_once(hourly):
    _, tagger = hourly
    tagger.key = ""
    done = tagger.run("hourly", "--gzip-level", "99", "--tag-concurrency", "0", "--follow", "true").expect(64)
    for text in ("--gzip-level", "--tag-concurrency", "--anthropic-api-key", "--follow is not a setting"):
        assert done.errors.count(text) == 1, (text, done.errors)
