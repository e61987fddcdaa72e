"""`batch-judge tag-and-push`: logs of Braintrust are tagged once, written to one file, and pushed to datasets once."""

import json
import os
import re
import signal
import time

import pytest

from harness.loader import KILLED
from harness.logs import PROJECT, LogServer, row
from harness.processes import eventually
from harness.services import Services
from harness.tag_and_push import TagAndPush, job, log, make_logs, now  # noqa: F401 (fixtures)


def without_tags(record):
    return {key: value for key, value in record.items() if key not in ("relevant_tags", "tag_status", "tagging")}


def test_logs_are_tagged_and_pushed(job, make_logs, tmp_path):
    logs = make_logs([log(1), log(2, "a bug report"), log(3, "nothing"), log(4, "old", created=now(90_000))])
    report = job.perform(logs).report
    assert [without_tags(record) for record in job.lines] == [json.loads(line) for line in logs.rows[:3]]
    assert [record["relevant_tags"] for record in job.lines] == [["billing"], ["bug report"], []]
    assert {name: len(rows) for name, rows in logs.inserted.items()} == {"d-billing": 1, "d-both": 2}
    (inserted,) = logs.inserted["d-billing"].values()
    assert inserted["origin"]["id"] == "log-1" and inserted["origin"]["object_id"] == PROJECT
    assert inserted["expected"] == "a 1" and inserted["tags"] == ["billing"]
    assert (report["logs"], report["records"], report["tagging"]) == (3, 3, "success")
    assert report["totals"] == {"matched": 3, "existing": 0, "inserted": 3, "dead_letters": 0}
    # Again: nothing is paid for, nothing is written twice.
    calls = job.calls()
    metrics = tmp_path / "push.prom"
    report = job.perform(logs, "--push-metrics-file", str(metrics)).report
    assert job.calls() == calls and report["totals"]["existing"] == 3 and report["totals"]["inserted"] == 0
    assert 'batch_judge_push_rows{topic="project-logs",state="existing"} 3' in metrics.read_text()


def test_phases_alone(job, make_logs):
    logs = make_logs([log(1)])
    job.perform(logs, "--phase", "push", status=66, texts=["does not exist", "--phase init"])
    job.perform(logs, "--phase", "init")
    assert logs.inserted == {} and len(job.lines) == 1
    logs.rows.clear()
    finished = job.perform(logs, "--phase", "push")
    assert finished.report["totals"]["inserted"] == 2 and len(logs.queries) == 1


@pytest.mark.parametrize("fault", [(400, b"no"), (403, b"no")])
def test_what_could_not_be_pushed_is_pushed_by_the_next_run(job, make_logs, fault):
    logs = make_logs([log(1)])
    logs.insert_faults = [fault] * 50
    assert job.perform(logs, status=64 if fault[0] == 400 else 77).report["totals"]["inserted"] == 0
    logs.insert_faults = []
    # A day later Braintrust no longer gives the log of the first run.
    logs.rows[:] = [log(2)]
    report = job.perform(logs).report
    for rows in logs.inserted.values():
        assert {row["metadata"]["interaction_id"] for row in rows.values()} == {"log-1", "log-2"}
    assert report["records"] == 2 and report["totals"]["inserted"] == 4
    assert {entry["id"]: entry["counts"]["inserted"] for entry in report["datasets"]} == {"d-billing": 2, "d-both": 2}


