"""The stand-in for Braintrust is as the official package expects the service to be."""

import itertools
import json

import braintrust
import pytest
import requests
from braintrust.git_fields import GitMetadataSettings
from braintrust.logger import BraintrustState

from harness.services import KEY, Services

SEED = {
    "project_tag": [
        {"project_name": "seeded", "name": f"tag {number:02}", "description": f"Dataset-Tagging: number {number}"}
        for number in range(25)
    ]
    + [{"project_name": "seeded", "name": None, "description": None}],
    "dataset": [{"project_name": "seeded", "name": "there", "events": [{"id": "1", "input": "a"}]}],
    "project_logs": [{"project_name": "seeded", "events": [{"id": "log-1", "input": "a", "output": "b"}]}],
}
numbers = itertools.count()


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    seed = tmp_path_factory.mktemp("seed") / "seed.json"
    seed.write_text(json.dumps(SEED))
    services = Services("--seed", str(seed))
    try:
        yield services
    finally:
        services.close()


@pytest.fixture
def state(services, monkeypatch):
    """A login of the package that shares nothing with other tests."""
    monkeypatch.setenv("BRAINTRUST_API_KEY", KEY)
    monkeypatch.setenv("BRAINTRUST_APP_URL", services.braintrust)
    services.forget()
    state = BraintrustState()
    state.login()
    yield state
    state.flush()


@pytest.fixture
def http(services):
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {KEY}"

    def call(method, path, expect=200, **options):
        answer = session.request(method, services.braintrust + path, timeout=30, **options)
        assert answer.status_code == expect, answer.text
        return answer

    with session:
        yield call


def name(what):
    return f"{what} {next(numbers)}"


def make_dataset(http):
    project = http("POST", "/v1/project", json={"name": name("project")}).json()["id"]
    return http("POST", "/v1/dataset", json={"project_id": project, "name": "d"}).json()["id"]


def test_login(state, services):
    assert state.org_name == "devcloud"
    assert state.api_url == services.braintrust


def test_login_with_the_wrong_key(services, monkeypatch):
    monkeypatch.setenv("BRAINTRUST_APP_URL", services.braintrust)
    with pytest.raises(Exception, match="401|Unauthorized|Invalid|invalid"):
        BraintrustState().login(api_key="wrong")


def test_dataset_insert_flush_and_fetch(state):
    project = name("project")
    dataset = braintrust.init_dataset(project=project, name="d", description="first", state=state)
    ids = [dataset.insert(id=f"row-{n}", input={"n": n}, expected=n, tags=["t"], metadata={"m": n}) for n in range(5)]
    dataset.flush()
    again = braintrust.init_dataset(project=project, name="d", state=state)
    assert again.id == dataset.id and again.description == "first"
    rows = list(again.fetch(batch_size=2))
    assert sorted(row["id"] for row in rows) == sorted(ids) == [f"row-{n}" for n in range(5)]
    row = next(row for row in rows if row["id"] == "row-3")
    assert (row["input"], row["expected"], row["tags"], row["metadata"]) == ({"n": 3}, 3, ["t"], {"m": 3})
    assert row["_xact_id"] > "1000" and row["dataset_id"] == dataset.id


def test_rows_are_replaced_merged_and_deleted(http):
    dataset = make_dataset(http)

    def insert(*events):
        return http("POST", f"/v1/dataset/{dataset}/insert", json={"events": events}).json()["row_ids"]

    def fetch(**options):
        return http("POST", f"/v1/dataset/{dataset}/fetch", json=options).json()["events"]

    assert insert({"id": "a", "input": 1, "metadata": {"x": 1}}, {"id": "b", "input": 2}) == ["a", "b"]
    version = fetch()[0]["_xact_id"]
    insert({"id": "a", "_is_merge": True, "expected": 3, "metadata": {"y": 2}})
    (row,) = [row for row in fetch() if row["id"] == "a"]
    assert (row["input"], row["expected"], row["metadata"]) == (1, 3, {"x": 1, "y": 2})
    insert({"id": "a", "expected": 4}, {"id": "b", "_object_delete": True})
    (row,) = fetch()
    assert (row["id"], row.get("input"), row["expected"]) == ("a", None, 4)
    assert {row["id"] for row in fetch(version=version)} == {"a", "b"}
    assert len(insert({"input": "no id"})[0]) == 36


