"""Message Batches: submitted by one run, collected by a later one, paid once whatever happens in between."""

import itertools
import json
import random
import time

import pytest
import requests

from harness.loader import KILLED
from harness.processes import eventually
from harness.services import KEY, Services
from harness.tagging import (
    Tagger, assert_at_rest, assert_silent, assert_tagged, interaction, tagged_files, write_raw,
)

topics = itertools.count()


@pytest.fixture(scope="module")
def batch_services():
    services = Services("--batch-delay", "1500ms", "--order", "5")
    try:
        yield services
    finally:
        services.close()


@pytest.fixture
def tagger(batch_services, directory, tmp_path):
    batch_services.forget()
    tagger = Tagger(batch_services, directory, f"batch-{next(topics)}", tmp_path)
    yield tagger
    tagger.close()


@pytest.fixture
def tagger_of(batch_services, exact_store, tmp_path):
    """A tagger for each kind of store."""
    batch_services.forget()
    tagger = Tagger(batch_services, exact_store, f"batch-{next(topics)}", tmp_path)
    yield tagger
    tagger.close()


def fill(tagger, files=2, each=10, start=0):
    for number in range(files):
        first = start + number * each
        records = [interaction(index, f"{tagger.topic} billing") for index in range(first, first + each)]
        write_raw(tagger.store, tagger.topic, records, hour=(start + number) % 24, start=first)
    return files * each


def submit(tagger, *flags, **options):
    return tagger.tag("--mode", "batches", *flags, **options)


def collect(tagger, *flags):
    """Runs until nothing is pending, and returns the report of that run."""
    return eventually("all batches have ended", lambda: not_pending(submit(tagger, *flags).report), 20)


def not_pending(report):
    return report if report["batches_pending"] == report["batches_submitted"] == 0 else None


def created(tagger):
    return tagger.services.called("batches.create")


def test_submitted_now_and_collected_later(tagger_of):
    tagger = tagger_of
    contents = fill(tagger)
    write_raw(tagger.store, tagger.topic, [{"id": "nothing to ask"}], hour=23, start=1000)
    first = submit(tagger).report
    assert (first["batches_submitted"], first["files_left"], first["files_tagged"]) == (1, 2, 1)
    assert (first["mode"], first["exit_code"], first["cost_micro_usd"]) == ("batches", 0, 0)
    second = submit(tagger).report
    assert (second["batches_submitted"], second["batches_pending"], second["files_tagged"]) == (0, 1, 0)
    last = collect(tagger)
    assert (last["batches_collected"], last["files_tagged"]) == (1, 2)
    assert last["cost_micro_usd"] > 0
    records = assert_tagged(tagger.store, tagger.topic)
    assert len(records) == contents + 1
    assert {record["tag_status"] for record in records} == {"tagged", "no_content"}
    assert {record["tagging"]["source"] for record in records if record["relevant_tags"]} == {"batch"}
    assert_at_rest(tagger.store, tagger.topic)
    assert (created(tagger), tagger.services.called("messages")) == (1, 0)
    again = submit(tagger).report
    assert (again["calls"], again["batches_submitted"], again["files_tagged"]) == (0, 0, 0)


def test_a_run_by_messages_collects_what_batches_brought(tagger):
    contents = fill(tagger)
    submit(tagger)
    late = interaction(900, "bug")
    write_raw(tagger.store, tagger.topic, [late], hour=20, start=900)
    report = tagger.tag().report
    assert (report["files_tagged"], report["calls"], report["batches_pending"]) == (1, 1, 1)
    eventually("the batch has ended", lambda: tagger.tag().report["batches_pending"] == 0, 20)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents + 1
    assert (created(tagger), tagger.services.called("messages")) == (1, 1)


def test_outcomes_of_every_kind_in_any_order(tagger):
    contents = fill(tagger, 1, 40)
    item = {"route": "batches.item"}
    tagger.services.script(
        {**item, "after": 3, "outcome": "errored", "status": 400, "error_type": "invalid_request_error", "times": 2},
        {**item, "after": 5, "outcome": "errored", "status": 500, "error_type": "api_error", "times": 3},
        {**item, "after": 2, "outcome": "canceled", "times": 4},
        {**item, "after": 4, "outcome": "expired", "times": 5},
        {**item, "after": 1, "text": "no JSON"},
        {**item, "after": 1, "stop_reason": "refusal"},
        {**item, "after": 1, "stop_reason": "max_tokens"},
    )
    submit(tagger)
    eventually("the first batch is collected", lambda: submit(tagger).report["batches_collected"] == 1, 20)
    assert created(tagger) == 2, "what was not answered is asked about once more"
    collect(tagger)
    records = assert_tagged(tagger.store, tagger.topic)
    found = {}
    for record in records:
        found[record["tag_status"]] = found.get(record["tag_status"], 0) + 1
    assert found == {
        "tagged": contents - 5, "rejected": 2, "unusable": 1, "refusal": 1, "max_tokens": 1,
    }
    assert created(tagger) == 2
    assert_at_rest(tagger.store, tagger.topic)