def test_a_dataset_that_stays_forbidden_keeps_nobody_back(job, make_logs):
    """What is read does not grow from day to day, and what it lacks is said."""
    logs, post = make_logs([log(0)]), LogServer.post
    forbidden = {"d-both"}
    logs.post = lambda path, body: (
        (403, b"no") if "/insert" in path and forbidden & set(path.split("/")) else post(logs, path, body))
    first = now(24 * 3600)
    for day in range(1, 5):
        logs.queries.clear()
        finished = job.perform(logs, status=77)
        since = re.search(r"created >= '([^']*)'", logs.queries[0])[1]
        # The second day's file was to be pushed first, and then it was given up.
        assert since >= now(25 * 3600), day
        assert bool(finished.logged("it lacks logs")) == (day > 1)
        job.shift(24, "read_at_ms", "pushed_until_ms", "behind")
        logs.rows.append(log(day))
    assert len(logs.inserted["d-billing"]) == 4 and "d-both" not in logs.inserted
    forbidden.clear()
    assert job.perform(logs).logged("it lacks logs of before")
    job.perform(logs, "--since", first)
    assert len(logs.inserted["d-both"]) == 5
    calls = job.calls()
    job.perform(logs)
    assert job.calls() == calls == 5


def test_killed_between_writing_and_pushing(job, make_logs):
    logs = make_logs([log(1)])
    logs.insert_delay = 60
    running = job.start(*job.flags(logs, "--lease", "10s"))
    eventually("it pushes", lambda: logs.inserting)
    assert running.kill().status == KILLED
    logs.insert_delay = 0
    logs.rows[:] = [log(2)]
    job.file.unlink()
    eventually("the lease runs out", lambda: job.run(*job.flags(logs)).status == 0, 30)
    assert {row["metadata"]["interaction_id"] for row in logs.inserted["d-billing"].values()} == {"log-1", "log-2"}


def test_the_phases_of_two_jobs_lose_nothing(job, make_logs):
    logs = make_logs([log(1)])
    job.perform(logs, "--phase", "init")
    logs.insert_faults = [(400, b"no")] * 50
    job.perform(logs, "--phase", "push", status=64)
    logs.insert_faults = []
    job.shift(hours=72)
    logs.rows[:] = [log(1, created=now(73 * 3600)), log(2)]
    finished = job.perform(logs, "--phase", "init")
    assert finished.logged("are replaced")
    job.perform(logs, "--phase", "push")
    assert len(logs.inserted["d-billing"]) == 2
    assert job.perform(logs, "--phase", "push").report["totals"]["existing"] == 4


def test_logs_between_two_runs_and_late_ones(job, make_logs):
    logs = make_logs([log(1)])
    job.perform(logs)
    job.shift(hours=30)
    begun = 30 * 3600
    # Created just before the first run began, and known to Braintrust only afterwards; and between the two runs.
    logs.rows[:] = [log(2, created=now(begun + 300)), log(3, created=now(begun - 60)), log(4, created=now(begun + 1200))]
    job.perform(logs)
    assert [record["id"] for record in job.lines] == ["log-2", "log-3"]
    # Logs of other times have nothing to do with it.
    job.perform(logs, "--since", "2026-01-01", "--until", "2026-01-02")
    job.shift(hours=30)
    logs.rows[:] = [log(5, created=now(begun - 60))]
    job.perform(logs)
    assert [record["id"] for record in job.lines] == ["log-5"]


def test_no_logs(job, make_logs):
    finished = job.perform(make_logs([log(1, created=now(90_000))]))
    assert finished.logged("no logs") and finished.report["logs"] == 0 and job.lines == []
    assert job.calls() == 0


@pytest.mark.parametrize("identity", [b"null", b'""', b"17", b'"line\\nend \\"quoted\\" \\u00fc"', b"[1]", b'{"a":1}'])
def test_ids_of_every_kind(job, make_logs, identity):
    logs = make_logs([log(1, id=identity), log(2, id=identity)])
    job.perform(logs)
    first = [record["tagging"]["id"] for record in job.lines]
    assert all(first)
    rows = len(logs.inserted["d-billing"])
    # Those that have none of their own are known by where they are in the logs, in every run.
    assert rows == (1 if identity in (b"17", b'"line\\nend \\"quoted\\" \\u00fc"') else 2)
    logs.rows.insert(0, log(0))
    job.perform(logs)
    assert len(logs.inserted["d-billing"]) == rows + 1


