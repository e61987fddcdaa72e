"""Tagged interactions go to the Braintrust datasets that want them, each once."""

import base64
import datetime
import gzip
import hashlib
import json
import struct

import braintrust
import pytest
from braintrust.logger import BraintrustState

from harness.datasets import Braintrust, Pusher, line, marker, tagged, write_tagged
from harness.judging import Judge
from harness.records import DATE
from harness.services import KEY, Services

TOPIC = "raw-interactions"


def row_id(dataset, interaction):
    digest = hashlib.sha256()
    for part in (b"dataset-row-1", dataset.encode(), interaction.encode()):
        digest.update(struct.pack("<Q", len(part)) + part)
    return base64.b32encode(digest.digest()).decode().lower().rstrip("=")


# What goes where


def test_each_record_goes_where_it_is_wanted(pusher, api, project, directory):
    one, both, none = (api.dataset(project, text) for text in (marker("a"), marker("b", "a"), "of something else"))
    stem = write_tagged(directory, TOPIC, [tagged(1), tagged(2, ["b", "z"]), tagged(3, []), tagged(4, ["z"])])
    report = pusher.push().report
    rows = api.rows(one)
    assert list(rows) == ["i-1"] and set(api.rows(both)) == {"i-1", "i-2"} and api.rows(none) == {}
    row = rows["i-1"]
    assert row["id"] == row_id(one, "i-1")
    assert (row["input"], row["expected"], row["tags"]) == ({"question": 1}, "answer 1", ["a"])
    assert row["metadata"] == {
        "interaction_id": "i-1", "topic": TOPIC, "date": DATE, "hour": 9, "file": stem, "line": 1,
        "relevant_tags": ["a"], "tag_model": "claude",
    }
    assert report["status"] == "success"
    assert {entry["id"]: entry["counts"]["inserted"] for entry in report["datasets"]} == {one: 1, both: 2}
    assert report["days"] == [
        {"date": DATE, "files": 1, "records": 4, "faults": {}, "other_tags": 0, "without_verdict": 2, "verdicts": 0},
    ]
    assert any(name.startswith(f"_runs/{TOPIC}/") for name in directory.names())


def test_a_bucket_is_as_good(services, bucket, api, project):
    dataset = api.dataset(project, marker("a"))
    write_tagged(bucket, TOPIC, [tagged(1)])
    pusher = Pusher(services, bucket, TOPIC, project)
    try:
        pusher.push()
        pusher.push()
    finally:
        pusher.close()
    assert list(api.rows(dataset)) == ["i-1"]


def test_verdicts_are_joined(pusher, api, project, directory):
    dataset = api.dataset(project, marker("a"))
    stem = write_tagged(directory, TOPIC, [tagged(1), tagged(2)])
    verdict = {
        "id": "i-2", "hour": 9, "file": stem, "line": 2, "status": "judged", "verdict": "unsafe", "severity": "high",
        "categories": ["prompt_injection"], "evidence": "x", "confidence": 0.9, "model": "m", "prompt": "judge-1",
    }
    directory.write(
        f"judged/{TOPIC}/{DATE}/verdicts-00000.jsonl.gz", gzip.compress(line(verdict) + b"\n"))
    pusher.push()
    rows = api.rows(dataset)
    assert "verdict" not in rows["i-1"]["metadata"]
    found = {key: rows["i-2"]["metadata"][key] for key in ("verdict", "severity", "categories", "judge_prompt")}
    assert found == {
        "verdict": "unsafe", "severity": "high", "categories": ["prompt_injection"], "judge_prompt": "judge-1",
    }


