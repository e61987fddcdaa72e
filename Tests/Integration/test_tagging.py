"""Every stored interaction is tagged once, and asked about no more often than it must be."""

import json

import pytest

from harness.loader import Loader, Running
from harness.processes import executable
from harness.records import assert_exactly_once
from harness.tagging import (
    MARKER, Tagger, assert_at_rest, assert_tagged, interaction, tagged_files, write_raw,
)

TEXTS = ("my billing is wrong", "a bug", "nothing", "Billing and a BUG", "ärger über billing")
CHOSEN = (["billing"], ["bug report"], [], ["billing", "bug report"], ["billing", "Ärger"])


def some(count, start=0):
    return [interaction(number, TEXTS[number % 5]) for number in range(start, start + count)]


@pytest.fixture
def tagger_of(tagging_services, store, tmp_path):
    """A tagger for each kind of store."""
    tagging_services.forget()
    tagger = Tagger(tagging_services, store, "each", tmp_path)
    yield tagger
    tagger.close()


def test_every_record_is_tagged_once_and_the_next_run_asks_nothing(tagger_of):
    tagger, store, topic = tagger_of, tagger_of.store, tagger_of.topic
    for partition in range(2):
        write_raw(store, topic, some(60, 100 * partition), partition=partition)
        write_raw(store, topic, some(40, 100 * partition + 60), hour=10, partition=partition)
    raw = store.objects(r"raw/.*")
    finished = tagger.tag()
    records = assert_tagged(store, topic)
    assert [record["relevant_tags"] for record in records[:5]] == list(CHOSEN)
    assert [record["tagging"]["id"] for record in records[:2]] == ["i-0", "i-1"]
    assert store.objects(r"raw/.*") == raw
    assert_at_rest(store, topic)
    report = finished.report
    assert (report["records"], report["files_tagged"], report["calls"], report["files_left"]) == (200, 4, 200, 0)
    assert report["statuses"] == {"tagged": 160, "untagged": 40}
    assert (report["estimate"]["calls"], report["estimate"]["files"]) == (200, 4)
    counted = tagger.messages()
    assert (counted["calls"], counted["distinct"], counted["repeated"]) == (200, 200, 0)
    usage = tagger.services.calls()["usage"]
    assert report["output_tokens"] == usage["output_tokens"]
    assert report["cache_read_tokens"] == usage["cache_read_input_tokens"] > 0

    before = store.objects()
    again = tagger.tag().report
    assert (again["calls"], again["files_tagged"], again["estimate"]["files"]) == (0, 0, 0)
    assert store.objects() == before
    assert tagger.messages()["calls"] == 200


def test_what_the_loader_stored_is_tagged_with_late_files(tagger, mock_cluster, make_topic, tmp_path):
    topic = make_topic(mock_cluster)
    topic.interactions(150)
    topic.flush()
    loader = Loader(mock_cluster, tagger.store, topic.name, home=str(tmp_path))
    tagger.topic = topic.name
    fields = ("--input-field", "/text")
    try:
        loader.load()
        tagger.tag(*fields)
        first = tagged_files(tagger.store, f"tagged/{topic.name}/")
        topic.interactions(30)  # of hours that are sealed
        topic.flush()
        loader.load()
        report = tagger.tag(*fields).report
        loader.verify().expect(0)
    finally:
        loader.close()
    assert report["files_tagged"] == len(tagger.store.files(topic.name)) - len(first) > 0
    assert any("late-" in name for name in tagged_files(tagger.store, f"tagged/{topic.name}/"))
    records = assert_tagged(tagger.store, topic.name)
    assert sorted(record["id"] for record in records) == sorted(topic.delivered)
    assert {record["tagging"]["id"] for record in records} == set(topic.delivered)
    assert_exactly_once(tagger.store, topic)


def test_a_joined_hour_is_followed(tagger):
    store, topic = tagger.store, tagger.topic
    small = [write_raw(store, topic, some(10, start), start=start) for start in (0, 10, 20)]
    tagger.tag()
    joined = b"".join(store.read(name) for name in small)
    for name in small:
        store.delete(name)
    store.write(write_raw(store, topic, some(30)), joined)
    report = tagger.tag().report
    assert (report["files_tagged"], report["calls"]) == (0, 0)
    # It holds records that are tagged, and one that is not: tagging it would write the others twice.
    partly = write_raw(store, topic, some(31))
    finished = tagger.tag()
    assert finished.report["files_overlapping"] == [partly]
    assert finished.logged("overlap with what is tagged")
    assert len(tagged_files(store, f"tagged/{topic}/")) == 3


def test_hive_layout(tagger):
    name = write_raw(tagger.store, tagger.topic, some(10), layout="hive")
    late = write_raw(tagger.store, tagger.topic, some(5, 10), layout="hive", late=True, start=10)
    tagger.tag("--partition-layout", "hive")
    assert len(assert_tagged(tagger.store, tagger.topic, raw=[name, late])) == 15
    assert tagger.tag("--partition-layout", "hive").report["files_tagged"] == 0