def test_input_and_output_missing_or_huge(job, make_logs):
    rows = [
        row(1, created=now(60)), log(2, input=None, output=None), log(3, input="", output={}),
        log(4, input="billing " + "😀é" * 400_000), log(5, input={"messages": [{"content": "billing"}]}),
        log(6, output=b'"lone \\ud800"'),
    ]
    job.perform(make_logs(rows))
    assert [record["tag_status"] for record in job.lines] == ["no_content"] * 3 + ["tagged"] * 3
    assert job.lines[3]["input"] == json.loads(rows[3])["input"]


def test_hundred_pages_in_order(job, make_logs):
    logs = make_logs([log(number, "billing", input="billing") for number in range(5000)], page=50)
    report = job.perform(logs).report
    assert (report["logs"], report["pages"], job.calls()) == (5000, 100, 5000)
    assert [record["id"] for record in job.lines] == [f"log-{number}" for number in range(5000)]
    assert len(logs.inserted["d-billing"]) == 5000


def test_since_and_until(job, make_logs):
    logs = make_logs([log(1, created="2026-01-01T10:00:00.000Z"), log(2, created="2026-01-02T10:00:00.000Z")])
    job.perform(logs, "--since", "2026-01-01", "--until", "2026-01-02T00:00:00Z")
    assert [record["id"] for record in job.lines] == ["log-1"]
    job.perform(logs, "--since", "2026-01-01T11:00:00+00:00")
    assert [record["id"] for record in job.lines] == ["log-2"]
    for flags in (["--until", "2026-01-01"], ["--since", "soon"], ["--since", "2026-01-02", "--until", "2026-01-01"]):
        job.perform(logs, *flags, status=64)


@pytest.mark.parametrize(
    "answer, status, text",
    [
        ((401, b"no"), 77, "BRAINTRUST_API_KEY"), ((403, b"no"), 77, "403"), ((200, b'{"results":[]}'), 76, "'data'"),
        ((200, b'{"data":null}'), 76, "null"), ((200, b"<html>"), 76, "no JSON object"), ((404, b"no"), 64, "404"),
    ],
)
def test_faults_of_queries(job, make_logs, answer, status, text):
    logs = make_logs([log(1)])
    logs.faults = [answer]
    assert job.perform(logs, status=status, texts=[text]).report["failure"]
    assert not job.file.exists() and logs.inserted == {}
    job.perform(logs)
    assert len(job.lines) == 1


def test_a_log_that_cannot_be_read_is_left_out_loudly(job, make_logs):
    logs = make_logs([log(1), log(2, input=b'{"a":' * 4096 + b"1" + b"}" * 4096), log(3)])
    report = job.perform(logs, status=65, texts=["1 rows cannot be read"]).report
    assert (report["unreadable_logs"], report["logs"]) == (1, 2)
    assert [record["id"] for record in job.lines] == ["log-1", "log-3"]
    # That a log is left out holds up neither the others nor the next run.
    assert len(logs.inserted["d-billing"]) == 2
    window = ("--since", "2026-01-01", "--until", "2099-01-01")
    job.perform(logs, *window, status=65)
    logs.rows[1] = log(2)
    assert job.perform(logs, *window).report["totals"]["inserted"] == 2


def test_faults_that_pass(job, make_logs):
    logs = make_logs([log(number) for number in range(30)], page=10)
    logs.faults = [(429, b"", [("Retry-After", "1")]), (503, b""), (500, b""), (504, b"")]
    logs.insert_faults = [(429, b"", [("Retry-After", "1")]), (413, b"too large"), (503, b"")]
    job.perform(logs)
    assert len(job.lines) == 30 and len(logs.inserted["d-billing"]) == len(logs.inserted["d-both"]) == 30


