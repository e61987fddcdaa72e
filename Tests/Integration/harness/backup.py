"""Runs batch-judge backup between a server of logs and a store."""

import csv
import io
import json
import random

from harness.logs import DATE, KEY, PROJECT, BatchJudge, row

HOSTILE = [
    row(1, input={"text": "a,b"}, output="x", scores={"ok": 1}, tags=["a", "b"], **{"@type": "x", "'@type": "y"}),
    row(2, input='say "hi"', output="line\r\nbreak\nand\ttab", metadata={"user": {"id": 7, "name": None}}),
    row(3, input="", metadata={"user.id": "dotted", "": "empty", "back\\slash": 1, "nul\0": 1, "nul\\0": 2, "we\"ird,\r\nkey": True}),
    row(4, metrics=b'{"start":1763712000.123456789,"big":123456789012345678901234567890,"e":-1.50E+400}'),
    row(5, input="日本語 😀 \u00e9 e\u0301 \u202e", output=None, metadata={"ключ": "значение", "😀": "\U0001f600"}),
    row(6, input=b'"lone \\ud800 and \\udc00"', output=b'"nul \\u0000 end"', error=b'"esc \\u003d\\/"'),
    row(7, input="=cmd|' /C calc'!A0", output="+1", expected="-1", error="@x", metrics={"minus": -1}),
    row(8, metadata=b'{"dup":1,"dup":{"a":2},"dup":{"b":3}}', id="twice"),
    row(9, input=b'{"deep":' * 500 + b"1" + b"}" * 500),
    row(10, id="line\nend, \"quote\"", input={"a": {}, "b": [], "c": [{"d": "e,\"f"}]}),
    row(11, id=b"12345", input="x" * 300_000),
    row(12, id=b"null", created="2026-11-13T00:00:00.000Z", metadata={}),
    row(13, id="too old", created="2026-11-12T23:59:59.999Z"),
    row(14, id="too young", created="2026-11-20T00:00:00.000Z"),
]
IN_WINDOW = HOSTILE[:-2]


class Number(str):
    """As it is written."""


def read(line):
    return json.loads(line, parse_int=Number, parse_float=Number)


def escaped(name):
    return name.replace("\\", "\\\\").replace(".", "\\.").replace("\0", "\\0") or "\\e"


def flatten(value, path=()):
    """What is to be in the table: texts by column."""
    if isinstance(value, dict) and len(path) < 32:
        return {name: cell for member, each in value.items() for name, cell in flatten(each, (*path, member)).items()}
    name = ".".join(escaped(part) for part in path)
    if value is None:
        return {name: ""}
    if isinstance(value, bool):
        return {name: "true" if value else "false"}
    if isinstance(value, (list, dict)):
        return {name: value}
    text = value if isinstance(value, Number) else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return {name: text.replace("\0", "\ufffd")}


def assert_table(records, lines):
    """The records, dictionaries of texts, say what the lines say."""
    assert len(records) == len(lines)
    for record, line in zip(records, lines):
        cells = flatten(read(line))
        for name, cell in cells.items():
            found = record.get(name, "")
            assert (read(found) if isinstance(cell, (list, dict)) else found) == cell, name
        assert [name for name, text in record.items() if text and name not in cells] == []


def csv_records(content):
    csv.field_size_limit(1 << 24)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def big_rows(count, size=40_000):
    """That do not compress: a part of the spool is full after some of them."""
    source = random.Random(1)
    return [row(number, input=source.randbytes(size // 2).hex()) for number in range(count)]


def nested(depth):
    return b'{"deep":' * depth + b"1" + b"}" * depth


class Backup(BatchJudge):
    def __init__(self, home, store):
        super().__init__(home, store.environment)
        self.store = store

    def flags(self, logs, *flags):
        usual = {
            "--braintrust-api-url": logs.url, "--braintrust-api-key": KEY, "--braintrust-project-id": PROJECT,
            "--bucket": self.store.url, "--date": DATE,
        }
        return ["backup", *(text for pair in usual.items() if pair[0] not in flags for text in pair), *flags]

    def back_up(self, logs, *flags, status=0, texts=(), seconds=90):
        finished = self.run(*self.flags(logs, *flags), seconds=seconds).expect(status, *texts)
        assert KEY not in finished.errors + finished.output
        return finished

    def verify(self, *flags, status=0):
        usual = ["--bucket", self.store.url, "--date", DATE]
        return self.run("backup", "verify", *usual, *flags).expect(status)

    def file(self, kind="csv"):
        return self.store.read(f"logs/{DATE}.{kind}")

    @property
    def spool(self):
        return [name for name in self.store.names() if "_spool" in name]
