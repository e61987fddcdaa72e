"""Days, jobs and money: what was judged stays, and nothing is paid twice without being told."""

import datetime
import json

from harness.judging import ROOT, Judge
from harness.processes import eventually
from harness.records import DATE

FAILS = {"route": "batch_jobs.row", "outcome": "errored", "status": 500, "times": 0}
ROW = '"row":"000017"'


def remove_output(judge):
    for name in judge.store.names():
        if "/output/" in name:
            judge.store.delete(name)


def changed_prompt(tmp_path, *changes):
    text = (ROOT / "prompts/security-judge.prompt.yml").read_text()
    for old, new in (("version: 2", "version: 3"), *changes):
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "other.prompt.yml"
    path.write_text(text)
    return str(path)


def test_what_is_judged_stays_where_the_output_is_gone(judge):
    records = judge.usual_day()
    judge.services.script(FAILS | {"contains": ROW})
    first = judge.run("run", "--wait", "--retries", "0")
    remove_output(judge)
    judge.services.control("DELETE", "/script")
    report = judge.run("run", "--wait", "--ask-unjudged", "--retries", "0")
    judge.assert_judged_once(records)
    assert judge.state()["inputs"][-1]["lines"] == 1 and len(judge.jobs()) == 2
    assert report["days"][0]["judged"] == records
    assert report["days"][0]["cost_micro_usd"] == first["cost_micro_usd"] + report["cost_micro_usd"] > report["cost_micro_usd"] > 0


def test_answers_that_are_gone_are_not_paid_again_in_silence(judge):
    records = judge.usual_day()
    judge.run("trigger")
    judge.run("collect", "--wait", LOADER_FAILPOINT="before-collected", status=-9)
    judge.drop_lease()
    remove_output(judge)
    for command in ("collect", "run"):
        judge.run(command, status=65)
        assert "answers are found in" in judge.log and "--ask-unjudged" in judge.log
    assert list(judge.jobs().values()) == [1]
    judge.run("run", "--wait", "--ask-unjudged")
    judge.assert_judged_once(records)


def test_results_that_are_gone_are_made_again(judge):
    records = judge.usual_day()
    judge.services.script(FAILS | {"contains": ROW, "times": 1})
    judge.run("run", "--wait")
    before, jobs = judge.summary(), judge.jobs()
    for part in ("judged/", "verdicts-00001"):
        for name in judge.store.names():
            if name.startswith("judged/") and part in name:
                judge.store.delete(name)
        judge.run("run")
        assert "are gone, and are to be made again" in judge.log
        judge.assert_judged_once(records)
        assert judge.summary()["verdicts"] == before["verdicts"] and judge.jobs() == jobs
    remove_output(judge)
    judge.store.delete(f"judged/{judge.topic}/{DATE}/verdicts-00001.jsonl.gz")
    report = judge.run("run", status=65)
    assert "verdicts-00001.jsonl.gz is gone" in report["failure"]


def test_a_day_that_the_model_does_not_take_is_asked_anew_with_another_prompt(judge, tmp_path):
    records = judge.usual_day(8)
    judge.services.script(FAILS | {"status": 400, "message": "INVALID_ARGUMENT schema"})
    for _ in range(2):
        report = judge.run("run", "--wait", status=65)
        assert "mend it, or name another --model-id" in report["failure"]
    assert "INVALID_ARGUMENT" in judge.summary()["messages"][0]
    assert "What the service said" in judge.store.read(f"judged/{judge.topic}/{DATE}/summary.md").decode()
    assert list(judge.jobs().values()) == [1]
    judge.services.control("DELETE", "/script")
    judge.run("run", "--wait", "--prompt-path", changed_prompt(tmp_path))
    judge.assert_judged_once(records)
    assert judge.summary()["coverage"]["judged"] == records == judge.summary()["coverage"]["asked"]


def test_what_is_cut_off_is_not_asked_again_for_ever(make_judge):
    judge = make_judge("--row-faults", "truncated=1")
    judge.usual_day(8)
    for flags in ((), ("--ask-unjudged",), ("--ask-unjudged",)):
        report = judge.run("run", "--wait", *flags, status=65)
        assert "raise maxTokens" in report["failure"]
        assert ("asked again" in judge.log, report["days"][0]["inputs_collected"]) == (False, 0 if flags else 1)
    assert list(judge.jobs().values()) == [1]


def test_a_job_without_an_answer_is_looked_for_where_it_was_asked_for(judge):
    records = judge.usual_day()
    judge.services.script(
        {"route": "batch_jobs.create", "reset": True}, {"route": "batch_jobs.list", "after": 1, "status": 503, "times": 0})
    judge.run("run", "--vertex-deadline", "2s", status=69)
    judge.services.control("DELETE", "/script")
    report = judge.run("run", "--wait", "--gcp-location", "europe-west4", status=64)
    assert "locations/us-central1" in report["failure"]
    judge.run("run", "--wait")
    judge.assert_judged_once(records)
    assert list(judge.jobs().values()) == [1]


def without_date(judge, *flags, status=0):
    """Yesterday, and the days before."""
    arguments = Judge.arguments(judge, "run", flags)
    place = arguments.index("--date")
    del arguments[place:place + 2]
    judge.arguments = lambda *_: arguments
    return judge.run("run", status=status)