@pytest.mark.parametrize("tags", [[], [None], ["no"], ["", None, "dataset-tag"]], ids=str)
def test_no_tag_with_the_marker(job, make_logs, tags):
    tags = [{"id": f"t{n}", "project_id": PROJECT, "name": f"x{n}", "description": d} for n, d in enumerate(tags)]
    job.perform(make_logs([log(1)], tags=tags), status=78)
    assert not job.file.exists() and job.calls() == 0


def test_unknown_project(job, make_logs):
    logs = make_logs([log(1)])
    job.perform(logs, "--braintrust-project-id", "nobody's", status=66, texts=["no project “nobody's”"])
    assert job.perform(logs, "--braintrust-project-id", "logs").report["project"] == PROJECT


def test_budget_ends_the_run_and_the_next_one_goes_on(job, make_logs):
    logs = make_logs([log(number) for number in range(20)])
    finished = job.perform(logs, "--max-records", "5", status=75, texts=["its limit of records", "--max-records"])
    assert (finished.report["stop_reason"], finished.report["tagging"]) == ("records", "notDrained")
    assert not job.file.exists() and logs.inserted == {}
    calls = job.calls()
    assert 5 <= calls <= 6
    logs.rows.append(log(20))
    report = job.perform(logs).report
    assert report["resumed_logs"] == 20 and report["logs"] == 21 and len(job.lines) == 21
    assert job.calls() <= 22 and len(logs.inserted["d-billing"]) == 21


@pytest.fixture
def slow_job(tmp_path):
    services = Services("--latency", "100ms")
    job = TagAndPush(tmp_path, services)
    yield job
    job.close()
    services.close()


def test_kill_pays_nothing_twice(slow_job, make_logs):
    job, logs = slow_job, make_logs([log(number) for number in range(120)])
    killed = 0
    for calls in (20, 60):
        running = job.start(*job.flags(logs, "--lease", "10s"))
        eventually("some calls", lambda calls=calls: job.calls() >= calls)
        assert running.kill().status == KILLED
        killed += 1
        stopped = job.perform(logs, "--lease", "10s", status=75, texts=["another run", "is at work", "if it was killed, after 20"])
        assert stopped.report["stop_reason"] == "lease"
        eventually("the lease runs out", lambda: job.run(*job.flags(logs, "--phase", "push")).status != 75, 30)
    job.perform(logs, "--lease", "10s")
    assert len(job.lines) == 120 and len(logs.inserted["d-billing"]) == 120
    assert job.calls() <= 120 + killed * 8


def test_signal_while_reading(job, make_logs):
    logs = make_logs([log(number) for number in range(60)], page=2, delay=0.05)
    running = job.start(*job.flags(logs))
    eventually("some pages", lambda: logs.answered > 5)
    running.send(signal.SIGTERM)
    report = running.finish().expect(75).report
    assert report["stop_reason"] == "signal" and 0 < report["logs"] < 60
    again = job.perform(logs).report
    assert again["resumed_logs"] == report["logs"] and again["logs"] == 60


@pytest.mark.parametrize("phase", ["all", "push"])
def test_the_push_has_no_more_time_than_the_run(job, make_logs, phase):
    logs = make_logs([log(1)])
    if phase == "push":
        job.perform(logs, "--phase", "init")
    logs.insert_faults = [(503, b"later")] * 1000
    started = time.monotonic()
    finished = job.perform(
        logs, "--phase", phase, "--max-duration", "4s", "--shutdown-grace", "1s", status=75)
    assert finished.report["stop_reason"] == "duration" and 4 <= time.monotonic() - started < 20
    assert len(logs.insert_faults) < 1000 and logs.inserted == {} and len(job.lines) == 1
    logs.insert_faults.clear()
    assert job.perform(logs, "--phase", "push").report["totals"]["inserted"] == 2


