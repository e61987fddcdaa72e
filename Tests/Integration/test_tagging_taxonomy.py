"""The tags come from a Braintrust project."""

import json
import time

import pytest
import requests

from harness.fronts import StoreFront
from harness.processes import free_port
from harness.services import KEY, Services
from harness.tagging import Tagger, assert_silent, assert_tagged, interaction, write_raw

# More than a page holds, of all kinds.
SEED = {
    "project_tag": [
        {"project_name": "team", "name": name, "description": description}
        for name, description in [
            ("billing", "dataset-tagging: money and invoices"), (" bug report ", "Something broke [DataSet-Tagging]"),
            ("bug report", "DATASET-TAGGING an error"), ("hello", "for other things"), (None, "dataset-tagging"),
            ("answer", None), ("empty", ""), ("", "dataset-tagging"), ("solitary", "dataset-tagging"),
        ]
    ] + [
        {"project_name": "team", "name": f"more {number:04}", "description": "dataset-tagging: one of many"}
        for number in range(40)
    ] + [
        {"project_name": "untagged", "name": "billing", "description": "of something else"},
        {"project_name": "another", "name": "hello", "description": "dataset-tagging: not of this project"},
    ],
}
TAGS = ("billing", "bug report", *(f"more {number:04}" for number in range(40)), "solitary")
PROJECT_KEY = "secret-of-braintrust"


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    seed = tmp_path_factory.mktemp("seed") / "seed.json"
    seed.write_text(json.dumps(SEED))
    services = Services("--seed", str(seed))
    services.seed = str(seed)
    try:
        yield services
    finally:
        services.close()


class BraintrustTagger(Tagger):
    def __init__(self, services, store, home):
        super().__init__(services, store, "taxonomy", home)
        self.braintrust, self.project = services.braintrust, project(services, "team")
        self.project_key = KEY

    def settings(self, command):
        usual = list(super().settings(command))
        place = usual.index("--taxonomy")
        yield from usual[:place] + usual[place + 2:]
        yield from ("--braintrust-api-url", self.braintrust, "--braintrust-api-key", self.project_key)
        yield from ("--braintrust-project-id", self.project)


def project(services, name):
    answer = requests.get(
        f"{services.braintrust}/v1/project", {"project_name": name}, timeout=10,
        headers={"Authorization": f"Bearer {KEY}"},
    )
    return answer.json()["objects"][0]["id"]


@pytest.fixture
def tagger(services, directory, tmp_path):
    services.forget()
    tagger = BraintrustTagger(services, directory, tmp_path)
    write_raw(directory, tagger.topic, [interaction(0, "hello billing"), interaction(1, "bug"), interaction(2)])
    yield tagger
    tagger.close()


def test_tags_of_all_pages_that_are_marked(tagger, services):
    # The stand-in's pages hold what is asked for; one that gives less is as good.
    front = StoreFront(int(services.braintrust.split(":")[2].split("/")[0]))
    front.refuse = lambda method, path, body: None
    pages = []

    def small_pages(port, method, path, body, headers):
        pages.append(path)
        return StoreFront.forward(port, method, path.replace("limit=1000", "limit=15"), body, headers)

    front.forward = small_pages
    tagger.braintrust = front.address + services.braintrust.split("/", 3)[3].join(["/", ""])
    try:
        finished = tagger.tag("--log-format", "json")
    finally:
        front.close()
    assert len(pages) >= 4
    records = assert_tagged(tagger.store, tagger.topic, tags=TAGS)
    assert [record["relevant_tags"] for record in records] == [["billing"], ["bug report"], []]
    assert finished.report["taxonomy_tags"] == len(TAGS)
    (counts,) = [json.loads(text) for text in finished.logged('"taxonomy"') if "without_marker" in text]
    told = json.dumps(counts)
    for name, count in {"without_name": 2, "without_description": 2, "without_marker": 1, "merged": 1}.items():
        assert f'"{name}":"{count}"' in told.replace(" ", ""), told


def test_the_project_by_its_name(tagger):
    tagger.project = "team"
    tagger.tag()
    assert_tagged(tagger.store, tagger.topic, tags=TAGS)


def test_a_project_that_is_not_there(tagger, services):
    tagger.project = "nobody's"
    tagger.tag(status=66).expect(66, "no project “nobody's”")
    assert services.called("messages") == 0


def test_no_tag_has_the_marker(tagger, services):
    tagger.project = project(services, "untagged")
    before = tagger.store.objects()
    finished = tagger.tag(status=78).expect(78, "dataset-tagging", f"project {tagger.project} has no tags")
    assert finished.output == ""
    assert tagger.store.objects() == before
    assert services.called("messages") == 0


def test_a_project_that_does_not_exist(tagger):
    tagger.project = "00000000-0000-4000-8000-000000000000"
    assert tagger.run("tag").status in (64, 78)
    assert len(tagger.store.names()) == 1


FAULTS = {
    "401": ({"status": 401}, 77, "BRAINTRUST_API_KEY"),
    "403": ({"status": 403}, 77, "BRAINTRUST_API_KEY"),
    "404": ({"status": 404}, 64, "BRAINTRUST_API_URL"),
    "not JSON": ({"status": 200, "body": "<html>hello</html>"}, 76, "not a list of tags"),
    "other JSON": ({"status": 200, "body": {"objects": {"a": 1}}}, 76, "not a list of tags"),
    "without end": (
        {"status": 200, "body": {"objects": [{"id": "1", "name": "a", "description": "b"}]}, "times": 0}, 76,
        "begins again",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_ends_the_run(tagger, services, case):
    step, status, text = FAULTS[case]
    services.script({"route": "project_tag.list", **step})
    finished = tagger.tag(status=status).expect(status, text)
    assert_silent(finished, tagger.store, PROJECT_KEY)
    assert len(tagger.store.names()) == 1
    assert services.called("messages") == 0


@pytest.mark.parametrize("step", [
    {"status": 429, "retry_after": 1}, {"status": 500, "times": 2}, {"status": 503}, {"reset": True},
    {"truncate": True},
], ids=str)
def test_what_passes_is_tried_again(tagger, services, step):
    services.script({"route": "project_tag.list", **step})
    tagger.tag()
    assert len(assert_tagged(tagger.store, tagger.topic, tags=TAGS)) == 3


def test_a_wrong_key_is_never_told(tagger):
    tagger.project_key = PROJECT_KEY
    finished = tagger.tag("--log-level", "trace", status=77)
    assert_silent(finished, tagger.store, PROJECT_KEY)


def test_braintrust_comes_later_than_the_run(tagger, services):
    """Connections are refused until then."""
    port = free_port()
    tagger.braintrust = f"http://127.0.0.1:{port}/braintrust"
    running = tagger.start("tag")
    time.sleep(1)  # the run has come to its first attempt, or the test shows less
    late = Services("--port", str(port), "--seed", services.seed)
    try:
        assert project(late, "team") == tagger.project, "the stand-in's ids depend on its seed only"
        running.finish(30).expect(0)
    finally:
        late.close()
    assert len(assert_tagged(tagger.store, tagger.topic, tags=TAGS)) == 3
