"""A hundred thousand logs: backed up, tagged, pushed, in a memory that does not grow with them."""

import json

import pytest

from harness.daily import DAY, Backup, TagAndPush
from harness.services import Services

COUNT = 100_000
WANTED = 3000  # of which a dataset wants the tag
MEMORY = 150 << 20
SECONDS = 300


@pytest.fixture
def services():
    services = Services("--latency", "0ms")
    try:
        yield services
    finally:
        services.close()


def made(request, kind, services, directory, tmp_path):
    job = kind(services, directory, tmp_path, count=0)
    request.addfinalizer(job.close)
    return job


def fill(job):
    job.fill_logs(COUNT - WANTED, DAY, "2026-11-16", id="i-{n}", input="hello", output="fine")
    job.fill_logs(WANTED, DAY, "2026-11-16", id="wanted-{n}", input="billing", output="fine")
    return [f"i-{number}" for number in range(COUNT - WANTED)] + [f"wanted-{number}" for number in range(WANTED)]


def test_backup(request, services, directory, tmp_path):
    job = made(request, Backup, services, directory, tmp_path)
    ids = fill(job)
    report = job.run(seconds=SECONDS).report
    assert (report["rows"], report["pages"], report["resumed_rows"]) == (COUNT, 100, 0)
    assert report["peak_memory_bytes"] < MEMORY
    assert [record["id"] for record in job.records()] == ids


def test_logs_are_read_and_tagged(request, services, directory, tmp_path):
    job = made(request, TagAndPush, services, directory, tmp_path)
    ids = fill(job)
    report = job.run("--phase", "init", seconds=SECONDS).report
    assert (report["logs"], report["pages"], report["tagging"]) == (COUNT, 100, "success")
    assert report["peak_memory_bytes"] < MEMORY
    records = job.records()
    assert [record["id"] for record in records] == ids
    assert [record["id"] for record in records if record["relevant_tags"]] == ids[-WANTED:]
    assert services.called("messages") == 2, "equal contents are asked about once"


def test_tagged_logs_are_pushed(request, services, directory, tmp_path):
    job = made(request, TagAndPush, services, directory, tmp_path)
    with open(job.file, "w") as file:
        for number in range(COUNT):
            tags = ["billing"] if number % (COUNT // WANTED) == 0 else ["of no dataset"]
            record = {"id": f"i-{number}", "input": "x", "relevant_tags": tags, "tagging": {"id": f"i-{number}"}}
            file.write(json.dumps(record) + "\n")
    report = job.run("--phase", "push", seconds=SECONDS).report
    assert report["records"] == COUNT and report["peak_memory_bytes"] < MEMORY
    expected = {f"i-{number}" for number in range(0, COUNT, COUNT // WANTED)}
    assert set(job.api.rows(job.dataset)) == expected
    assert report["totals"]["inserted"] == len(expected)
    assert job.run("--phase", "push", seconds=SECONDS).report["totals"]["existing"] == len(expected)