def test_fetch_in_pages_is_newest_first_without_repeats(http):
    dataset = make_dataset(http)
    for number in range(7):
        http("POST", f"/v1/dataset/{dataset}/insert", json={"events": [{"id": str(number)}]})
    ids, cursor = [], None
    for _ in range(4):
        page = http("POST", f"/v1/dataset/{dataset}/fetch", json={"limit": 2, "cursor": cursor}).json()
        ids += [row["id"] for row in page["events"]]
        cursor = page.get("cursor")
    assert (ids, cursor) == (["6", "5", "4", "3", "2", "1", "0"], None)


def test_project_tags_in_pages(http):
    names, after = [], None
    for _ in range(4):
        query = {"project_name": "seeded", "limit": 10} | ({"starting_after": after} if after else {})
        objects = http("GET", "/v1/project_tag", params=query).json()["objects"]
        names += [tag["name"] for tag in objects]
        after = objects[-1]["id"] if objects else after
    assert names == [None] + [f"tag {number:02}" for number in reversed(range(25))]
    (first,) = http("GET", "/v1/project_tag", params={"project_tag_name": "tag 03"}).json()["objects"]
    before = http("GET", "/v1/project_tag", params={"ending_before": first["id"], "limit": 2}).json()["objects"]
    assert [tag["name"] for tag in before] == ["tag 05", "tag 04"]
    both = http("GET", "/v1/project_tag", params={"ids": [first["id"], before[0]["id"]]}).json()["objects"]
    assert [tag["name"] for tag in both] == ["tag 05", "tag 03"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": -1}, {"limit": "many"}, {"starting_after": "nonsense"}, {"nonsense": 1}, {"project_id": "nonsense"},
        {"starting_after": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
        dict.fromkeys(["starting_after", "ending_before"], "0" * 8 + "-0000-0000-0000-" + "0" * 12),
    ],
    ids=str,
)
def test_queries_that_are_refused(http, query):
    http("GET", "/v1/project_tag", 400, params=query)


