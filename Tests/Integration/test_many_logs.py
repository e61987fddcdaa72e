"""A hundred thousand logs: backed up, tagged, pushed, in a memory that does not grow with them."""

import json

import pytest

from harness.daily import DAY, Backup, TagAndPush
from harness.services import Services

COUNT = 100_000
WANTED = 3000  # of which a dataset wants the tag
MEMORY = 150 << 20


@pytest.fixture
def services():
    services = Services("--latency", "0ms")
    try:
        yield services
    finally:
        services.close()


def run(job, *flags):
    running = job.start(*flags)
    peak = running.peak_memory()
    assert 0 < peak < MEMORY
    return running.finish().expect(0).report


def fill(job):
    job.fill_logs(COUNT - WANTED, DAY, "2026-11-16", id="i-{n}", input="hello", output="fine")
    job.fill_logs(WANTED, DAY, "2026-11-16", id="wanted-{n}", input="billing", output="fine")
    return [f"i-{number}" for number in range(COUNT - WANTED)] + [f"wanted-{number}" for number in range(WANTED)]


def test_backup(make_job, services, directory, tmp_path):
    job = make_job(Backup, services, directory, tmp_path, count=0)
    ids = fill(job)
    report = run(job)
    assert (report["rows"], report["pages"], report["resumed_rows"]) == (COUNT, 100, 0)
    assert [record["id"] for record in job.records()] == ids


def test_logs_are_read_and_tagged(make_job, services, directory, tmp_path):
    job = make_job(TagAndPush, services, directory, tmp_path, count=0)
    ids = fill(job)
    report = run(job, "--phase", "init")
    assert (report["logs"], report["pages"], report["tagging"]) == (COUNT, 100, "success")
    records = job.records()
    assert [record["id"] for record in records] == ids
    assert [record["id"] for record in records if record["relevant_tags"]] == ids[-WANTED:]
    assert services.called("messages") == 2, "equal contents are asked about once"


def test_tagged_logs_are_pushed(make_job, services, directory, tmp_path):
    job = make_job(TagAndPush, services, directory, tmp_path, count=0)
    with open(job.file, "w") as file:
        for number in range(COUNT):
            tags = ["billing"] if number % (COUNT // WANTED) == 0 else ["of no dataset"]
            record = {"id": f"i-{number}", "input": "x", "relevant_tags": tags, "tagging": {"id": f"i-{number}"}}
            file.write(json.dumps(record) + "\n")
    report = run(job, "--phase", "push")
    assert report["records"] == COUNT
    expected = {f"i-{number}" for number in range(0, COUNT, COUNT // WANTED)}
    assert set(job.api.rows(job.dataset)) == expected
    assert report["totals"]["inserted"] == len(expected)
    assert run(job, "--phase", "push")["totals"]["existing"] == len(expected)
