"""Raw files to be tagged, `loader tag` as a process, and an independent check of what it wrote."""

import gzip
import json
import pathlib
import re
import unicodedata

from harness.loader import Loader
from harness.records import DATE
from harness.services import KEY

ROOT = pathlib.Path(__file__).parents[3]
# In the order in which records list them: that of their Unicode scalars. The stand-in chooses a tag if a word of it
# occurs.
TAGS = ("billing", "bug report", "prompt injection", "Ärger")
TAXONOMY = "tags:\n" + "".join(f"  - name: {name}\n    description: About {name}.\n" for name in reversed(TAGS))
STATUSES = {
    "tagged", "untagged", "no_content", "max_tokens", "refusal", "context_window", "stopped", "unusable", "rejected",
    "failed",
}
# In every record's texts, and never to be seen in a log, a report or any object but the record's own.
MARKER = "confidential-what-somebody-wrote-and-no-log-may-tell"
OWN_MEMBERS = ("relevant_tags", "tag_status", "tagging")


def interaction(number, text="hello"):
    return {"id": f"i-{number}", "input": f"{MARKER} {number}: {text}", "output": f"answer to {number}"}


def line(record):
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def raw_name(topic, hour, partition, start, end, *, late=False, layout="plain", date=DATE):
    folder = f"{date}/{hour:02}-" if layout == "plain" else f"dt={date}/hour={hour:02}/"
    return f"raw/{topic}/{folder}{'late-' if late else ''}p{partition:05}-{start:020}-{end:020}.jsonl.gz"


def write_raw(store, topic, records, *, hour=9, partition=0, start=0, **options):
    """A file as `loader load` would have written it; `records` are lines, or objects."""
    lines = [record if isinstance(record, bytes) else line(record) for record in records]
    name = raw_name(topic, hour, partition, start, start + len(lines), **options)
    store.write(name, gzip.compress(b"".join(text + b"\n" for text in lines), 1))
    return name


class Tagger(Loader):
    """Starts `loader tag` for one topic and store."""

    def __init__(self, services, store, topic, home):
        super().__init__(None, store, topic, home=str(home))
        self.services, self.key = services, KEY
        self.anthropic = services.anthropic if services else "http://127.0.0.1:1"
        self.taxonomy = pathlib.Path(home) / "tags.yml"
        self.taxonomy.write_text(TAXONOMY)

    def settings(self, command):
        yield from super().settings(command)
        if command in ("tag", "hourly"):
            if self.key:
                yield from ("--anthropic-api-key", self.key)
            yield from ("--anthropic-base-url", self.anthropic, "--days", "4")
            yield from ("--taxonomy", str(self.taxonomy), "--tag-prompt", str(ROOT / "prompts/tagging.prompt.yml"))
            yield from ("--price-file", str(ROOT / "prompts/prices.json"), "--tag-concurrency", "8")

    def tag(self, *flags, status=0, **options):
        return self.run("tag", *flags, **options).expect(status)

    def drop_leases(self):
        """As if they had run out."""
        for name in self.store.names():
            if "/_leases/" in name or name.endswith(".lease"):
                self.store.delete(name)

    def messages(self):
        """What the stand-in counted of the Messages route."""
        nothing = {"calls": 0, "statuses": {}, "in_flight_max": 0, "distinct": 0, "repeated": 0}
        return self.services.calls()["routes"].get("messages", nothing)


def tagged_files(store, root):
    """The tagged files below a root, which ends with a slash."""
    return [name for name in store.names() if name.startswith(root) and re.search(r"/(dt=)?\d{4}-", name)
            and name.endswith(".jsonl.gz")]


def assert_tagged(store, topic, root=None, raw=None, tags=TAGS):
    """Every line of every raw file has its tagged line, in its order, byte for byte; and nothing else is there.

    Returns the tagged records."""
    root = root or f"tagged/{topic}/"
    raw = raw or store.files(topic)
    assert sorted(name.replace(f"raw/{topic}/", root, 1) for name in raw) == tagged_files(store, root)
    records = []
    for name in raw:
        tagged = name.replace(f"raw/{topic}/", root, 1)
        before, after = store.lines(name), store.lines(tagged)
        assert len(before) == len(after), tagged
        found = [check_line(*pair, tags) for pair in zip(before, after)]
        records += found
        check_file_record(store, name, tagged, root, found)
    return records


def check_line(before, after, tags):
    record, original = json.loads(after), json.loads(before)
    if not any(member in original for member in OWN_MEMBERS):
        kept = before[:-1] + (b"," if original else b"")
        assert after.startswith(kept + b'"relevant_tags":['), after
    assert list(record)[-3:] == list(OWN_MEMBERS)
    assert {key: value for key, value in record.items() if key not in OWN_MEMBERS} == {
        key: value for key, value in original.items() if key not in OWN_MEMBERS
    }
    chosen = record["relevant_tags"]
    assert chosen == [tag for tag in tags if tag in chosen], chosen
    assert record["tag_status"] in STATUSES
    assert bool(chosen) == (record["tag_status"] == "tagged")
    assert set(record["tagging"]) == {"id", "model", "prompt", "taxonomy", "source"}
    assert record["tagging"]["source"] in ("model", "batch", "none")
    return record


def check_file_record(store, raw, tagged, root, records):
    """The object beside a tagged file counts what is in it."""
    facts = store.json(re.sub(rf"^{re.escape(root)}", f"{root}_files/", tagged).replace(".jsonl.gz", ".json"))
    assert (facts["raw"], facts["tagged"], facts["records"]) == (raw, tagged, len(records))
    statuses, counts = {}, {}
    for record in records:
        statuses[record["tag_status"]] = statuses.get(record["tag_status"], 0) + 1
        for tag in record["relevant_tags"]:
            counts[normal(tag)] = counts.get(normal(tag), 0) + 1
    assert facts["statuses"] == statuses
    assert {normal(tag): count for tag, count in facts["tags"].items()} == counts
    assert {record["tagging"]["taxonomy"] for record in records} <= {facts["taxonomy"][:16]}


def normal(name):
    """Names that look the same are counted together."""
    return unicodedata.normalize("NFC", name)


def assert_at_rest(store, topic):
    """Nothing is left of work under way."""
    left = [name for name in store.names() if re.search(r"/_leases/|/_batches/", name)]
    assert left == [], f"left of {topic}: {left}"


def assert_silent(finished, store, *secrets):
    """No key and no content is in what a run says, or in any object but raw and tagged files."""
    for secret in (MARKER, *secrets):
        assert secret not in finished.errors, [text for text in finished.errors.splitlines() if secret in text][:2]
        assert secret not in finished.output
        for name in store.names():
            if not name.endswith(".jsonl.gz"):
                assert secret.encode() not in store.read(name), name
