"""Backup and tag-and-push against a stand-in that is strict about queries: logs in several pages, of a window, in their order,
also when answers are so large that they lie elsewhere."""

import csv
import json

import pytest

from harness.daily import DAY, Backup, TagAndPush
from harness.services import Services

SEVERAL, MANY = 1200, 100_000  # a page is 1,000
OUTSIDE = [("before", "2026-11-12T23:59:59.999Z"), ("after", "2026-11-20T00:00:00.000Z")]


@pytest.fixture(scope="module", params=[None, "20000"], ids=["", "elsewhere"])
def services(request):
    options = ("--query-bytes-max", request.param) if request.param else ()
    services = Services("--latency", "0ms", *options)
    try:
        yield services
    finally:
        services.close()


@pytest.fixture(params=[Backup, TagAndPush], ids=lambda kind: kind.name)
def job(request, services, directory, tmp_path):
    job = request.param(services, directory, tmp_path, count=SEVERAL)
    yield job
    job.close()