def test_killed_at_random(tagger_of):
    """While runs submit and collect: no content is in two batches."""
    tagger = tagger_of
    earlier = {batch["id"] for batch in batches(tagger)}
    contents = fill(tagger, 8, 20)
    chance = random.Random(11)
    # Each run has something to ask, and is not through before it is killed, however fast the machine.
    tagger.services.script({"route": "batches.create", "delay_ms": 400, "times": 0})
    for _ in range(10):
        contents += fill(tagger, 1, 5, start=contents)
        running = tagger.start("tag", "--mode", "batches", "--batch-requests", "25", "--lease", "10s")
        time.sleep(chance.uniform(0.05, 0.4))  # the moment is what is random
        assert running.kill().status == KILLED
        tagger.drop_leases()
    tagger.services.control("DELETE", "/script")
    collect(tagger, "--batch-requests", "25", "--lease", "10s")
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents
    made = [sum(batch["request_counts"].values()) for batch in batches(tagger) if batch["id"] not in earlier]
    assert sum(made) == contents, made
    assert_at_rest(tagger.store, tagger.topic)


def batches(tagger):
    """What the service says of all that were ever made."""
    answer = requests.get(
        f"{tagger.services.anthropic}/v1/messages/batches", {"limit": 1000}, timeout=10,
        headers={"x-api-key": KEY, "anthropic-version": "2026-10-21"},
    )
    return answer.json()["data"]


@pytest.mark.parametrize("failpoint", ["before-batch", "after-batch"])
def test_killed_around_the_making_of_a_batch(tagger_of, failpoint):
    tagger = tagger_of
    contents = fill(tagger)
    submit(tagger, "--lease", "10s", failpoint=failpoint, status=KILLED)
    tagger.drop_leases()
    assert created(tagger) == (failpoint == "after-batch")
    collect(tagger, "--lease", "10s")
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents
    assert created(tagger) == 1, "it was paid twice"
    assert_at_rest(tagger.store, tagger.topic)


def test_a_batch_whose_answer_was_lost_is_found(tagger):
    contents = fill(tagger)
    tagger.services.script({"route": "batches.create", "reset": True})
    finished = tagger.run("tag", "--mode", "batches")
    assert finished.status in (0, 69)
    collect(tagger)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents
    assert created(tagger) == 1


@pytest.mark.parametrize("step, status", [
    ({"status": 401, "error_type": "authentication_error"}, 77),
    ({"status": 400, "message": "Your credit balance is too low"}, 77),
    ({"status": 429, "error_type": "rate_limit_error"}, None),
    ({"status": 529, "error_type": "overloaded_error"}, None),
])
def test_a_batch_that_is_not_taken(tagger, step, status):
    contents = fill(tagger)
    tagger.services.script({"route": "batches.create", **step})
    finished = tagger.run("tag", "--mode", "batches")
    assert finished.status in ((status,) if status else (0, 69)), finished.errors
    assert tagged_files(tagger.store, f"tagged/{tagger.topic}/") == []
    if finished.status:
        assert_at_rest(tagger.store, tagger.topic)
    collect(tagger)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents


def test_results_that_are_gone_are_asked_again(tagger):
    contents = fill(tagger)
    submit(tagger)
    tagger.services.script({"route": "batches.get", "status": 404, "error_type": "not_found_error"})
    finished = submit(tagger)
    assert finished.logged("gone with its results")
    assert finished.report["batches_submitted"] == 1
    collect(tagger)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents


def test_results_that_are_cut(tagger):
    """Not one of them is lost, and no batch is paid twice."""
    contents = fill(tagger, 1, 60)
    submit(tagger)
    tagger.services.script({"route": "batches.results", "truncate": True})
    eventually(
        "all is tagged",
        lambda: tagger.run("tag", "--mode", "batches").status == 0
        and tagged_files(tagger.store, f"tagged/{tagger.topic}/"), 20)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents
    assert created(tagger) == 1


