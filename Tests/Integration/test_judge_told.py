"""What `batch-judge` says of days that are not as they should be, and how they become so."""

import pytest

from harness.records import DATE


@pytest.mark.parametrize(("outcome", "status"), [("errored", 77), ("expired", 69), ("canceled", 69)])
def test_jobs_that_answer_nothing_are_no_attempts(judge, outcome, status):
    records = judge.usual_day()
    judge.services.script(
        {"route": "batch_jobs.end", "contains": "judge-", "outcome": outcome, "status": 403, "rows": 0, "times": 0,
         "message": "the service agent lacks storage.objects.create"})
    for _ in range(4):  # more often than anything is asked again
        report = judge.run("run", "--wait", status=status)
        assert report["days"][0]["stand"] == "failed" and "has answered nothing" in report["failure"]
    assert judge.verdicts() == []
    judge.services.control("DELETE", "/script")
    judge.run("run", "--wait")
    judge.assert_judged_once(records)
    assert list(judge.jobs().values()) == [1] * 5, "each under a name of its own"


def test_what_stayed_unjudged_can_be_asked_again(make_judge):
    judge = make_judge("--row-faults", "errored=0.3,missing=0.2")
    records = judge.usual_day(60)
    report = judge.run("run", "--wait", "--retries", "0")
    left = report["days"][0]["unjudged"]
    assert left > 5 and report["days"][0]["judged"] + left == records
    for _ in range(20):
        report = judge.run("run", "--wait", "--retries", "0", "--ask-unjudged")
        judge.assert_judged_once(records)
        if report["days"][0]["unjudged"] == 0:
            break
    assert report["days"][0]["judged"] == records


def test_files_that_overlap_are_told(judge):
    judge.raw([{"id": f"i-{number}", "input": "hello"} for number in range(10)], hour=9)
    judge.raw([{"id": f"i-{number}", "input": "hello"} for number in range(5, 15)], hour=9, start=5)
    judge.raw([{"id": "i-20", "input": "hello"}], hour=14)
    judge.seal()
    report = judge.run("run", "--wait")
    assert report["days"][0]["judged"] == 1
    warning = "2 files were left alone"
    assert any(warning in each for each in report["days"][0]["warnings"]) and warning in judge.log
    assert any("count 21 records, and 1 were read" in each for each in judge.summary()["warnings"])


def test_a_missing_file_of_a_sealed_hour_is_told(judge):
    records = judge.usual_day()
    judge.store.delete(next(name for name in judge.store.names() if f"{DATE}/14-" in name))
    judge.run("run", "--wait")
    warning = f"The hour manifests count {records} records, and {records // 2} were read"
    assert any(warning in each for each in judge.summary()["warnings"])
    assert warning in judge.store.read(f"judged/{judge.topic}/{DATE}/summary.md").decode()


@pytest.mark.parametrize("flags", [(), ("--allow-incomplete",)])
def test_a_misspelt_topic(judge, flags):
    judge.usual_day()
    judge.run("run", "--kafka-topic", "raw-interaction", *flags, status=66)
    assert "nothing of the topic raw-interaction is stored" in judge.log
    judge.run("run", "--partition-layout", "hive", *flags, status=66)
    assert not any(name.startswith("judge") for name in judge.store.names())


def test_a_misspelt_output_store(judge):
    judge.usual_day()
    judge.run("trigger")
    misspelt = ("collect", "--kafka-topic", judge.topic, "--gcs-output-prefix", "misspelt")
    judge.run(*misspelt, status=66)
    assert "misspelt does not exist" in judge.log
    judge.store.write("misspelt/other", b"")
    report = judge.run(*misspelt, status=66)
    assert report["days"][0]["stand"] == "unknown" and "nothing was assembled of this day" in judge.log


def test_a_sealed_day_without_records(judge):
    judge.seal()
    report = judge.run("run", "--wait")
    assert report["days"][0]["stand"] == "empty" and report["days"][0]["report"]
    assert "there was nothing to judge" in judge.log and ": judged" not in judge.log


def test_a_day_that_is_held_back_tells_what_is_judged(make_judge):
    judge = make_judge("--row-faults", "missing=0.2")
    records = judge.usual_day()
    judge.run("run")
    report = judge.run("run", "--wait", "--max-cost-usd", "0.000001", status=75)
    assert report["stop_reason"] == "cost" and report["days"][0]["report"]
    coverage = judge.summary()["coverage"]
    assert coverage["asked"] == records == coverage["judged"] + coverage["open"] and coverage["open"] > 0
    assert report["coverage"] == coverage["judged"] / records and "judged in part" in judge.log
    judge.run("run", "--wait")
    judge.assert_judged_once(records)
    assert judge.summary()["coverage"]["open"] == 0


def test_a_misspelt_filter_does_not_use_up_the_day(judge):
    records = judge.usual_day()
    judge.run("run", "--wait", "--filter", "/nosuch=x")
    assert "were left out by a filter" in judge.log
    judge.run("run", "--wait")
    judge.assert_judged_once(records)
    report = judge.run("run", "--wait", "--sample", "0.1")
    assert any("judged otherwise than this run would" in each for each in report["days"][0]["warnings"])
    assert report["days"][0]["rules"][0]["sample"] == "1" == judge.summary()["rules"][0]["sample"]


def test_one_hour_by_a_pattern_does_not_begin_the_day(judge):
    records = judge.usual_day()
    judge.store.delete(f"raw/{judge.topic}/{DATE}/23.manifest.json")
    pattern = f"{judge.store.url}/raw/*/{DATE}/09-*.jsonl.gz"
    report = judge.run("run", "--wait", "--allow-incomplete", "--gcs-input-uri", pattern)
    assert report["days"][0]["judged"] == records // 2
    judge.run("run", status=79)
    judge.seal()
    judge.run("run", "--wait")
    judge.assert_judged_once(records)
    assert [each["purpose"] for each in judge.state()["rounds"]] == ["first", "first"]
    assert all(each["canaries"] > 0 for each in judge.state()["inputs"])