def test_days_that_leave_the_window_are_told(judge, tmp_path):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    dates = {back: str(today - datetime.timedelta(back)) for back in (1, 2, 8)}
    for date in dates.values():
        judge.raw([{"id": f"{date}-{number}", "input": "hello", "output": "x"} for number in range(2)], hour=9, date=date)
    judge.seal(date=dates[8])
    judge.seal(date=dates[1])
    metrics = tmp_path / "judge.prom"
    flags = ("--wait", "--metrics-file", str(metrics))
    report = without_date(judge, *flags, status=79)
    assert report["left_behind"] == [] and "batch_judge_days_left_behind 0" in metrics.read_text()
    # As if days had gone by: one hour of it was never sealed.
    report = without_date(judge, *flags, "--judge-days", "0")
    assert report["left_behind"] == [f"{judge.topic} {dates[2]}"] and "no run looks at it any more" in judge.log
    assert "batch_judge_days_left_behind 1" in metrics.read_text()


def test_what_was_never_sent_binds_nobody(judge, tmp_path):
    records = judge.usual_day()
    judge.run("run", "--max-cost-usd", "0", status=75)
    sampled = judge.run("run", "--sample", "0.1", "--max-cost-usd", "0", status=75)
    assert sampled["estimate"]["requests"] < records and "never sent, and is given up" in judge.log
    report = judge.run("run", "--wait", "--prompt-path", changed_prompt(tmp_path))
    assert report["days"][0]["warnings"] == [] and len(judge.jobs()) == 1
    assert all("-judge-3-" in verdict["prompt"] for verdict in judge.assert_judged_once(records))


OTHER_VERDICTS = (
    ("enum: [safe, suspicious, unsafe]", "enum: [fine, dubious, bad]"), ("[unsafe, suspicious]", "[bad, dubious]"),
    ("[suspicious, unsafe]", "[bad, dubious]"), ("verdict: safe", "verdict: fine"), ("verdict: unsafe", "verdict: bad"))


def test_results_go_by_the_prompt_that_has_asked(judge, tmp_path):
    records = judge.usual_day()
    other = changed_prompt(tmp_path, *OTHER_VERDICTS)
    judge.run("run", "--wait", "--filter", "/metadata/nosuch=x")
    judge.run("run", "--wait", "--prompt-path", other)
    summary = judge.summary()
    assert (summary["findings"]["total"], summary["worst"]["verdict"]) == (records // 4, "bad")
    assert set(summary["verdicts"]) == {"fine", "dubious", "bad"}
    assert [rules["prompt"] for rules in summary["rules"]] == summary["prompts"] and "-3-" in summary["prompts"][0]
    assert summary["worst"]["interval"]["rate"] == summary["verdicts"]["bad"] / records
    # What comes late is judged by the usual one.
    judge.raw([{"id": f"l-{number}", "input": "hello", "output": "x"} for number in range(20)], hour=10, partition=5)
    judge.run("run", "--wait")
    summary = judge.summary()
    assert summary["findings"]["total"] == records // 4 and len(summary["prompts"]) == 2
    assert "interval" not in summary["worst"] and any("different verdicts" in each for each in summary["warnings"])


def test_collect_asks_again_what_failed(judge):
    records = judge.usual_day()
    judge.services.script(FAILS | {"contains": ROW, "times": 1})
    judge.run("trigger")
    judge.run_until(0, "collect", before=75)
    judge.assert_judged_once(records)
    assert [each["lines"] for each in judge.state()["inputs"]] == [judge.state()["inputs"][0]["lines"], 1]


def test_collect_makes_no_jobs_but_those_that_ask_again(judge):
    judge.usual_day()
    judge.run("assemble")
    report = judge.run("collect", status=75)
    assert "something is left to submit; what was done is stored: batch-judge submit, or run, does it" in judge.log
    assert report["days"][0]["stand"] == "open" and judge.jobs() == {}


def test_a_collection_at_work_keeps_no_other_day_back(judge):
    for date in ("2026-01-01", "2026-01-02"):
        judge.raw([{"id": f"{date}-{number}", "input": "hello", "output": "x"} for number in range(5)], hour=9, date=date)
        judge.seal(date=date)
    judge.run("trigger", "--from", "2026-01-01", "--to", "2026-01-01")
    judge.services.script({"route": "batch_jobs.get", "delay_ms": 5000})
    days = ("--from", "2026-01-01", "--to", "2026-01-02")
    collecting = judge.start("collect", *days)
    eventually("the job is asked for", lambda: judge.services.called("batch_jobs.get") == 1)
    report = judge.run("trigger", *days, status=75)
    assert [day["stand"] for day in report["days"]] == ["busy", "running"]
    assert judge.finish(collecting, None)["exit_code"] in (0, 75)


def test_a_fallback_that_costs_too_much_is_not_asked(make_judge, tmp_path):
    judge = make_judge("--retired-model", "gemini-2.5-flash")
    records = judge.usual_day()
    prices = json.loads((ROOT / "prompts/prices.json").read_text())
    fallback = prices["models"]["gemini-3.5-flash-lite"]
    for key in ("input", "output"):
        fallback[key] = type(fallback[key])(float(fallback[key]) * 100)
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(prices))
    report = judge.run("run", "--wait", "--price-file", str(path), "--max-cost-usd", "0.5", status=75)
    assert (report["stop_reason"], report["days"][0]["stand"], judge.jobs()) == ("cost", "open", {})
    assert "stopped by --max-cost-usd (MAX_COST_USD)" in judge.log and "waits for a higher one" in judge.log
    assert report["estimate"]["worst_micro_usd"] > 500_000
    judge.run("run", "--wait", "--max-cost-usd", "0.5")
    judge.assert_judged_once(records)
