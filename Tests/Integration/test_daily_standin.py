"""Backup and tag-and-push ask a stand-in that is strict about queries, for a few pages of logs."""

import pytest

from harness.daily import Backup, TagAndPush
from harness.services import Services


@pytest.fixture(scope="module", params=[(), ("--query-bytes-max", "50000")], ids=["", "elsewhere"])
def services(request):
    """Answers come as they are, or are fetched from where a redirect leads."""
    services = Services("--latency", "0ms", *request.param)
    try:
        yield services
    finally:
        services.close()


@pytest.fixture(params=[Backup, TagAndPush], ids=lambda kind: kind.name)
def job(request, make_job, services, directory, tmp_path):
    services.forget()
    return make_job(request.param, services, directory, tmp_path, count=0)


def test_all_logs_of_a_window(job):
    """A page is 1,000: these are two. Before and behind them are others."""
    values = {"input": "billing", "output": "fine", "metadata": {"ключ": 'say "{n}"\nby 日本', "list": [1, None]}}
    job.fill_logs(3000, "2026-11-10", "2026-11-25", id="i-{n}", **values)
    flags = ("--since", "2026-11-13", "--until", "2026-11-20") if isinstance(job, TagAndPush) else ()
    report = job.run(*flags).report
    assert (report["pages"], report["status"]) == (2, "success")
    expected = range(600, 2000)
    records = job.records()
    assert [record["id"] for record in records] == [f"i-{number}" for number in expected]
    for number, record in zip(expected, records):
        text = f'say "{number}"\nby 日本'
        if isinstance(job, TagAndPush):
            assert record["metadata"] == {"ключ": text, "list": [1, None]}
        else:
            assert (record["metadata.ключ"], record["metadata.list"]) == (text, "[1,null]")


def test_a_project_without_logs(job):
    finished = job.run()
    assert finished.logged("there are no logs") and job.records() == []


def test_a_project_that_does_not_exist(job):
    job.run("--braintrust-project-id", "nobody's", status=66, texts=["no project “nobody's”"])
    assert job.result() == [] and job.services.called("btql") == 0