@pytest.mark.parametrize("prefix", ["", "security"])
def test_rows_wait_for_the_verdicts_of_a_judge_that_has_begun(pusher, api, project, directory, prefix):
    dataset = api.dataset(project, marker("a"))
    yesterday = str(datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(1))
    stem = write_tagged(directory, TOPIC, [tagged(1)], date=yesterday)
    place, flags = (f"{prefix}/", ("--gcs-output-prefix", prefix)) if prefix else ("", ())
    state = {"version": 1, "rounds": [{"files": [f"raw/{TOPIC}/{yesterday}/{stem}.jsonl.gz"]}], "is_reported": False}
    directory.write(f"{place}judge/{TOPIC}/{yesterday}/state.json", json.dumps(state).encode())
    finished = pusher.push("--days", "3", *flags)
    assert finished.report["files_waiting"] == 1 and api.rows(dataset) == {} and "wait for the judge" in finished.errors
    verdict = {"file": stem, "line": 1, "status": "judged", "verdict": "unsafe", "severity": "high", "categories": []}
    directory.write(f"{place}judged/{TOPIC}/{yesterday}/verdicts-00000.jsonl.gz", gzip.compress(line(verdict) + b"\n"))
    directory.write(f"{place}judge/{TOPIC}/{yesterday}/state.json", json.dumps({**state, "is_reported": True}).encode())
    report = pusher.push("--days", "3", *flags).report
    assert api.rows(dataset)["i-1"]["metadata"]["verdict"] == "unsafe" and report["days"][0]["without_verdict"] == 0


def test_the_judge_first_and_then_the_push(directory):
    yesterday = str(datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(1))
    services = Services("--store", directory.url, "--batch-delay", "0s")
    judge = Judge(directory, services, TOPIC)
    api = Braintrust(services)
    project = api.project()
    dataset, pusher = api.dataset(project, marker("a")), Pusher(services, directory, TOPIC, project)
    try:
        judge.raw([{"id": "i-1", "input": "hello", "output": "x"}], hour=9, date=yesterday)
        judge.seal(date=yesterday)
        write_tagged(directory, TOPIC, [tagged(1)], date=yesterday)
        judge.run("trigger", "--from", yesterday, "--to", yesterday)
        assert pusher.push("--days", "3").report["files_waiting"] == 1
        judge.run("collect", "--wait", "--from", yesterday, "--to", yesterday)
        assert pusher.push("--days", "3").report["files_waiting"] == 0
        assert api.rows(dataset)["i-1"]["metadata"]["verdict"]
    finally:
        judge.close()
        pusher.close()
        services.close()


def test_values_arrive_as_they_are(pusher, api, project, directory):
    dataset = api.dataset(project, marker("a"))
    values = [
        None, "", [], {}, [1, None, {"a": []}], {"id": None}, {"deep": [[[[{"x": "日本\u2028\n\"\\"}]]]]}, 1.5, True, 2**53,
    ]
    write_tagged(directory, TOPIC, [tagged(n, input=value, output=value) for n, value in enumerate(values)])
    pusher.push()
    rows = api.rows(dataset)
    for number, value in enumerate(values):
        row = rows[f"i-{number}"]
        assert (row["input"], row["expected"]) == (value, value)


@pytest.mark.parametrize("identity", ["with\nnewline", "it's \"quoted\" | limit: 0", "日本 é", 17, "17", "x" * 1000, "\\"])
def test_ids_of_all_kinds(pusher, api, project, directory, identity):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(1, id=identity)])
    for _ in range(2):
        pusher.push()
        assert list(api.rows(dataset)) == [str(identity)]


def test_records_without_an_id_of_two_topics(pusher, api, project, directory):
    """They are known by their place, which both topics have; ids of their own are what they are in every topic."""
    dataset = api.dataset(project, marker("a"))
    for topic in (TOPIC, "another"):
        stem = f"09-p00000-{0:020}-{2:020}"
        nameless = tagged(1, input=topic)
        nameless["tagging"]["id"] = f"{stem}-1"
        assert write_tagged(directory, topic, [nameless, tagged(2)]) == stem
        pusher.push("--kafka-topic", topic)
        pusher.push("--kafka-topic", topic)
    rows = api.call("POST", f"/v1/dataset/{dataset}/fetch", json={"limit": 10})["events"]
    assert sorted(row["id"] for row in rows) == sorted(
        row_id(dataset, identity) for identity in (f"{TOPIC}/{stem}-1", f"another/{stem}-1", "i-2"))


# Datasets as people leave them