def test_record_formats_and_identities(tagger):
    kafka = {"topic": "raw", "partition": 3, "offset": 41}
    envelope = {"_kafka": kafka, "value": {"input": f"{MARKER} billing"}}
    records = [
        envelope,
        {"_kafka": {**kafka, "offset": 42}, "value": {"id": "its own", "input": "a bug"}},
        {"input": "annotated billing", "_kafka": {**kafka, "offset": 43}},
        {"id": 77, "input": "number"},
        {"input": "neither billing"},
        {},
        {"id": "", "messages": [{"role": "user", "content": "my billing"}], "completion": "a bug"},
    ]
    name = write_raw(tagger.store, tagger.topic, records)
    tagger.tag()
    tagged = assert_tagged(tagger.store, tagger.topic)
    position = f"{tagger.topic}-" + name.split("/")[2] + "T09-p00000-" + f"{0:020}-{7:020}"
    assert [record["tagging"]["id"] for record in tagged] == [
        "raw-3-41", "its own", "raw-3-43", "77", f"{position}-5", f"{position}-6", f"{position}-7",
    ]
    assert [record["relevant_tags"] for record in tagged] == [
        ["billing"], ["bug report"], ["billing"], [], ["billing"], [], ["billing", "bug report"],
    ]
    assert (tagged[5]["tag_status"], tagged[5]["tagging"]["source"]) == ("no_content", "none")


def test_records_that_had_tags_before_keep_the_rest_byte_for_byte(tagger):
    lines = [
        b'{"relevant_tags":["old"],"id":"a","input":"billing","n":1.0e+02}',
        b'{"id":"b","tagging":{"x":[1,{"relevant_tags":2}]},"input":"bug","tag_status":null}',
        b'{"id":"c","relevant\\u005ftags":[],"input":"x","big":123456789012345678901234567890}',
        b'{"tag_status":"a","relevant_tags":1,"tagging":false}',
        b'{"id":"d","deep":{"relevant_tags":["stays"]},"input":"y"}',
    ]
    write_raw(tagger.store, tagger.topic, lines)
    tagger.tag()
    (tagged,) = tagged_files(tagger.store, f"tagged/{tagger.topic}/")
    starts = [
        b'{"id":"a","input":"billing","n":1.0e+02,"relevant_tags":["billing"],',
        b'{"id":"b","input":"bug","relevant_tags":["bug report"],',
        b'{"id":"c","input":"x","big":123456789012345678901234567890,"relevant_tags":[],',
        b'{"relevant_tags":[],"tag_status":"no_content",',
        b'{"id":"d","deep":{"relevant_tags":["stays"]},"input":"y","relevant_tags":[],',
    ]
    for start, found in zip(starts, tagger.store.lines(tagged), strict=True):
        assert found.startswith(start), found
    record = tagged.replace(f"{tagger.topic}/", f"{tagger.topic}/_files/").replace(".jsonl.gz", ".json")
    facts = tagger.store.json(record)
    assert facts["replaced"] == 4


def test_equal_contents_are_asked_once(tagger):
    same = [{"id": f"s-{number}", "input": "the same billing", "output": "each time"} for number in range(50)]
    for hour in (9, 10, 11):
        write_raw(tagger.store, tagger.topic, same, hour=hour, start=hour * 50)
    assert tagger.tag().report["calls"] == 1
    # A later run uses the answer of an earlier one, unless it is told that it is too old.
    write_raw(tagger.store, tagger.topic, same, hour=12, start=600)
    later = tagger.tag().report
    assert (later["calls"], later["files_tagged"], later["cost_micro_usd"]) == (0, 1, 0)
    write_raw(tagger.store, tagger.topic, same, hour=13, start=650)
    assert tagger.tag("--answer-age", "0s").report["calls"] == 1
    assert {tuple(record["relevant_tags"]) for record in assert_tagged(tagger.store, tagger.topic)} == {("billing",)}


def test_only_the_shortened_content_is_sent_and_the_record_stays_whole(tagger):
    text = MARKER + " start é" + "filler 🎉 " * 20_000 + "the end billing"
    long = {"id": "long", "input": text, "output": "x" * 50_000}
    write_raw(tagger.store, tagger.topic, [long, {**long, "id": "again"}])
    report = tagger.tag().report
    assert report["calls"] == 1
    usage = tagger.services.calls()["usage"]
    assert usage["input_tokens"] < 5000
    records = assert_tagged(tagger.store, tagger.topic)
    assert [record["relevant_tags"] for record in records] == [["billing"]] * 2


def test_retag_goes_to_a_root_of_its_own(tagger):
    store, topic = tagger.store, tagger.topic
    raw = write_raw(store, topic, some(10))
    tagger.tag()
    before = store.objects(r"tagged/.*/\d.*|raw/.*")
    write_taxonomy(tagger, "billing", "nothing")
    assert tagger.tag().report["files_tagged"] == 0  # what is tagged stays as it is
    date = raw.split("/")[2][:10]
    report = tagger.tag("--retag", "--date", date).report
    assert (report["files_tagged"], report["calls"]) == (1, 10)
    root = f"retagged/{report['config']}/{topic}/"
    records = assert_tagged(store, topic, root=root, tags=("billing", "nothing"))
    assert records[2]["relevant_tags"] == ["nothing"]
    assert store.objects(r"tagged/.*/\d.*|raw/.*").items() >= before.items()
    old = json.loads(store.lines(tagged_files(store, f"tagged/{topic}/")[0])[0])
    assert old["tagging"]["taxonomy"] != records[0]["tagging"]["taxonomy"] == report["taxonomy"][:16]
    again = tagger.tag("--retag", "--since", date).report
    assert (again["files_tagged"], again["calls"]) == (0, 0)


