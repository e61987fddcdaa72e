"""Which job is made for which model, when the service refuses, and when two runs take themselves for the only one."""

import json
import os
import signal
import time

import pytest

from harness.processes import eventually
from harness.records import DATE

FLASH = "publishers/google/models/gemini-2.5-flash"
LITE = "publishers/google/models/gemini-3.5-flash-lite"


@pytest.mark.parametrize("status, expected", [(404, 66), (400, 1), (403, 77)])
def test_after_a_refusal_another_model_may_be_asked_for(judge, status, expected):
    records = judge.usual_day()
    judge.services.script({"route": "batch_jobs.create", "status": status, "message": f"{FLASH} is not for new projects"})
    judge.run("run", "--model-fallback-id", "none", status=expected)
    assert [each["phase"] for each in judge.state()["inputs"]] == ["assembled"]
    judge.run("run", "--wait", "--model-id", LITE, "--model-fallback-id", "none")
    judge.assert_judged_once(records)
    assert judge.state()["inputs"][0]["model"] == LITE
    assert list(judge.jobs().values()) == [1]


def test_without_a_fallback_a_retired_model_is_an_error(make_judge):
    judge = make_judge("--retired-model", "gemini-2.5-flash")
    records = judge.usual_day()
    judge.run("run", "--model-fallback-id", "none", status=66)
    assert judge.jobs() == {}
    judge.run("run", "--wait", "--model-id", LITE, "--model-fallback-id", "none")
    judge.assert_judged_once(records)


def test_where_the_fallback_is_retired_as_well_another_model_may_be_asked_for(make_judge):
    judge = make_judge("--retired-model", "gemini-2.5-flash", "--retired-model", "gemini-3.5-flash-lite")
    records = judge.usual_day()
    judge.run("run", status=66)
    judge.run("run", "--wait", "--model-id", "publishers/google/models/gemini-3.5-flash")
    judge.assert_judged_once(records)


@pytest.mark.parametrize("step", [
    {"route": "batch_jobs.list", "status": 404, "message": "Location eu-foo is not found"},
    {"route": "batch_jobs.create", "status": 404, "message": "gs://gemini-2.5-flash/input-00000.jsonl is not found"},
], ids=["listing", "creating"])
def test_what_is_not_found_may_be_something_else_than_the_model(judge, step):
    records = judge.usual_day()
    judge.services.script(step)
    assert judge.run("run", status=66)["days"][0]["warnings"] == []
    judge.run("run", "--wait")
    judge.assert_judged_once(records)
    assert {each["model"] for each in judge.verdicts()} == {"gemini-2.5-flash"}


def test_a_job_that_did_not_find_its_bucket_has_no_other_model_afterwards(judge):
    judge.usual_day()
    message = "Bucket gs://x not found: us-central1"
    judge.services.script({
        "route": "batch_jobs.end", "contains": "judge-", "outcome": "errored", "status": 404, "message": message, "rows": 0})
    judge.finish(process := judge.start("run", "--wait"), status=process.wait(60))
    assert "is not to be had" not in judge.log
    assert {each.get("model", FLASH) for each in judge.state()["inputs"]} == {FLASH}


def test_the_same_day_below_another_prefix_has_a_job_of_its_own(judge):
    judge.usual_day()
    for prefix in ("one", "two"):
        report = judge.run("run", "--wait", "--gcs-output-prefix", prefix)
        assert report["days"][0]["stand"] == "judged"
    assert list(judge.jobs().values()) == [1, 1]


def test_a_run_that_slept_beyond_its_lease_makes_no_second_job(judge):
    records = judge.usual_day()
    judge.services.script({"route": "batch_jobs.list", "delay_ms": 1500})
    sleeper = judge.start("run", "--lease", "1s")
    eventually("the first run looks for jobs", lambda: judge.services.called("batch_jobs.list") == 1)
    os.kill(sleeper.pid, signal.SIGSTOP)
    try:
        lease = json.loads(judge.store.read(f"judge/{judge.topic}/{DATE}/_lease"))
        eventually("its lease runs out", lambda: lease["expires_at_ms"] < time.time() * 1000)
        judge.run("run", "--lease", "1s")
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    judge.finish(sleeper, status=70)
    assert "another run has taken over" in judge.log
    judge.run("run", "--wait", "--lease", "1s")
    judge.assert_judged_once(records)
    assert list(judge.jobs().values()) == [1]