def test_descriptions_of_all_kinds(pusher, api, project, directory, services):
    descriptions = {
        "plain": marker("a"), "case": '[[ReLeVaNt_TaGs:["a"]]]', "spaces": '[[\n relevant_tags :\n[ "a" , ] ]]',
        "twice": f"{marker('b')} {marker('a')}", "duplicates": marker("a", "a", " a "), "brackets": marker("a", "]]]"),
        "none": "nothing", "empty": "[[relevant_tags: []]]", "single": '[relevant_tags: ["a"]]',
        "unterminated": '[[relevant_tags: ["a"', "number": "[[relevant_tags: [5]]]", "blank": "",
    }
    datasets = {name: api.dataset(project, text, name) for name, text in descriptions.items()}
    datasets["null"] = api.dataset(project, None, "null")
    listed = json.loads(pusher.run("datasets", "--json").output)["datasets"]
    understood = {entry["name"]: entry for entry in listed}
    assert set(understood) == set(datasets)
    wanting = {"plain", "case", "spaces", "twice", "duplicates", "brackets"}
    for name, entry in understood.items():
        assert ("a" in entry["tags"]) == (name in wanting), entry
        assert bool(entry["remarks"]) == (name not in wanting), entry
        assert entry["id"] == datasets[name]
    table = pusher.run("datasets").output
    assert "6 of 13 datasets want tags" in table and "single brackets" in table
    write_tagged(directory, TOPIC, [tagged(1)])
    report = pusher.push().report
    assert report["datasets_without_tags"] == 7
    for name, dataset in datasets.items():
        assert len(api.rows(dataset)) == (name in wanting), name


def test_no_dataset_wants_anything(pusher, api, project, directory):
    api.dataset(project, "nothing")
    write_tagged(directory, TOPIC, [tagged(1)])
    assert "no dataset asks for tags" in pusher.push().errors


def test_what_is_there_stays(pusher, api, project, directory):
    """By its id, or by `input.id` as an older convention has it; and rows of any other shape do no harm."""
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(6)] + [tagged(0, id=17), tagged(0, id=18)])
    api.insert(
        dataset, {"id": row_id(dataset, "i-0"), "input": "x", "expected": "edited by somebody"},
        {"id": "old-1", "input": {"id": "i-1"}, "expected": "older"}, {"id": "old-17", "input": {"id": 17}},
        {"id": "null", "input": None}, {"id": "list", "input": ["i-2"]}, {"id": "text", "input": "i-3"},
        {"id": "other", "input": {"name": "i-4"}}, {"id": "nested", "input": {"id": {"id": "i-5"}}}, {"input": {}},
    )
    report = pusher.push().report
    counts = report["totals"]
    assert (counts["matched"], counts["existing"], counts["inserted"]) == (8, 3, 5)
    rows = api.rows(dataset)
    assert {"i-2", "i-3", "i-4", "i-5", "18"} <= set(rows)
    assert not {"i-1", "17"} & set(rows)
    assert rows[row_id(dataset, "i-0")]["expected"] == "edited by somebody"


def test_rows_without_id(pusher, api, project, directory, services):
    """The convention of old finds its rows by `input.id` alone."""
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(4)])
    rows = [{"input_id": "i-0"}, {"id": None, "input_id": None}, {"id": ["i-1"], "input_id": {"id": "i-2"}}, {}]
    services.script({"route": "btql", "body": {"data": rows, "cursor": None}})
    counts = pusher.push().report["totals"]
    assert (counts["existing"], counts["inserted"]) == (1, 3)
    assert set(api.rows(dataset)) == {"i-1", "i-2", "i-3"}


def test_edits_survive_every_later_push(pusher, api, project, directory):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(n) for n in range(3)])
    pusher.push()
    api.insert(dataset, {"id": row_id(dataset, "i-1"), "_is_merge": True, "expected": "better"})
    write_tagged(directory, TOPIC, [tagged(7)], hour=10, late=True)
    pusher.push()
    rows = api.rows(dataset)
    assert len(rows) == 4 and rows["i-1"]["expected"] == "better"


def test_records_that_cannot_be_pushed(pusher, api, project, directory, tmp_path):
    dataset = api.dataset(project, marker("a", "b"))
    write_tagged(directory, TOPIC, [
        tagged(1), tagged(2, "ab"), tagged(3, {"a": 1}), tagged(4, None), tagged(5, ["a", 5, "a"]), b"not json",
        b'{"relevant_tags":["a"]}', b"{}",
    ])
    metrics = tmp_path / "push.prom"
    finished = pusher.push("--push-metrics-file", str(metrics))
    for sample in ('faults{{{},fault="relevant_tags_no_list"}} 3', 'rows{{{},state="inserted"}} 2'):
        assert "batch_judge_push_" + sample.format(f'topic="{TOPIC}"') in metrics.read_text()
    assert finished.report["days"][0]["faults"] == {
        "relevant_tags_no_list": 3, "unreadable": 1, "no_id": 1, "no_relevant_tags": 1,
    }
    assert set(api.rows(dataset)) == {"i-1", "i-5"}
    assert "relevant_tags_no_list" in finished.errors and "not json" not in finished.errors


