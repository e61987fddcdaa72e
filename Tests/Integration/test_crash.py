"""Three loaders of one group are killed where it hurts, and nothing is lost or stored twice."""

import concurrent.futures
import itertools
import random
import threading
import time

import pytest

from harness.brokers import MockCluster
from harness.loader import KILLED, Loader
from harness.processes import eventually
from harness.records import Topic, assert_exactly_once
from harness.stores import BucketStore, DirectoryStore

FAILPOINTS = (
    "before-plan", "after-plan", "before-file", "after-file:2", "before-revise", "before-progress", "after-progress",
    "after-commit", "before-seal", "after-seal",
)
CASES = list(itertools.product(FAILPOINTS, ("file", "gs")))
# Each case mostly waits for the group, so several run at a time.
AT_ONCE = 5


@pytest.fixture(scope="module")
def crashes(request, mock_cluster, gcs, tmp_path_factory):
    """The chosen cases, under way."""
    chosen = {item.callspec.params["case"] for item in request.session.items if "crashes" in item.fixturenames}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            case: pool.submit(crash, *case, mock_cluster, gcs, tmp_path_factory.mktemp("crash"))
            for case in CASES if case in chosen
        }


def crash(failpoint, kind, cluster, gcs, directory):
    name = f"crash-{failpoint.replace(':', '-')}-{kind}"
    cluster.create_topic(name)
    topic = Topic(cluster, name)
    store = BucketStore(gcs, name) if kind == "gs" else DirectoryStore(directory)
    loader = Loader(cluster, store, name, home=str(directory))
    try:
        topic.interactions(300)
        topic.flush()
        if failpoint == "before-revise":  # there must be a manifest first
            loader.load()
            topic.interactions(100)
        group = [loader.start("load", failpoint=failpoint) for _ in range(3)]
        topic.interactions(100)
        topic.flush()
        # One that dies leaves partitions to others, which come to the failpoint too.
        ends = [running.finish() for running in group]
        assert KILLED in [end.status for end in ends], [end.errors[-500:] for end in ends]
        assert {end.status for end in ends} <= {KILLED, 0}, [end.errors[-2000:] for end in ends]

        loader.load()
        loader.verify().expect(0)
        assert_exactly_once(store, topic)
        before = store.objects()
        loader.load()
        assert store.objects() == before
    finally:
        loader.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case))
def test_killed_at_a_failpoint(case, crashes):
    crashes[case].result(300)


@pytest.fixture
def own_cluster():
    """A cluster whose broker may go down without harm to other tests."""
    cluster = MockCluster()
    try:
        yield cluster
    finally:
        cluster.close()


def test_killed_at_random_while_brokers_go_down_and_up(own_cluster, store, make_topic, make_loader):
    chance = random.Random(store.url[:4])
    topic = make_topic(own_cluster)
    loader = make_loader(own_cluster, store, topic)
    stop = threading.Event()

    def produce():
        while not stop.wait(0.1):
            topic.interactions(30)

    producing = threading.Thread(target=produce)
    producing.start()
    try:
        running = [follow(loader) for _ in range(3)]
        running[0].wait_for_log("partitions assigned")
        until = time.monotonic() + 15
        while time.monotonic() < until:
            if chance.random() < 0.3:
                own_cluster.order("broker_down", broker=1)
                stop.wait(chance.uniform(0.1, 1.5))
                own_cluster.order("broker_up", broker=1)
            stop.wait(chance.uniform(0.2, 2))
            victim = chance.randrange(3)
            assert running[victim].kill().status == KILLED
            running[victim] = follow(loader)
    finally:
        own_cluster.order("broker_up", broker=1)
        stop.set()
        producing.join()
    for each in running:
        each.kill()
    topic.flush(certain=False)
    assert len(topic.delivered) > 100
    # A loader that was killed is a member until its session ends; then one run drains what is left.
    eventually("a clean run", lambda: loader.run("load").status == 0, 60)
    loader.verify().expect(0)
    assert_exactly_once(store, topic)


def follow(loader):
    return loader.start("load", "--follow", "--follow-interval", "1s")
