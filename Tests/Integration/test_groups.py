"""Loaders of one group come and go."""

import concurrent.futures
import itertools
import signal

import pytest

from harness.loader import KILLED, Loader
from harness.processes import eventually
from harness.records import Topic, assert_exactly_once, find
from harness.stores import DirectoryStore


CASES = list(itertools.product(("range", "cooperative-sticky"), (False, True)))


@pytest.fixture(scope="module")
def groups(request, mock_cluster, tmp_path_factory):
    """The chosen cases, under way: they mostly wait for their group."""
    chosen = {item.callspec.params["case"] for item in request.session.items if "groups" in item.fixturenames}
    with concurrent.futures.ThreadPoolExecutor(len(CASES)) as pool:
        yield {
            case: pool.submit(come_and_go, *case, mock_cluster, tmp_path_factory.mktemp("group"))
            for case in CASES if case in chosen
        }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{'static' if case[1] else 'dynamic'}")
def test_loaders_come_and_go(case, groups):
    groups[case].result(300)


def come_and_go(assignment, static, cluster, path):
    name = f"group-{assignment}-{'static' if static else 'dynamic'}"
    cluster.create_topic(name, 6)
    topic = Topic(cluster, name, 6)
    directory = DirectoryStore(path)
    loader = Loader(cluster, directory, name, home=str(path))
    try:
        change_members(assignment, static, topic, directory, loader)
    finally:
        loader.close()


def change_members(assignment, static, topic, directory, loader):
    topic.interactions(200)
    topic.flush()

    def follow(member):
        name = ("--kafka-group-instance-id", f"member-{member}") if static else ()
        return loader.start(
            "load", "--kafka-assignment", assignment, "--follow", "--follow-interval", "1s", *name
        )

    def everything_is_stored():
        ids, _ = find(directory, topic.name)
        return topic.delivered.keys() <= ids.keys()

    first = follow(1)
    first.wait_for_log("partitions assigned")
    second, third = follow(2), follow(3)
    for running in (second, third):
        running.wait_for_log("partitions assigned")
    topic.interactions(200)
    topic.flush()
    eventually("three members store what comes", everything_is_stored)

    assert second.kill().status == KILLED
    third.send(signal.SIGTERM)
    third.finish(30).expect(75)
    topic.interactions(200)
    topic.flush()
    eventually("the one that is left takes over", everything_is_stored, 60)
    again = follow(2)
    topic.interactions(100)
    topic.flush()
    eventually("everything is stored", everything_is_stored, 60)
    for running in (first, again):
        running.send(signal.SIGTERM)
    for running in (first, again):
        running.finish(30).expect(75)
    name = ("--kafka-group-instance-id", "member-1") if static else ()
    loader.load("--kafka-assignment", assignment, *name)
    loader.verify().expect(0)
    assert_exactly_once(directory, topic)


@pytest.mark.parametrize("assignment", ["range", "cooperative-sticky"])
def test_finite_runs_share_a_backlog(assignment, mock_cluster, directory, make_topic, make_loader):
    """A second run that joins in the middle neither ends the first one nor ends without its share."""
    topic = make_topic(mock_cluster, partitions=12)
    topic.interactions(12_000)
    topic.flush()
    loader = make_loader(mock_cluster, directory, topic)
    mock_cluster.order("rtt", broker=1, milliseconds=150)
    try:
        first = loader.start("load", "--kafka-assignment", assignment)
        first.wait_for_log("partitions assigned")
        second = loader.start("load", "--kafka-assignment", assignment)
        results = [running.finish(150) for running in (first, second)]
    finally:
        mock_cluster.order("rtt", broker=1, milliseconds=0)
    for result in results:
        result.expect(0)
    assert_exactly_once(directory, topic)
    loader.verify().expect(0)