def test_rows_that_are_too_large(pusher, api, project, directory, services):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(1), tagged(2, input="x" * (7 << 20)), tagged(3)])
    for _ in range(2):
        assert pusher.push().report["totals"]["dead_letters"] == 1
        assert set(api.rows(dataset)) == {"i-1", "i-3"}
    name = f"datasets/_dead-letter/{TOPIC}/{dataset}-{row_id(dataset, 'i-2')}.json"
    kept = directory.json(name)
    assert kept["reason"] == "too_large" and len(kept["row"]["input"]) == 7 << 20


# Later runs


def test_late_files_and_datasets_that_change(pusher, api, project, directory, services):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(1), tagged(2, ["b"])])
    days = ("--days", "366")
    assert pusher.push(*days).report["totals"]["inserted"] == 1
    services.forget()
    assert pusher.push(*days).report["days"] == []
    assert services.called("btql") == 0
    write_tagged(directory, TOPIC, [tagged(3)], hour=10, late=True)
    assert pusher.push(*days).report["days"][0]["records"] == 1
    another = api.dataset(project, marker("b"))
    assert pusher.push(*days).report["totals"]["inserted"] == 1
    assert set(api.rows(dataset)) == {"i-1", "i-3"} and set(api.rows(another)) == {"i-2"}


def test_a_dry_run_says_what_would_go_where(pusher, api, project, directory, tmp_path):
    dataset = api.dataset(project, marker("a"), "the one")
    api.insert(dataset, {"id": row_id(dataset, "i-1"), "input": 1})
    write_tagged(directory, TOPIC, [tagged(1), tagged(2)])
    before = directory.names()
    finished = pusher.push("--dry-run", "--push-metrics-file", str(tmp_path / "push.prom"))
    assert not (tmp_path / "push.prom").exists()
    assert finished.report["datasets"][0]["counts"] == {"matched": 2, "existing": 1, "inserted": 1, "dead_letters": 0}
    assert "would push" in finished.errors and "the one" in finished.errors
    assert directory.names() == before and len(api.rows(dataset)) == 1


def test_days_without_tagged_files_are_told(pusher, api, project, directory):
    dataset = api.dataset(project, marker("a"))
    write_tagged(directory, TOPIC, [tagged(1)])
    (told,) = pusher.push("--date", "2001-02-03").logged("nothing is tagged of the days asked for")
    assert "2001-02-03" in told and api.rows(dataset) == {}


# Others


def test_the_official_package_reads_what_was_pushed(pusher, api, project, directory, services, monkeypatch):
    name = api.call("GET", f"/v1/project/{project}")["name"]
    api.dataset(project, marker("a"), "for-the-package")
    write_tagged(directory, TOPIC, [tagged(n) for n in range(5)])
    pusher.push()
    monkeypatch.setenv("BRAINTRUST_API_KEY", KEY)
    monkeypatch.setenv("BRAINTRUST_APP_URL", services.braintrust)
    state = BraintrustState()
    state.login()
    dataset = braintrust.init_dataset(project=name, name="for-the-package", state=state)
    rows = {row["metadata"]["interaction_id"]: row for row in dataset}
    assert {key: (row["input"], row["expected"], row["tags"]) for key, row in rows.items()} == {
        f"i-{n}": ({"question": n}, f"answer {n}", ["a"]) for n in range(5)
    }


def test_many_rows_are_there(pusher, api, project, directory, services):
    """The dataset is asked for ids, and never read."""
    name = f"large-{project}"
    api.dataset(project, marker("a"), name)
    services.control("POST", "/fill", {"dataset": name, "count": 20_000, "row": {"id": "row-{n}", "input": {"id": "i-{n}"}}})
    write_tagged(directory, TOPIC, [tagged(n) for n in range(19_990, 20_010)])
    services.forget()
    assert pusher.push().report["totals"]["existing"] == 10
    assert services.called("dataset.fetch") == 0
    assert services.called("btql") == 1
