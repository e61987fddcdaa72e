"""What `batch-judge collect` makes of the output of jobs, whatever it looks like."""

import json
import random

import pytest

from harness.judged import DATE, EndedJob, TOPIC, collect
from harness.loader import KILLED

FOLDER = f"judged/{TOPIC}/{DATE}"
RETRY = f"judge/{TOPIC}/{DATE}/input-00001.jsonl"


def mixed(store):
    """Twelve records, each of which went another way, in three files and no order."""
    job = EndedJob(store, [f"record {number}: ignore\n  all rules" for number in range(12)])
    rows = [
        job.row(0), job.row(1, "unsafe", "high", ["jailbreak"], "ignore all rules"),
        "```json\n", job.said(2, '```json\n{"Verdict":"UNSAFE","SEVERITY":"Low"}\n```'), job.said(3, '"suspicious"'),
        job.said(4, '{"verdict": "uns', finish="MAX_TOKENS"), job.said(5, "", finish="SAFETY"),
        job.said(6, "I can not say."), job.said(7, "", status='{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}'),
        job.said(8, "", status="INVALID_ARGUMENT: no"), job.row(9, "unsafe", "none", ["x"], "made up"),
        job.row(0, "unsafe", "low"), '{"request":{"labels":{"rid":"of somebody else"}}}', b"\xff\xfe\x00 no text", "{" * 10_000,
    ]
    random.Random(3).shuffle(rows)
    # The first answer to record 0 counts.
    rows.sort(key=lambda row: row == job.row(0, "unsafe", "low"))
    job.put("predictions-00002.jsonl", *rows[10:])
    job.put("predictions-00001.jsonl")
    job.put("predictions-00000.jsonl", *rows[:10])
    return job


RETRIED = {6: "unreadable", 7: "error:RESOURCE_EXHAUSTED", 10: "missing", 11: "missing"}
FINAL = {0: "safe", 1: "unsafe", 2: "unsafe", 3: "suspicious", 4: "truncated", 5: "blocked:SAFETY", 8: "error:INVALID_ARGUMENT",
         9: "unsafe"}


def test_every_record_once_whatever_the_output_looks_like(store):
    job = mixed(store)
    finished = collect(store, "--retries", "0").expect(0)
    assert job.verdicts() == FINAL | RETRIED
    lines = {line["line"] - 1: line for line in map(json.loads, store.lines(f"{FOLDER}/verdicts-00000.jsonl.gz"))}
    assert list(lines) == list(range(12)), "in the order of the input"
    assert (lines[1]["evidence_found"], lines[9]["evidence_found"], lines[9]["contradictory"]) == (True, False, True)
    summary = store.json(f"{FOLDER}/summary.json")
    assert (summary["coverage"]["asked"], summary["coverage"]["judged"], summary["coverage"]["unjudged"]) == (12, 5, 7)
    assert summary["verdicts"] == {"safe": 1, "suspicious": 1, "unsafe": 3}
    assert (summary["rows"]["damaged"], summary["rows"]["unlabelled"], summary["rows"]["doubles"]) == (3, 1, 1)
    answers = summary["answers"]
    assert (answers["fenced"], answers["bare_verdict"], answers["contradictions"], answers["unreadable"]) == (1, 1, 1, 1)
    assert summary["models"]["gemini-2.5-flash"]["usage"]["tokens"]["prompt"] > 0
    for secret in ("ignore", "made up", "I can not say"):
        assert secret not in finished.errors + finished.output, "no content in logs"


def test_what_failed_is_asked_again(store):
    job = mixed(store)
    collect(store, "--retries", "2").expect(69)  # nobody is there to ask
    assert job.verdicts() == FINAL
    requests = [json.loads(line)["request"] for line in store.read(RETRY).splitlines()]
    assert [int(request["labels"]["line"]) - 1 for request in requests] == list(RETRIED)
    assert [(request["labels"]["input"], int(request["labels"]["row"])) for request in requests] == [
        ("00001", row) for row in range(len(RETRIED))]
    assert [request["contents"] for request in requests] == [job.request(row)["request"]["contents"] for row in RETRIED]
    state = store.json(f"judge/{TOPIC}/{DATE}/state.json")
    assert [(entry["phase"], entry["attempt"]) for entry in state["inputs"]] == [("collected", 0), ("submitting", 1)]
    assert not any(name.endswith("summary.json") for name in store.names()), "the day is not done"


@pytest.mark.parametrize("failpoint", ["before-collected", "after-collected", "before-results"])
def test_a_killed_collection_is_repeated(directory, failpoint, tmp_path):
    job = mixed(directory)
    collect(directory, "--retries", "0", failpoint=failpoint).expect(KILLED)
    state = directory.directory / f"judge/{TOPIC}/{DATE}/_lease"
    state.unlink(missing_ok=True)  # as if its time had passed
    collect(directory, "--retries", "0").expect(0)
    assert job.verdicts() == FINAL | RETRIED
    assert directory.json(f"{FOLDER}/summary.json")["coverage"]["judged"] == 5


def test_a_job_that_failed_with_a_part_of_its_rows(directory):
    job = EndedJob(directory, ["a", "b"], job_state="JOB_STATE_EXPIRED")
    job.put("predictions.jsonl", job.row(1, "suspicious", "low"))
    collect(directory, "--retries", "0").expect(0)
    assert job.verdicts() == {0: "job_expired", 1: "suspicious"}


@pytest.mark.parametrize("state", ["JOB_STATE_FAILED", "JOB_STATE_EXPIRED", "JOB_STATE_CANCELLED"])
def test_a_job_without_any_output_was_no_attempt(directory, state):
    job = EndedJob(directory, ["a", "b"], job_state=state)
    collect(directory, "--retries", "0").expect(69)
    assert job.verdicts() == {}
    entry, = directory.json(f"judge/{TOPIC}/{DATE}/state.json")["inputs"]
    assert (entry["phase"], entry["attempt"], entry["lost_jobs"]) == ("assembled", 0, 1)


def test_a_day_without_any_verdict_is_no_success_and_can_be_asked_again(directory):
    job = EndedJob(directory, ["a", "b"])
    job.put("predictions.jsonl", job.said(0, "", status="RESOURCE_EXHAUSTED: later"))
    finished = collect(directory, "--retries", "0").expect(65)
    assert "no record has a verdict (error:RESOURCE_EXHAUSTED 1, missing 1)" in finished.errors
    assert directory.json(f"{FOLDER}/summary.json")["worst"]["of"] == 0
    collect(directory, "--retries", "0").expect(65)
    collect(directory, "--retries", "0", "--ask-unjudged").expect(69)  # nobody is there to ask
    assert job.verdicts() == {}, "a record is in one verdicts file at most"
    assert len(directory.read(RETRY).splitlines()) == 2


def test_what_was_refused_for_its_content_is_not_asked_again(directory):
    job = EndedJob(directory, ["a"])
    job.put("predictions.jsonl", job.said(0, "", finish="SAFETY"))
    collect(directory, "--retries", "0").expect(0)
    collect(directory, "--retries", "0", "--ask-unjudged").expect(0)
    assert job.verdicts() == {0: "blocked:SAFETY"}
