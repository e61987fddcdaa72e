"""Loaders of one group come and go."""

import signal

import pytest

from harness.loader import KILLED
from harness.processes import eventually
from harness.records import assert_exactly_once, find


@pytest.mark.parametrize("static", [False, True], ids=["dynamic", "static"])
@pytest.mark.parametrize("assignment", ["range", "cooperative-sticky"])
def test_loaders_come_and_go(assignment, static, mock_cluster, directory, make_topic, make_loader):
    topic = make_topic(mock_cluster, partitions=6)
    topic.interactions(200)
    topic.flush()
    loader = make_loader(mock_cluster, directory, topic)

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
