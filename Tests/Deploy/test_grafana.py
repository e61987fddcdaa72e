"""The dashboards: what they read is there as the programs write it."""

import json
import re
import urllib.parse
import urllib.request

import jsonata
import pytest
import yaml

from conftest import ROOT

GRAFANA = ROOT / "deploy/grafana"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))}
REPORTS = DASHBOARDS["reports"]
# Only of a run that went badly, or of an open transaction.
RARE = {"failure", "held_back", "missing", "problem", "stop_reason", "unanswered"}
# Rows are there only when something went badly.
RARE_PANEL = "Lost records"


def panels() -> dict[str, dict]:
    return {panel["title"]: panel for panel in REPORTS["panels"] if panel["type"] != "row"}


def variables() -> dict[str, dict]:
    return {variable["name"]: variable for variable in REPORTS["templating"]["list"]}


def filled_in(text: str, values: dict[str, str]) -> str:
    def value(match: re.Match) -> str:
        name, form = match[1], match[2]
        return urllib.parse.quote(values[name], safe="") if form else values[name]

    return re.sub(r"\$\{(\w+)(:percentencode)?\}", value, text)


def rows(document: object, target: dict) -> list[dict]:
    """What the data source's backend parser makes of it."""
    selector = target["root_selector"]
    found = jsonata.Jsonata(selector).evaluate(document) if selector else document
    return found if isinstance(found, list) else [] if found is None else [found]


class Bucket:
    """What the demo stored, in the emulator of Cloud Storage."""

    def __init__(self, demo, address: str):
        self.demo, self.address = demo, address
        self.names = sorted(str(path.relative_to(demo.store)) for path in demo.store.rglob("*") if path.is_file())

    def get(self, url: str) -> object:
        with urllib.request.urlopen(url.replace("http://gcs:4443", self.address)) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def bucket(demo, emulator) -> Bucket:
    return Bucket(demo, emulator)


@pytest.fixture(scope="module")
def choices(bucket) -> dict[str, list[str]]:
    """What each variable offers, with the first day that is judged as the day."""
    values = {name: str(variable["query"]) for name, variable in variables().items() if variable["type"] == "textbox"}
    offered = {name: [value] for name, value in values.items()}
    for name, variable in variables().items():
        if variable["type"] != "query":
            continue
        target = variable["query"]["infinityQuery"]
        answer = bucket.get(filled_in(target["url"], values))
        found = [row[target["columns"][0]["selector"]] for row in rows(answer, target)]
        if variable["regex"]:
            matches = (re.search(variable["regex"].strip("/").replace(r"\/", "/"), value) for value in found)
            found = [match[1] for match in matches if match]
        offered[name] = found
        if name == "date":
            # Days of today's runs, and the one that was judged.
            values[name] = bucket.demo.day
            assert bucket.demo.day in found
    return offered


def test_each_variable_offers_something(choices):
    # The demo runs today, and judges yesterday.
    assert not [name for name, values in choices.items() if not values and name not in {"run", "judge_run"}]


def targets_of(title: str, bucket: Bucket) -> list[str]:
    """The addresses of all reports that the panel may be about."""
    fixed = {"storage": "http://gcs:4443", "bucket": "interactions", "prefix": "", "topic": "raw-interactions"}
    url = panels()[title]["targets"][0]["url"]
    runs = [name for name in bucket.names if name.startswith("_runs/raw-interactions/")]
    judge_runs = [name for name in bucket.names if name.startswith("_runs/batch-judge/")]
    values = [
        fixed | {"date": bucket.demo.day, "run": run, "judge_run": judge_run}
        for run in runs
        for judge_run in judge_runs
    ]
    return sorted({filled_in(url, value) for value in values})


@pytest.mark.parametrize("title", panels())
def test_reports_have_what_is_shown(title, bucket):
    target = panels()[title]["targets"][0]
    found = [row for url in targets_of(title, bucket) for row in rows(bucket.get(url), target)]
    if title == RARE_PANEL:
        # Each report says at least that there were none.
        assert target["root_selector"] == "lost" and any("lost" in report for report in bucket.demo.reports)
        return
    assert found
    for column in target["columns"]:
        if column["selector"] not in RARE:
            assert any(row.get(column["selector"]) is not None for row in found), column["selector"]


def test_rare_members_are_documented():
    documents = (ROOT / "docs/operations.md").read_text() + (ROOT / "docs/verdicts.md").read_text()
    sources = "".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    for member in RARE:
        camel = re.sub("_(.)", lambda match: match[1].upper(), member)
        assert f"package var {camel}:" in sources, member
    assert "`lost`" in documents


def test_runs_of_a_day_are_listed_by_their_names(bucket):
    """A listing ends after 1,000 names, so the dashboard asks for one day's."""
    for name in ("run", "judge_run"):
        assert variables()[name]["query"]["infinityQuery"]["url"].count("${date}") == 1
    runs = [name.rsplit("/", 1)[1] for name in bucket.names if name.startswith("_runs/")]
    assert runs and all(re.match(r"\d{4}-\d{2}-\d{2}T", run) for run in runs)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_data_sources_are_chosen(name):
    dashboard = DASHBOARDS[name]
    chosen = {item["name"]: item["query"] for item in dashboard["templating"]["list"] if item["type"] == "datasource"}
    assert len(chosen) == 1
    provisioned = yaml.safe_load((GRAFANA / "provisioning/datasources/stream-worker.yml").read_text())["datasources"]
    assert set(chosen.values()) <= {source["type"] for source in provisioned}
    for panel in dashboard["panels"]:
        for part in [panel, *panel.get("targets", [])]:
            if panel["type"] != "row":
                (variable,) = re.fullmatch(r"\$\{(\w+)\}", part["datasource"]["uid"]).groups()
                assert chosen[variable] == part["datasource"]["type"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap(name):
    taken = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


def test_identities_are_unique():
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    for dashboard in DASHBOARDS.values():
        assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