def test_tags_are_made_once_and_replaced_by_put(http):
    project = http("POST", "/v1/project", json={"name": name("project")}).json()["id"]
    tag = {"project_id": project, "name": "t", "description": "one"}
    made = http("POST", "/v1/project_tag", json=tag).json()
    again = http("POST", "/v1/project_tag", json=tag | {"description": "two"})
    assert again.json() == made and again.headers["x-bt-found-existing"] == "true"
    replaced = http("PUT", "/v1/project_tag", json=tag | {"description": "two"}).json()
    assert (replaced["id"], replaced["description"]) == (made["id"], "two")
    assert http("GET", f"/v1/project_tag/{made['id']}").json() == replaced
    http("POST", "/v1/project_tag", 400, json={"project_id": project})
    http("POST", "/v1/project_tag", 400, json=tag | {"project_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12})


@pytest.mark.parametrize(
    "event",
    [
        {"id": 1}, {"metadata": []}, {"tags": ["a", "a"]}, {"tags": "a"}, {"scores": {"s": 2}},
        {"origin": {"object_type": "nonsense"}}, "text",
    ],
    ids=str,
)
def test_rows_that_are_refused(http, event):
    dataset = make_dataset(http)
    http("POST", f"/v1/dataset/{dataset}/insert", 400, json={"events": [{"id": "good"}, event]})
    assert http("POST", f"/v1/dataset/{dataset}/fetch", json={}).json()["events"] == []


def test_experiment_and_logs(state):
    project = name("project")
    experiment = braintrust.init(
        project=project, experiment="e", state=state, git_metadata_settings=GitMetadataSettings(collect="none")
    )
    experiment.log(input="a", output="b", scores={"right": 1}, id="row")
    experiment.flush()
    logger = braintrust.init_logger(project=project, state=state, set_current=False)
    logger.log(input="question", output="answer", id="log-row")
    logger.flush()
    calls = state.api_conn().post("/v1/project_logs/" + logger.project.id + "/fetch", json={}).json()["events"]
    assert [(row["id"], row["output"]) for row in calls] == [("log-row", "answer")]
    rows = state.api_conn().post(f"/v1/experiment/{experiment.id}/fetch", json={}).json()["events"]
    assert [(row["id"], row["scores"]) for row in rows] == [("row", {"right": 1})]


def test_limits_of_size(tmp_path):
    services = Services("--row-bytes-max", "1000")
    try:
        headers = {"Authorization": f"Bearer {KEY}"}
        version = requests.get(services.braintrust + "/version", headers=headers, timeout=30).json()
        assert version["logs3_payload_max_bytes"] == 1000
        answer = requests.post(services.braintrust + "/logs3", data=b"x" * 1001, headers=headers, timeout=30)
        assert answer.status_code == 413
    finally:
        services.close()


def test_scripted_errors_are_retried_by_the_package(services, state):
    services.script({"route": "project.create", "status": 503}, {"route": "braintrust", "status": 429, "retry_after": 0})
    assert braintrust.init_dataset(project=name("project"), name="d", state=state).id
    counts = services.calls()["routes"]
    assert counts["project.create"]["statuses"] == {"200": 1, "429": 1, "503": 1}


def test_no_key_wrong_key_and_no_route(services):
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert requests.get(services.braintrust + "/v1/project_tag", headers=headers, timeout=30).status_code == 401
    assert requests.get(services.braintrust + "/v1/nonsense", timeout=30).status_code == 404


def test_queries_by_text_and_by_tree(http):
    """The package asks by tree; a person, or a job that resumes, by text."""
    dataset = make_dataset(http)
    events = [{"id": f"{number}", "input": {"id": number}} for number in range(5)]
    http("POST", f"/v1/dataset/{dataset}/insert", json={"events": events})

    def query(value, **options):
        return http("POST", "/btql", json={"query": value, **options}).json()

    page = query(f"select: * | from: dataset('{dataset}') | sort: _pagination_key asc | limit: 3")
    assert [row["id"] for row in page["data"]] == ["0", "1", "2"]
    rest = query(
        f"select: * | from: dataset('{dataset}') | filter: _pagination_key > '{page['cursor']}' "
        "| sort: _pagination_key asc | limit: 3"
    )
    assert ([row["id"] for row in rest["data"]], rest["cursor"]) == (["3", "4"], None)
    tree = {
        "select": [{"op": "star"}],
        "from": {
            "op": "function", "name": {"op": "ident", "name": ["dataset"]},
            "args": [{"op": "literal", "value": dataset}],
        },
        "filter": {
            "op": "in", "left": {"op": "ident", "name": ["input", "id"]},
            "right": {"op": "literal", "value": [1, 3, 99]},
        },
    }
    assert {row["id"] for row in query(tree, fmt="json", use_columnstore=False)["data"]} == {"1", "3"}
    refused = http("POST", "/btql", 400, json={"query": "from: dataset('d') | nonsense: 1"})
    assert "nonsense" in refused.json()["Message"]
    http("POST", "/btql", 404, json={"query": "from: dataset('no such dataset')"})


def test_experiment_is_read_back_by_the_package(state):
    project = name("project")
    settings = GitMetadataSettings(collect="none")
    made = braintrust.init(project=project, experiment="e", state=state, git_metadata_settings=settings)
    for number in range(3):
        made.log(input=number, output=number, scores={"right": 1}, id=str(number))
    made.flush()
    experiment = braintrust.init(project=project, experiment="e", open=True, state=state)
    assert sorted(row["id"] for row in experiment.fetch(batch_size=2)) == ["0", "1", "2"]