def test_many_batches(tagger):
    contents = fill(tagger, 3, 20)
    assert submit(tagger, "--batch-requests", "15").report["batches_submitted"] == 4
    last = collect(tagger, "--batch-requests", "15")
    assert last["files_tagged"] <= 3
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents
    assert created(tagger) == 4


def test_equal_contents_are_in_one_batch_only(tagger):
    same = [{"id": f"s-{number}", "input": f"{tagger.topic} billing"} for number in range(10)]
    for hour in (1, 2, 3):
        write_raw(tagger.store, tagger.topic, same, hour=hour, start=hour * 10)
    assert submit(tagger).report["batches_submitted"] == 1
    # While it is not there, nobody asks again: neither for the other files nor for one that comes later.
    assert submit(tagger).report["batches_submitted"] == 0
    write_raw(tagger.store, tagger.topic, same, hour=4, start=40)
    assert submit(tagger).report["batches_submitted"] == 0
    collect(tagger)
    assert len(assert_tagged(tagger.store, tagger.topic)) == 40
    assert created(tagger) == 1


def test_a_budget_holds_for_batches(tagger):
    contents = fill(tagger, 4, 10)
    finished = submit(tagger, "--max-records", "15", status=75)
    report = finished.report
    assert (report["stop_reason"], report["batches_submitted"]) == ("records", 1)
    (told,) = finished.logged("the budget ends before all is submitted")
    assert "records" in told and "15" in told
    for _ in range(20):
        finished = tagger.run("tag", "--mode", "batches", "--max-records", "15")
        assert finished.status in (0, 75)
        if len(tagged_files(tagger.store, f"tagged/{tagger.topic}/")) == 4:
            break
        eventually("the batch has ended", lambda: ended(tagger), 10)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents


def ended(tagger):
    return tagger.run("tag", "--mode", "batches", "--max-records", "0").report["batches_pending"] == 0


@pytest.mark.parametrize("flags, mode", [
    (("--batch-from", "21"), "messages"), (("--batch-from", "20"), "batches"),
    (("--batch-from", "1000", "--max-duration", "1s", "--tag-concurrency", "1"), "batches"),
])
def test_auto_chooses_by_size_and_time(tagger, flags, mode):
    fill(tagger)
    report = tagger.run("tag", "--mode", "auto", *flags).report
    assert report["mode"] == mode
    assert (created(tagger) == 1) == (mode == "batches")


def test_two_at_once_submit_once(tagger_of):
    tagger = tagger_of
    contents = fill(tagger, 4, 10)
    both = [tagger.start("tag", "--mode", "batches", "--log-format", "json") for _ in range(2)]
    submitted = [json.loads(text) for running in both for text in running.finish().expect(0).logged("batch submitted")]
    assert sum(int(entry["requests"]) for entry in submitted) == contents
    collect(tagger)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents


def test_killed_while_it_collects(tagger_of):
    """Others leave a batch alone that somebody collects, and take it over when it is left."""
    tagger = tagger_of
    contents = fill(tagger)
    submit(tagger)
    tagger.services.script({"route": "batches.results", "delay_ms": 60_000})
    collecting = eventually("a run collects", lambda: at_the_results(tagger), 20)
    report = submit(tagger).report
    assert (report["batches_pending"], report["batches_submitted"], report["files_tagged"]) == (1, 0, 0)
    assert tagger.tag("--dry-run").report["estimate"]["files"] == 0
    collecting.kill()
    tagger.drop_leases()
    collect(tagger)
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents
    assert created(tagger) == 1


def at_the_results(tagger):
    """A run that waits for results, or None while there are none."""
    running = tagger.start("tag", "--mode", "batches")
    eventually("it asks", lambda: tagger.services.called("batches.results") or running.process.poll() is not None)
    return running if running.process.poll() is None else None


def test_batches_log_no_contents(tagger):
    fill(tagger, 1, 10)
    tagger.services.script({"route": "batches.item", "outcome": "errored", "status": 400, "times": 3})
    assert_silent(submit(tagger, "--log-level", "trace"), tagger.store)
    eventually("it has ended", lambda: collected(tagger), 20)


def collected(tagger):
    finished = submit(tagger, "--log-level", "trace")
    assert_silent(finished, tagger.store)
    return finished.report["files_tagged"]