def test_two_at_once(slow_job, make_logs):
    job, logs = slow_job, make_logs([log(number) for number in range(60)])
    runs = [job.start(*job.flags(logs)) for _ in range(2)]
    assert sorted(running.finish().status for running in runs) == [0, 75]
    assert job.calls() == 60 and len(job.lines) == 60 and len(logs.inserted["d-billing"]) == 60


@pytest.mark.parametrize("content", [b"\xff\xfe no text\n", b'{"half":', b"[]\n"])
def test_a_corrupt_file_is_told(job, make_logs, content):
    logs = make_logs([log(1)])
    job.perform(logs, "--phase", "init")
    job.file.write_bytes(content + b"\n" + job.file.read_bytes())
    job.perform(logs, "--phase", "push", status=65, texts=["no JSON objects"])
    assert len(logs.inserted["d-billing"]) == 1


def test_a_file_that_another_program_wrote(job, make_logs):
    """With a byte order mark, spaces, line ends of another system, and without the last one."""
    job.file.parent.mkdir()
    records = [
        {"id": f"i-{n}", "input": {"a": [n, " "]}, "relevant_tags": ["billing"], "tagging": {"id": f"i-{n}"}}
        for n in range(3)
    ]
    job.file.write_text("\r\n".join(json.dumps(record) for record in records), encoding="utf-8-sig")
    logs = make_logs()
    assert job.perform(logs, "--phase", "push").report["totals"]["inserted"] == 6
    assert [row["input"] for row in logs.inserted["d-billing"].values()] == [record["input"] for record in records]


@pytest.mark.parametrize("tags", ['"billing"', '{"a":1}', "null"])
def test_tags_that_are_no_list(job, make_logs, tags):
    job.file.parent.mkdir()
    good = '{"id":"a","input":1,"relevant_tags":["billing","billing"],"tagging":{"id":"a"}}'
    job.file.write_text(good.replace('["billing","billing"]', tags) + "\n" + good + "\n")
    logs = make_logs()
    report = job.perform(logs, "--phase", "push").report
    assert report["faults"] == {"relevant_tags_no_list": 1} and len(logs.inserted["d-billing"]) == 1


def test_an_older_file_is_replaced_whole(job, make_logs):
    job.file.parent.mkdir()
    job.file.write_text("old\n")
    job.perform(make_logs([log(1)]))
    assert len(job.lines) == 1


@pytest.mark.parametrize("file", ["gs://bucket/tagged_logs.jsonl", "file:///shared/tagged_logs.jsonl"])
def test_the_file_is_on_a_disk(job, make_logs, file):
    logs = make_logs([log(1)])
    job.perform(logs, "--tagged-logs-file", file, status=64, texts=["--tagged-logs-file", "on a disk"])
    assert logs.queries == [] and job.calls() == 0


@pytest.mark.parametrize("phase", ["init", "push", "all"])
def test_a_directory_where_the_file_should_be(job, make_logs, phase):
    job.file.mkdir(parents=True)
    logs = make_logs([log(1)])
    job.perform(logs, "--phase", phase, status=73, texts=["is a directory"])
    assert logs.queries == [] and job.calls() == 0


def test_a_pipe_is_not_replaced_by_the_file(job, make_logs):
    job.file.parent.mkdir()
    os.mkfifo(job.file)
    job.perform(make_logs([log(1)]), status=73, texts=["is no regular file"])
    assert job.file.is_fifo() and job.calls() == 0


def test_a_key_that_claude_refuses(job, make_logs):
    logs = make_logs([log(1)])
    finished = job.perform(logs, "--anthropic-api-key", "wrong-key", status=77)
    assert finished.report["tagging"] == "noPermission" and "Claude" in finished.report["failure"]
    assert finished.errors.count(finished.report["failure"]) == 1


def test_a_file_where_the_folder_should_be(job, make_logs):
    job.file.parent.write_text("a file")
    finished = job.run(*job.flags(make_logs([log(1)])))
    assert finished.status in (1, 70, 73) and "shared" in finished.errors
