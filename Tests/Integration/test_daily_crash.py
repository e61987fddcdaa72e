"""Backup and push are killed at every request that changes something in their bucket, and all three at calls of
services. The next run finishes the work: all is there, once, and nothing is paid for again that was answered."""

import itertools

import pytest

from harness.daily import Backup, Push, TagAndPush
from harness.fronts import Killing
from harness.loader import KILLED
from harness.stores import BucketStore

buckets = (f"crash-{number}" for number in itertools.count())


def front_of(port):
    front = Killing(port)
    try:
        yield front
    finally:
        front.close()


@pytest.fixture
def killing_bucket(gcs):
    yield from front_of(gcs.port)


@pytest.fixture
def killing_services(tagging_services):
    tagging_services.forget()
    yield from front_of(tagging_services.port)


def is_killed(job, front, at, **where):
    """False when it ends before."""
    front.arm(job.kill, at, **where)
    status = job.start().finish().status
    front.disarm()
    assert status in (0, KILLED)
    job.drop_leases()
    return status == KILLED


@pytest.mark.parametrize("is_done_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind, least", [(Backup, 5), (Push, 4)], ids=lambda each: getattr(each, "name", ""))
def test_killed_at_each_change_of_a_bucket(
    kind, least, is_done_first, make_job, tagging_services, gcs, killing_bucket, tmp_path
):
    for number in itertools.count(1):
        job = make_job(kind, tagging_services, BucketStore(gcs, next(buckets), killing_bucket.address), tmp_path)
        if not is_killed(job, killing_bucket, number, is_done_first=is_done_first):
            break
        job.finish()
    assert number > least


CALLS = [
    (Backup, "/btql"), (Push, "/btql"), (Push, "/insert"), (TagAndPush, "/btql"), (TagAndPush, "/messages"),
    (TagAndPush, "/insert"),
]


@pytest.mark.parametrize("is_done_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind, path", CALLS, ids=lambda each: getattr(each, "name", each))
def test_killed_at_a_call_of_a_service(
    kind, path, is_done_first, make_job, tagging_services, killing_services, directory, tmp_path
):
    job = make_job(kind, tagging_services, directory, tmp_path)
    job.reach_services_by(killing_services.address)
    assert is_killed(job, killing_services, 1, is_done_first=is_done_first, path=path)
    job.finish()
    # Only a call whose answer was lost is paid twice.
    assert tagging_services.called("messages") == (kind is TagAndPush) + (is_done_first and path == "/messages")
