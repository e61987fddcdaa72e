"""The stand-in for Braintrust answers queries as the service is known to, in text, as a tree and in SQL."""

import json
import time

import braintrust
import pytest
import requests
from braintrust.logger import BraintrustState

from harness.services import KEY, Services

ROWS = 30_000
HEADERS = {"Authorization": f"Bearer {KEY}"}
SEED = {
    "dataset": [
        {
            "project_name": "p", "name": "small",
            "events": [{"id": f"r{n}", "input": {"id": f"i-{n}", "n": n}, "expected": n % 2} for n in range(7)],
        },
        {"project_name": "p", "name": "large"},
    ],
    "project_logs": [{"project_name": "p", "events": []}],
}


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    seed = tmp_path_factory.mktemp("seed") / "seed.json"
    seed.write_text(json.dumps(SEED))
    services = Services("--seed", str(seed))
    services.control("POST", "/fill", {"dataset": "large", "count": ROWS, "row": {"id": "row-{n}", "input": {"id": "i-{n}"}}})
    services.control(
        "POST", "/fill",
        {
            "project_logs": "p", "count": 1000, "row": {"id": "log-{n}", "input": "question {n}", "output": "answer"},
            "since": "2026-11-01T00:00:00Z", "until": "2026-11-11T00:00:00Z",
        },
    )
    try:
        yield services
    finally:
        services.close()


def post(services, query, expect=200, **options):
    answer = requests.post(
        services.braintrust + "/btql", json={"query": query, **options}, headers=HEADERS, timeout=60,
        allow_redirects=False,
    )
    assert answer.status_code == expect, answer.text
    return answer


@pytest.fixture
def query(services):
    return lambda text, **options: post(services, text, **options).json()


def test_columns_in_text_and_sql(query):
    expected = [{"id": "r1", "input_id": "i-1"}, {"id": "r3", "input_id": "i-3"}]
    for text in (
        "select: id, input.id as input_id | from: dataset('small') | filter: id in ('r1') or input.id in ('i-3', 'x') "
        "| sort: _pagination_key asc",
        "SELECT id, input.id AS input_id FROM dataset('small') WHERE id IN ('r1') OR input.id IN ('i-3', 'x') "
        "ORDER BY _pagination_key LIMIT 10",
    ):
        assert query(text)["data"] == expected


def test_columns_by_tree(query):
    def name(*path):
        return {"op": "ident", "name": list(path)}

    tree = {
        "select": [
            {"alias": "version", "expr": {"op": "function", "name": name("max"), "args": [name("_xact_id")]}},
            {"alias": "count", "expr": {"op": "function", "name": name("count"), "args": [{"op": "star"}]}},
        ],
        "from": {"op": "function", "name": name("dataset"), "args": [{"op": "literal", "value": "small"}]},
    }
    (found,) = query(tree)["data"]
    assert found == query("SELECT max(_xact_id) AS version, count(*) AS count FROM dataset('small')")["data"][0]
    assert found["count"] == 7 and isinstance(found["version"], str)


def test_versions_that_the_package_pins(services, monkeypatch):
    monkeypatch.setenv("BRAINTRUST_API_KEY", KEY)
    monkeypatch.setenv("BRAINTRUST_APP_URL", services.braintrust)
    state = BraintrustState()
    state.login()
    dataset = braintrust.init_dataset(project="p", name="small", state=state)
    assert sorted(row["id"] for row in dataset.fetch(batch_size=3)) == [f"r{n}" for n in range(7)]


@pytest.mark.parametrize("form", ["pipes", "sql"])
def test_pages_by_cursor(query, form):
    ids, cursor = [], None
    while True:
        if form == "pipes":
            tail = f" | cursor: '{cursor}'" if cursor else ""
            page = query("select: id | from: dataset('small') | sort: _pagination_key asc | limit: 3" + tail)
        else:
            tail = f" OFFSET '{cursor}'" if cursor else ""
            page = query("SELECT id FROM dataset('small') ORDER BY _pagination_key ASC LIMIT 3" + tail)
        ids += [row["id"] for row in page["data"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert ids == [f"r{n}" for n in range(7)]


def test_ids_of_a_large_dataset_are_found_at_once(query):
    wanted = ", ".join(f"'row-{n}'" for n in range(0, ROWS, ROWS // 250))
    inputs = ", ".join(f"'i-{n}'" for n in range(1, ROWS, ROWS // 250))
    start = time.monotonic()
    found = query(f"select: id | from: dataset('large') | filter: id in ({wanted}) or input.id in ({inputs})")["data"]
    assert len(found) == 500 and time.monotonic() - start < 5
    assert query("select: count(1) as n | from: dataset('large')")["data"] == [{"n": ROWS}]


def test_logs_of_some_days(query):
    day = "created >= '2026-11-03T00:00:00Z' and created < '2026-11-04T00:00:00Z'"
    rows, last = [], ""
    while True:
        page = query(
            f"select: * | from: project_logs('p') spans | filter: {day} and _pagination_key > '{last}' "
            "| sort: _pagination_key asc | limit: 40",
            lint_mode="strict",
        )["data"]
        if not page:
            break
        rows += page
        last = page[-1]["_pagination_key"]
    assert [row["id"] for row in rows] == [f"log-{n}" for n in range(200, 300)]


@pytest.mark.parametrize(
    "text",
    [
        "select: id, count(1) | from: dataset('small')", "select: * | from: dataset('small') | sort: id | cursor: 'p1'",
        "SELECT * FROM dataset('small') OFFSET 10", "SELECT * FROM dataset('small') GROUP BY id",
        "select: * | from: dataset('small') | dimensions: id", "select: * | from: dataset('small') | cursor: 'x'",
        "select: * from: dataset('small') | filter: id = \"r1", "DROP TABLE dataset",
    ],
)
def test_queries_that_are_refused(services, text):
    assert post(services, text, 400).json()["Message"]


def test_limit_of_queries(tmp_path):
    services = Services("--queries-per-minute", "2")
    try:
        for expected in (404, 404, 429):
            answer = post(services, "from: dataset('d')", expected)
            assert answer.json()["Message"]
        assert 0 < int(answer.headers["Retry-After"]) <= 60
    finally:
        services.close()


def test_large_answers_are_elsewhere(tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    services = Services("--seed", str(seed), "--query-bytes-max", "1000")
    try:
        answer = post(services, "select: * | from: dataset('small') | limit: 4", 303)
        assert answer.headers["x-bt-cursor"]
        result = requests.get(answer.headers["Location"], timeout=30)
        assert len(result.json()["data"]) == 4 and "cursor" not in result.json()
        assert requests.get(answer.headers["Location"], headers=HEADERS, timeout=30).status_code == 400
        assert len(post(services, "select: id | from: dataset('small')").json()["data"]) == 7
    finally:
        services.close()
