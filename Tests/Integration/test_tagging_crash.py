"""Runs that are killed, told to stop, out of budget, or two at a time: nothing is paid twice, nothing is lost."""

import itertools
import random
import signal
import time

import pytest

from harness.loader import KILLED
from harness.processes import eventually
from harness.services import Services
from harness.tagging import (
    Tagger, assert_at_rest, assert_tagged, interaction, tagged_files, write_raw,
)

AT_ONCE = 8  # --tag-concurrency
topics = itertools.count()


@pytest.fixture(scope="module")
def slow_services():
    services = Services("--latency", "60ms")
    try:
        yield services
    finally:
        services.close()


@pytest.fixture
def tagger(slow_services, directory, tmp_path):
    slow_services.forget()
    tagger = Tagger(slow_services, directory, f"crash-{next(topics)}", tmp_path)
    yield tagger
    tagger.close()


@pytest.fixture
def tagger_of(slow_services, exact_store, tmp_path):
    """A tagger for each kind of store."""
    slow_services.forget()
    tagger = Tagger(slow_services, exact_store, f"crash-{next(topics)}", tmp_path)
    yield tagger
    tagger.close()


def fill(tagger, files, each, text="billing"):
    for number in range(files):
        records = [interaction(index, text) for index in range(number * each, (number + 1) * each)]
        write_raw(tagger.store, tagger.topic, records, hour=number % 24, partition=number // 24, start=number * each)
    return files * each


def finish(tagger, contents, kills):
    """Whatever was killed: in the end all is there once, and only what was under way was paid again."""
    eventually_tagged(tagger)
    records = assert_tagged(tagger.store, tagger.topic)
    assert len(records) == contents
    assert {record["tag_status"] for record in records} == {"tagged"}
    assert_at_rest(tagger.store, tagger.topic)
    calls = tagger.messages()
    assert calls["distinct"] == contents
    assert calls["calls"] <= contents + kills * AT_ONCE, calls
    return calls


def eventually_tagged(tagger):
    """Until the leases of those that were killed have run out."""

    def tags():
        done = tagger.run("tag", "--lease", "10s")
        assert done.status == (75 if done.report["files_busy"] else 0), done
        return done.status == 0

    eventually("no file is busy", tags, 30)


def test_killed_at_random(tagger_of):
    """The first ten files are small, the last is large: most kills come in the middle of it."""
    tagger = tagger_of
    chance = random.Random(7)
    contents = fill(tagger, 10, 10)
    records = [interaction(index, "billing") for index in range(contents, contents + 400)]
    write_raw(tagger.store, tagger.topic, records, hour=20, start=contents)
    kills = 0
    for _ in range(10):
        running = tagger.start("tag", "--lease", "10s")
        time.sleep(chance.uniform(0.15, 0.8))  # the moment is what is random
        kills += running.kill().status == KILLED
        tagger.drop_leases()
    assert kills >= 5
    finish(tagger, contents + 400, kills)


@pytest.mark.parametrize("failpoint", ["before-tagged", "after-tagged", "after-tagged:2"])
def test_killed_at_a_failpoint(tagger_of, failpoint):
    tagger = tagger_of
    contents = fill(tagger, 3, 10)
    tagger.tag("--lease", "10s", failpoint=failpoint, status=KILLED)
    tagger.drop_leases()
    # Answered is answered: only the calls of other files that were under way may come again.
    finish(tagger, contents, 1)


def test_two_at_once_do_not_pay_twice(tagger_of):
    tagger = tagger_of
    contents = fill(tagger, 12, 25)
    both = [tagger.start("tag") for _ in range(2)]
    ended = [running.finish() for running in both]
    reports = [done.report for done in ended]
    # Who leaves files to the other has not seen them tagged.
    assert [done.status for done in ended] == [75 if report["files_busy"] else 0 for report in reports]
    records = assert_tagged(tagger.store, tagger.topic)
    assert len(records) == contents
    calls = tagger.messages()
    assert (calls["calls"], calls["repeated"]) == (contents, 0)
    assert sum(report["files_tagged"] for report in reports) == 12
    assert sum(report["files_busy"] for report in reports) > 0
    assert_at_rest(tagger.store, tagger.topic)


def test_a_lease_is_respected_and_taken_over_when_it_has_run_out(tagger_of):
    tagger = tagger_of
    contents = fill(tagger, 1, 300)
    killed = tagger.start("tag", "--lease", "10s")
    eventually("it is at work", lambda: tagger.messages()["calls"] > 30)
    killed.kill()
    (lease,) = [name for name in tagger.store.names() if "/_leases/" in name]
    held = tagger.store.json(lease)
    report = tagger.tag("--lease", "10s", status=75).report
    assert (report["files_busy"], report["files_tagged"], report["calls"]) == (1, 0, 0)
    assert report["stop_reason"] == "lease"
    assert tagger.store.json(lease) == held
    finish(tagger, contents, 1)


def test_who_wakes_up_after_its_lease_ran_out_leaves_the_file_to_others(tagger_of):
    """A machine that sleeps, or a container without a processor: what it does then changes nothing, and costs next to
    nothing."""
    tagger = tagger_of
    contents = fill(tagger, 1, 300)
    asleep = tagger.start("tag", "--lease", "10s")
    eventually("it is at work", lambda: tagger.messages()["calls"] > 30)
    asleep.send(signal.SIGSTOP)
    eventually("another has done it", lambda: tagger.run("tag", "--lease", "10s").report["files_tagged"] == 1, 40)
    before = tagger.store.objects(r"(tagged|raw)/[^_]*(_files/.*)?")
    asleep.send(signal.SIGCONT)
    report = asleep.finish().expect(75).report
    assert (report["files_tagged"], report["files_busy"]) == (0, 1)
    assert tagger.store.objects(r"(tagged|raw)/[^_]*(_files/.*)?") == before
    assert len(assert_tagged(tagger.store, tagger.topic)) == contents
    assert_at_rest(tagger.store, tagger.topic)
    # Those that were under way when it fell asleep, and those that waited for their turn.
    assert tagger.messages()["calls"] <= contents + 2 * AT_ONCE, tagger.messages()


def test_a_lease_is_renewed_for_as_long_as_the_work_takes(tagger):
    contents = fill(tagger, 1, 160)
    tagger.services.script({"route": "messages", "delay_ms": 650, "times": 0})
    first = tagger.start("tag", "--lease", "10s")
    eventually("it is at work", lambda: tagger.messages()["calls"] > 0)
    deadline = time.monotonic() + 11
    while time.monotonic() < deadline and first.process.poll() is None:
        assert tagger.run("tag", "--lease", "10s").report["calls"] == 0
    assert first.finish().expect(0).report["files_tagged"] == 1
    assert tagger.messages()["calls"] == contents


def test_sigterm_ends_in_time_and_nothing_is_paid_twice(tagger):
    contents = fill(tagger, 4, 60)
    running = tagger.start("tag", "--shutdown-grace", "5s")
    eventually("it is at work", lambda: tagger.messages()["calls"] > 40)
    running.send(signal.SIGTERM)
    began = time.monotonic()
    finished = running.finish(10).expect(75, "stopped before all was tagged", "run again to go on")
    assert time.monotonic() - began < 6
    assert finished.report["stop_reason"] == "signal"
    assert finished.report["files_left"] > 0
    assert_at_rest(tagger.store, tagger.topic)
    finish(tagger, contents, 0)


def test_sigterm_does_not_wait_for_a_call_that_does_not_end(tagger):
    contents = fill(tagger, 1, 20)
    tagger.services.script({"route": "messages", "after": 5, "delay_ms": 60_000, "times": 3})
    running = tagger.start("tag", "--shutdown-grace", "1s")
    eventually("it is at work", lambda: tagger.messages()["calls"] > 8)
    running.send(signal.SIGTERM)
    began = time.monotonic()
    running.finish(10).expect(75)
    assert time.monotonic() - began < 4
    assert_at_rest(tagger.store, tagger.topic)
    tagger.services.control("DELETE", "/script")
    finish(tagger, contents, 1)


def test_a_second_signal_ends_at_once(tagger):
    fill(tagger, 1, 50)
    tagger.services.script({"route": "messages", "delay_ms": 60_000, "times": 0})
    running = tagger.start("tag", "--shutdown-grace", "60s")
    eventually("it is at work", lambda: tagger.messages()["in_flight_max"] > 0)
    running.send(signal.SIGTERM)
    eventually("it has seen it", lambda: time.sleep(0.3) or True)
    running.send(signal.SIGTERM)
    assert running.finish(5).status == -signal.SIGTERM


def test_max_records_is_kept_over_many_runs(tagger):
    contents = fill(tagger, 6, 20)
    for run in range(1, 4):
        report = tagger.tag("--max-records", "30", status=75).report
        assert (report["calls"], report["stop_reason"]) == (30, "records")
        assert tagger.messages()["calls"] == 30 * run
    assert tagger.tag("--max-records", "30").report["calls"] == 30
    assert finish(tagger, contents, 0)["repeated"] == 0


def test_max_records_of_none_tags_what_costs_nothing(tagger):
    fill(tagger, 1, 10)
    write_raw(tagger.store, tagger.topic, [{"id": "without content"}], hour=5, start=100)
    report = tagger.tag("--max-records", "0", status=75).report
    assert (report["calls"], report["files_tagged"], report["files_left"]) == (0, 1, 1)


def test_max_cost_is_never_passed(tagger):
    contents = fill(tagger, 6, 50)
    limit = 0.007
    report = tagger.tag("--max-cost-usd", str(limit), status=75).report
    assert report["stop_reason"] == "cost"
    assert 0 < report["calls"] < contents
    usage = tagger.services.calls()["usage"]
    paid = price(usage)
    assert abs(paid - report["cost_micro_usd"]) <= report["calls"], (usage, report)  # each call is rounded
    assert 0 < paid <= limit * 1_000_000
    finish(tagger, contents, 0)


def test_money_for_no_call_is_told(tagger):
    fill(tagger, 1, 5)
    finished = tagger.tag("--max-cost-usd", "0.000001", status=75).expect(75, "no call was made")
    assert finished.report["stop_reason"] == "cost"
    assert finished.report["files_left"] == 1
    assert tagger.messages()["calls"] == 0


def price(usage):
    """In millionths of a dollar; the prices of claude-haiku-5-5 for short prompts, by hand."""
    written = usage["cache_creation_input_tokens"]
    return (
        usage["input_tokens"] * 0.1 + usage["output_tokens"] * 0.5 + written * 0.125
        + usage["cache_read_input_tokens"] * 0.01
    )


def test_max_duration_stops_and_the_next_run_goes_on(tagger):
    """All calls take ten seconds but the first ones: so the time is up before they are answered, however fast the rest."""
    contents = fill(tagger, 4, 60)
    tagger.services.script({"route": "messages", "after": 20, "delay_ms": 10_000, "times": 0})
    report = tagger.tag("--max-duration", "2s", status=75).report
    assert report["stop_reason"] == "duration"
    assert 0 < report["calls"] <= 20 + AT_ONCE
    assert report["files_left"] > 0
    assert len(tagged_files(tagger.store, f"tagged/{tagger.topic}/")) + report["files_left"] == 4
    tagger.services.control("DELETE", "/script")
    assert finish(tagger, contents, 0)["calls"] == contents
