"""A run that is told to stop, or that never stops by itself."""

import re
import signal
import threading

import pytest

from harness.loader import KILLED
from harness.processes import eventually
from harness.records import assert_exactly_once, moment


class Gate:
    """Plans and files wait before it until it is opened."""

    def __init__(self):
        self.reached, self.opened = threading.Event(), threading.Event()

    def refuse(self, method, path, body):
        if path.startswith("/upload/") and b".jsonl.gz" in body[:4096]:
            self.reached.set()
            self.opened.wait(60)


@pytest.fixture
def gate(front):
    gate = Gate()
    front.refuse = gate.refuse
    yield gate
    gate.opened.set()


def large(noida, make_topic):
    """A topic of 150 MB that hardly compresses: no memory budget below holds it while files wait at the gate."""
    topic = make_topic(noida, partitions=2)
    for index in range(1500):
        text = topic.random.randbytes(50_000).hex()
        topic.interaction(moment(index % 3), text=text, partition=index % 2)
    topic.flush()
    return topic


SMALL = ("--memory-budget", "32MiB", "--max-record-bytes", "1MiB", "--target-file-size", "1MiB")


def test_sigterm_stores_what_was_read(noida, fronted, gate, make_topic, make_loader):
    topic = large(noida, make_topic)
    loader = make_loader(noida, fronted, topic)
    running = loader.start("load", *SMALL)
    assert gate.reached.wait(40)
    running.send(signal.SIGTERM)
    running.wait_for_log("stopping")
    gate.opened.set()
    ended = running.finish(30).expect(75)
    assert ended.report["stop_reason"] == "signal"
    assert 0 < ended.report["records"] < len(topic.delivered)
    loader.verify().expect(0)
    loader.load(*SMALL)
    loader.verify().expect(0)
    assert_exactly_once(fronted, topic)


def test_a_second_signal_ends_at_once(noida, fronted, gate, make_topic, make_loader):
    topic = large(noida, make_topic)
    running = make_loader(noida, fronted, topic, group="impatient").start("load", *SMALL)
    assert gate.reached.wait(40)
    running.send(signal.SIGTERM)
    running.wait_for_log("stopping")
    running.send(signal.SIGTERM)
    ended = running.finish(5)
    assert ended.status not in (0, KILLED), ended.errors[-500:]
    gate.opened.set()
    loader = make_loader(noida, fronted, topic)
    loader.load(*SMALL)
    loader.verify().expect(0)
    assert_exactly_once(fronted, topic)


def test_many_announced_chunks_are_completed_in_turns(noida, fronted, front, make_topic, make_loader):
    """A run with much memory announces six chunks and dies before it wrote a file; one with little takes over. Any one
    of the chunks is more than the share of the memory from which on they are completed in turns."""
    topic = make_topic(noida, partitions=6)
    for index in range(600):
        text = topic.random.randbytes(70_000).hex()
        topic.interaction(moment(index % 3), text=text, partition=index % 6)
    topic.flush()
    died = threading.Event()

    def hold_files(method, path, body):
        if path.startswith("/upload/") and b".jsonl.gz" in body[:4096] and b"_plans" not in body[:4096]:
            died.wait(150)
            return 403, ""

    front.refuse = hold_files
    first = make_loader(noida, fronted, topic, group="dies").start("load", "--memory-budget", "1GiB", "--storage-concurrency", "64")

    def announced():
        return len([name for name in fronted.names() if "/_plans/" in name and "origin" not in name]) == 6

    try:
        eventually("all chunks are announced", announced, 90)
        first.kill()
    finally:
        died.set()
    front.refuse = lambda method, path, body: None
    loader = make_loader(noida, fronted, topic)
    loader.run("load", *SMALL).expect(0, "completed in turns")
    loader.verify().expect(0)
    assert_exactly_once(fronted, topic)


def test_the_deadline_stores_what_was_read(noida, fronted, gate, make_topic, make_loader):
    topic = large(noida, make_topic)
    loader = make_loader(noida, fronted, topic)
    running = loader.start("load", "--max-duration", "10s", *SMALL)
    running.wait_for_log("stopping")
    gate.opened.set()
    ended = running.finish().expect(75)
    assert ended.report["stop_reason"] == "deadline"
    assert 0 < ended.report["records"] and sum(part["lag"] for part in ended.report["partitions"]) > 0
    loader.load(*SMALL)
    loader.verify().expect(0)
    assert_exactly_once(fronted, topic)


def test_following_writes_and_seals_while_it_runs(noida, store, make_topic, make_loader, tmp_path):
    topic = make_topic(noida, partitions=2)
    topic.interactions(100)
    topic.flush()
    loader = make_loader(noida, store, topic)
    metrics = tmp_path / "load.prom"
    running = loader.start("load", "--follow", "--follow-interval", "1s", "--load-metrics-file", str(metrics))
    eventually("hours are sealed", lambda: store.manifests(topic.name))
    late = topic.interaction(moment(9, 59))
    topic.flush()
    eventually(
        "the late record is in a revised manifest",
        lambda: sum(manifest["late_records"] for manifest in store.manifests(topic.name).values()) == 1,
    )
    assert late

    def told(name):
        found = re.findall(rf"^loader_load_{name}{{.*}} (.*)$", metrics.read_text(), re.MULTILINE)
        return sum(float(value) for value in found)

    eventually("the metrics tell it while it runs", lambda: metrics.exists() and told("records") == 101)
    assert (told("last_run_success"), told("lag_records")) == (1, 0) and told("hours_sealed") > 0
    running.send(signal.SIGTERM)
    ended = running.finish(20)
    assert ended.status == 75 and ended.report["stop_reason"] == "signal"
    assert told("last_run_exit_code") == 75
    loader.verify().expect(0)
    assert_exactly_once(store, topic)
