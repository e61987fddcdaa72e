"""batch-judge push when it is interrupted, refused, or finds damage. What goes where is in test_datasets.py."""

import pytest

from harness.datasets import marker, tagged, write_tagged
from harness.loader import KILLED
from harness.processes import eventually
from harness.records import DATE
from harness.services import KEY

TOPIC = "raw-interactions"


# Interruptions


@pytest.mark.parametrize("failpoint", ["before-insert:2", "after-insert", "after-insert:2", "before-pushed"])
def test_killed_and_run_again(pusher, api, project, directory, failpoint):
    dataset, second = api.dataset(project, marker("a")), api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(30)])
    pusher.push(failpoint=failpoint, status=KILLED)
    # Its lease has not run out.
    pusher.push(status=75)
    for name in directory.names():
        if name.endswith("_lease.json"):
            directory.delete(name)
    pusher.push()
    for each in (dataset, second):
        assert len(api.rows(each)) == 30


def test_two_at_once(pusher, api, project, directory, services):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(20)])
    services.script({"route": "dataset.insert", "delay_ms": 3000})
    first = pusher.start("push")
    eventually("the first has the lease", lambda: any(name.endswith("_lease.json") for name in directory.names()))
    second = pusher.push(status=75)
    assert second.report["stop_reason"] == "lease"
    first.finish().expect(0)
    assert len(api.rows(dataset)) == 20
    assert not any(name.endswith("_lease.json") for name in directory.names())


def test_a_signal_ends_it(pusher, api, project, directory, services):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(20)])
    services.script({"route": "dataset.insert", "delay_ms": 60_000})
    running = pusher.start("push")
    eventually("it writes", lambda: services.called("btql") > 0)
    running.send(15)
    finished = running.finish().expect(75, "stopped by a signal before all was pushed; run again")
    assert finished.report["stop_reason"] == "signal"
    services.forget()
    pusher.push()
    assert len(api.rows(dataset)) == 20


@pytest.mark.parametrize("step", [
    {"status": 500}, {"status": 503}, {"status": 429, "retry_after": 1}, {"reset": True}, {"truncate": True},
])
@pytest.mark.parametrize("route", ["dataset.list", "btql", "dataset.insert"])
def test_passing_faults(pusher, api, project, directory, services, route, step):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(3)])
    services.script({"route": route, "times": 2, **step})
    pusher.push()
    assert len(api.rows(dataset)) == 3


@pytest.mark.parametrize("route", ["dataset.list", "btql", "dataset.insert"])
@pytest.mark.parametrize(("step", "status"), [
    ({"status": 401}, 77), ({"status": 403}, 77), ({"body": "<html>"}, 76), ({"body": {"data": None}}, 76),
])
def test_lasting_faults(pusher, api, project, directory, services, route, step, status):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(3)])
    services.script({"route": route, "times": 0, **step})
    finished = pusher.push(status=status)
    assert KEY not in finished.errors.replace(f"{KEY} api", "")
    services.forget()
    pusher.push()
    assert len(api.rows(dataset)) == 3


def test_batches_that_are_refused_are_halved(pusher, api, project, directory, services):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(8)])
    services.script({"route": "dataset.insert", "times": 2, "status": 413})
    pusher.push()
    assert len(api.rows(dataset)) == 8
    assert services.called("dataset.insert") == 5


def test_a_refused_batch_says_nothing_about_larger_rows(pusher, api, project, directory, services):
    """413 may be for the number of rows, or a gateway's whim."""
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(300)], date="2026-11-17")
    large = [tagged(n, input="x" * 400_000) for n in range(1000, 1003)]
    write_tagged(directory, TOPIC, large, start=300, date="2026-11-18")
    services.script({"route": "dataset.insert", "times": 1, "status": 413})
    report = pusher.push("--from", "2026-11-17", "--to", "2026-11-18").report
    assert report["totals"]["dead_letters"] == 0 and len(api.rows(dataset)) == 303
    assert services.called("dataset.insert") <= 6


def test_a_row_that_is_refused_alone_is_kept(pusher, api, project, directory, services):
    dataset, other = api.dataset(project, marker("a")), api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(1)])
    services.script({"route": "dataset.insert", "times": 1, "status": 413})
    assert pusher.push().report["totals"] == {"matched": 2, "existing": 0, "inserted": 1, "dead_letters": 1}
    assert len(api.rows(dataset)) + len(api.rows(other)) == 1
    assert len([name for name in directory.names() if "_dead-letter" in name]) == 1


@pytest.mark.parametrize("status", [400, 422])
def test_a_row_that_is_refused_does_not_hold_up_the_others(pusher, api, project, directory, services, status):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(30)])
    services.script({"route": "dataset.insert", "contains": '"i-7"', "status": status, "message": "bad row", "times": 0})
    finished = pusher.push()
    assert finished.report["totals"] == {"matched": 30, "existing": 0, "inserted": 29, "dead_letters": 1}
    assert finished.logged("kept as a dead letter") and "i-7" not in api.rows(dataset) and len(api.rows(dataset)) == 29
    (kept,) = [directory.json(name) for name in directory.names() if "_dead-letter" in name]
    assert kept["reason"] == "refused" and "bad row" in kept["message"]
    assert kept["row"]["metadata"]["interaction_id"] == "i-7"
    assert services.called("dataset.insert") <= 11
    # Again, with nothing else to tell it from the dataset by.
    assert pusher.push().report["totals"] == {"matched": 30, "existing": 29, "inserted": 0, "dead_letters": 1}


@pytest.mark.parametrize("place", ["no such folder", "another topic"])
def test_nothing_is_there(pusher, api, project, directory, place):
    api.dataset(project, marker("a"))
    write_tagged(directory, "another-topic", [tagged(1)])
    if place == "no such folder":
        pusher.push("--storage-url", f"{directory.url}-missing", status=66)
    else:
        pusher.push(status=66)


def test_a_damaged_file_does_not_hold_up_the_others(pusher, api, project, directory):
    dataset = api.dataset(project, marker("a"))
    stem = write_tagged(directory, TOPIC, [tagged(1)])
    write_tagged(directory, TOPIC, [tagged(2)], hour=10)
    directory.write(f"tagged/{TOPIC}/{DATE}/{stem}.jsonl.gz", b"\x1f\x8b damaged")
    finished = pusher.push(status=76)
    assert stem in finished.errors and list(api.rows(dataset)) == ["i-2"]
    write_tagged(directory, TOPIC, [tagged(1)])
    pusher.push("--days", "366")
    assert set(api.rows(dataset)) == {"i-1", "i-2"}


@pytest.mark.parametrize("name", [f"judged/{TOPIC}/2026-11-18/verdicts-00000.jsonl.gz", f"datasets/{TOPIC}/2026-11-18.json"])
def test_a_damaged_day_does_not_hold_up_the_others(pusher, api, project, directory, name):
    dataset = api.dataset(project, marker("a"))
    for day in (18, 19):
        write_tagged(directory, TOPIC, [tagged(day)], date=f"2026-11-{day}", start=day)
    directory.write(name, b"\x1f\x8b damaged")
    days = ("--from", "2026-11-18", "--to", "2026-11-19")
    finished = pusher.push(*days, status=76)
    assert name in finished.errors and list(api.rows(dataset)) == ["i-19"]
    directory.delete(name)
    pusher.push(*days)
    assert set(api.rows(dataset)) == {"i-18", "i-19"}