def test_days_without_files_are_told(tagger):
    write_raw(tagger.store, tagger.topic, some(1))
    finished = tagger.tag("--date", "2001-02-03")
    (told,) = finished.logged("nothing is stored for the days asked for")
    assert "2001-02-03" in told
    assert tagged_files(tagger.store, f"tagged/{tagger.topic}/") == []


def write_taxonomy(tagger, *names):
    tagger.taxonomy.write_text("".join(f"{name}: About {name}.\n" for name in names))


def test_a_dry_run_writes_and_calls_nothing(tagger):
    write_raw(tagger.store, tagger.topic, some(20) + [{"id": "empty"}])
    before = tagger.store.objects()
    tagger.key = None
    finished = tagger.tag("--dry-run")
    estimate = finished.report["estimate"]
    assert (estimate["files"], estimate["records"], estimate["calls"]) == (1, 21, 20)
    assert estimate["cost_micro_usd"] > 0
    assert (finished.report["mode"], finished.report["files_left"]) == ("messages", 1)
    assert finished.report["exit_code"] == 0
    batches = tagger.tag("--dry-run", "--mode", "batches").report
    assert (batches["mode"], batches["files_left"]) == ("batches", 1)
    assert tagger.store.objects() == before
    assert all(route["calls"] == 0 for route in tagger.services.calls()["routes"].values())


def test_damaged_and_foreign_raw_files_are_left_alone(tagger):
    store, topic = tagger.store, tagger.topic
    write_raw(store, topic, some(5))
    damaged = write_raw(store, topic, some(5, 10), hour=10)
    store.write(damaged, store.read(damaged)[:-9])
    write_raw(store, topic, [b'{"id":1', b"[]"], hour=11)
    finished = tagger.tag(status=76)
    assert finished.report["files_unreadable"] == 2
    assert finished.report["files_tagged"] == 1
    assert len(tagged_files(store, f"tagged/{topic}/")) == 1


def test_everything_that_is_wrong_is_told_at_once(tmp_path):
    wrong = (
        "--max-cost-usd", "1.1234567", "--retag", "--days", "0", "--modes", "batches", "--max-records", "many",
        "--anthropic-base-url", "nowhere",
    )
    finished = Running([executable("LOADER"), "tag", *wrong], {"HOME": str(tmp_path)}).finish().expect(
        64, "--storage-url", "--taxonomy", "ANTHROPIC_API_KEY", "--max-cost-usd", "--retag", "--days", "--modes",
        "--max-records",
    )
    assert finished.output == ""


@pytest.mark.parametrize("content", [
    "tags: [", "- a\n", "tags:\n  - name: a\n", "a: 1\na: 2\n", "a: &x b\nc: *x\n", "a: " + "b" * 5000,
])
def test_a_taxonomy_file_that_is_none(tagger, content):
    write_raw(tagger.store, tagger.topic, some(1))
    tagger.taxonomy.write_text(content)
    tagger.tag(status=64)
    assert tagged_files(tagger.store, f"tagged/{tagger.topic}/") == []


@pytest.mark.parametrize("content", ["", "# none yet\n", "tags: []\n"])
def test_a_taxonomy_file_without_tags(tagger, content):
    write_raw(tagger.store, tagger.topic, some(1))
    tagger.taxonomy.write_text(content)
    assert tagger.tag(status=78).expect(78, f"{tagger.taxonomy} has no tags").output == ""
    assert len(tagger.store.names()) == 1


def test_a_name_that_is_misspelt_is_told(tagger):
    write_raw(tagger.store, tagger.topic, some(1))
    before = tagger.store.names()
    for flags in (("--kafka-topic", "misspelt"), ("--partition-layout", "hive")):
        for command in ("tag", "verify"):
            finished = tagger.run(command, *flags).expect(66, tagger.store.url, flags[1], "--partition-layout")
            assert finished.output == ""
    assert tagger.store.names() == before
    assert tagger.messages()["calls"] == 0


def test_other_files_that_are_missing_or_wrong(tagger, tmp_path):
    finished = tagger.tag("--tag-model", "claude-none", status=64).expect(64, "has no price for claude-none")
    assert "gemini" not in finished.errors
    # It has a price, since the judge uses it.
    tagger.tag("--dry-run", "--tag-model", "gemini-2.5-flash", status=64).expect(64, "no model of Claude")
    for flag in ("--taxonomy", "--tag-prompt", "--price-file"):
        missing = str(tmp_path / "missing")
        finished = tagger.run("tag", flag, missing).expect(64, flag)
        assert missing in finished.errors
