"""`batch-judge backup`: what is in the files is what Braintrust answered, whatever happens on the way."""

import csv
import gzip
import io
import json
import random
import signal

import duckdb
import google_crc32c
import pytest

from harness.backup import Backup
from harness.loader import KILLED
from harness.logs import DATE, PROJECT, LogServer, key, row
from harness.processes import eventually

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


@pytest.fixture
def make_logs():
    made = []

    def make(*arguments, **options):
        made.append(LogServer(*arguments, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def backup(directory, tmp_path):
    backup = Backup(tmp_path, directory)
    yield backup
    backup.close()


@pytest.fixture
def backup_of(store, tmp_path):
    """One for each kind of store."""
    backup = Backup(tmp_path, store)
    yield backup
    backup.close()


# MARK: what is in the files


def test_hostile_rows_are_read_back_equal(backup_of, make_logs):
    report = backup_of.back_up(make_logs(HOSTILE, page=5)).report
    content = backup_of.file()
    assert_table(csv_records(content), IN_WINDOW)
    assert content.count(b"\r\n") >= len(IN_WINDOW)
    assert (report["rows"], report["pages"], report["status"]) == (len(IN_WINDOW), 3, "success")
    manifest = backup_of.store.json(f"logs/{DATE}.manifest.json")
    names = next(csv.reader(io.StringIO(content.decode(), newline="")))
    assert names == manifest["columns"] and names[:3] == ["id", "created", "_xact_id"]
    assert "metadata.user.id" in names and "metadata.user\\.id" in names and "metadata.\\e" in names
    (file,) = manifest["files"]
    assert (file["rows"], file["bytes"]) == (len(IN_WINDOW), len(content))
    assert file["crc32c"] == int.from_bytes(google_crc32c.Checksum(content).digest(), "big")
    assert backup_of.spool == []
    assert "12 rows" in backup_of.verify().output


def test_a_strict_parser_reads_the_same(backup, make_logs):
    backup.back_up(make_logs(HOSTILE))
    rows = duckdb.sql(
        f"select * from read_csv('{backup.store.directory}/logs/{DATE}.csv', header=true, all_varchar=true, "
        "strict_mode=true, null_padding=false, ignore_errors=false, delim=',', quote='\"', escape='\"')"
    )
    # It gives names that differ in case only others.
    names = list(csv_records(backup.file())[0])
    records = [dict(zip(names, ("" if cell is None else cell for cell in cells))) for cells in rows.fetchall()]
    assert len(rows.columns) == len(names)
    assert_table(records, IN_WINDOW)


def test_formats_say_the_same_and_json_lines_lose_nothing(backup_of, make_logs):
    formats = (flag for kind in ("jsonl.gz", "csv.gz", "csv", "jsonl") for flag in ("--format", kind))
    backup_of.back_up(make_logs(HOSTILE), *formats)
    assert gzip.decompress(backup_of.file("csv.gz")) == backup_of.file("csv")
    assert gzip.decompress(backup_of.file("jsonl.gz")) == backup_of.file("jsonl")
    lines = backup_of.file("jsonl").split(b"\n")
    assert [json.loads(line) for line in lines[:-1]] == [json.loads(line) for line in IN_WINDOW] and lines[-1] == b""
    assert b"1763712000.123456789" in lines[3] and b'"dup":1,"dup":{"a":2}' in lines[7]
    assert backup_of.verify().output.count("sound: 12 rows") == 4


def test_guard_and_byte_order_mark(backup, make_logs):
    backup.back_up(make_logs(HOSTILE), "--csv-bom", "--csv-formula-guard")
    content = backup.file()
    assert content.startswith(b"\xef\xbb\xbf")
    record = csv_records(content)[6]
    assert record["input"].startswith("'=cmd") and record["output"] == "'+1" and record["expected"] == "'-1"
    assert record["error"] == "'@x" and record["metrics.minus"] == "-1"
    first = csv_records(content)[0]
    assert (first["'@type"], first["''@type"]) == ("x", "y")
    assert list(first) == backup.store.json(f"logs/{DATE}.manifest.json")["columns"]
    backup.verify()


def test_more_columns_than_the_limit(backup, make_logs):
    rows = [row(number, metadata={f"user-{number}-{each}": each for each in range(30)}) for number in range(40)]
    report = backup.back_up(make_logs(rows), "--max-columns", "50").report
    assert report["has_more"] and report["columns"] == 51
    records = csv_records(backup.file())
    found = {**{name: text for name, text in records[39].items() if text}, **json.loads(records[39]["_more"])}
    assert all(str(found[f"metadata.user-39-{each}"]) == str(each) for each in range(30))


def test_no_logs_make_a_file_with_a_header_only(backup, make_logs, tmp_path):
    metrics = tmp_path / "backup.prom"
    flags = ["--format", "csv", "--format", "jsonl.gz", "--backup-metrics-file", str(metrics)]
    finished = backup.back_up(make_logs([]), *flags)
    size = len(backup.file()) + len(backup.file("jsonl.gz"))
    assert f'batch_judge_backup_file_bytes{{project="{PROJECT}"}} {size}' in metrics.read_text()
    assert backup.file() == b'"id","created","_xact_id"\r\n' and gzip.decompress(backup.file("jsonl.gz")) == b""
    assert finished.report["rows"] == 0 and finished.logged("no logs")
    backup.verify()


# MARK: again


def test_a_second_run_changes_nothing(backup_of, make_logs):
    logs = make_logs(HOSTILE)
    backup_of.back_up(logs)
    before, asked = backup_of.store.objects(), len(logs.queries)
    logs.rows.append(row(15))
    assert backup_of.back_up(logs).report["is_unchanged"]
    assert (backup_of.store.objects(), len(logs.queries)) == (before, asked)
    report = backup_of.back_up(logs, "--overwrite").report
    assert report["rows"] == 13 and len(csv_records(backup_of.file())) == 13
    backup_of.verify()


def test_what_is_there_is_not_replaced(backup, make_logs):
    logs = make_logs(HOSTILE)
    backup.store.write(f"logs/{DATE}.csv", b"somebody's")
    backup.back_up(logs, status=73, texts=["is there already", "--overwrite"])
    assert backup.file() == b"somebody's" and logs.queries == []
    backup.back_up(logs, "--overwrite")
    backup.back_up(logs, "--days", "3", status=73, texts=["other settings"])
    backup.store.write(f"logs/{DATE}.csv", b"edited")
    backup.back_up(logs, status=73, texts=["not what its manifest says"])
    backup.store.delete(f"logs/{DATE}.csv")
    backup.back_up(logs)
    assert len(csv_records(backup.file())) == 12


@pytest.mark.parametrize("content", [b"", b"{", b'{"version":1}', b'{"version":99}', b"\xff"])
def test_a_damaged_manifest(backup_of, make_logs, content):
    logs = make_logs(HOSTILE)
    backup_of.back_up(logs)
    name = f"logs/{DATE}.manifest.json"
    backup_of.store.write(name, content)
    assert "cannot be read as a manifest" in backup_of.verify(status=65).errors
    backup_of.back_up(logs, status=73, texts=["cannot be read as a manifest", "--overwrite"])
    backup_of.back_up(logs, "--overwrite")
    backup_of.verify()


def test_verify_finds_damage(backup_of, make_logs):
    backup_of.verify(status=66)
    backup_of.back_up(make_logs(HOSTILE), "--format", "csv", "--format", "jsonl.gz")
    content = backup_of.file()
    backup_of.store.write(f"logs/{DATE}.csv", content.replace(b"a,b", b"a;b"))
    assert "its bytes changed" in backup_of.verify(status=65).output
    backup_of.store.write(f"logs/{DATE}.csv", content[:-10])
    assert "bytes and not" in backup_of.verify(status=65).output
    backup_of.store.delete(f"logs/{DATE}.csv")
    output = backup_of.verify(status=65).output
    assert "it is gone" in output and "sound: 12 rows" in output


# MARK: stopped


def big_rows(count, size=40_000):
    """That do not compress: a part of the spool is full after some of them."""
    source = random.Random(1)
    return [row(number, input=source.randbytes(size // 2).hex()) for number in range(count)]


def test_kill_while_reading_goes_on_behind_the_last_part(backup_of, make_logs):
    logs = make_logs(big_rows(1200), page=100, delay=0.1)
    running = backup_of.start(*backup_of.flags(logs))
    eventually("a part is there", lambda: backup_of.spool)
    assert running.kill().status == KILLED
    first = logs.answered
    report = backup_of.back_up(logs).report
    assert report["resumed_rows"] > 0 and report["rows"] == 1200 and logs.answered - first < 12
    assert_table(csv_records(backup_of.file()), logs.rows)
    assert backup_of.spool == []


def test_signal_keeps_what_was_read(backup, make_logs):
    logs = make_logs([row(number) for number in range(3000)], page=100, delay=0.05)
    running = backup.start(*backup.flags(logs))
    eventually("some pages", lambda: logs.answered > 5)
    running.send(signal.SIGTERM)
    report = running.finish().expect(75).report
    assert (report["stop_reason"], report["status"]) == ("signal", "notDrained") and report["rows"] >= 500
    assert backup.back_up(logs).report["resumed_rows"] == report["rows"]
    assert_table(csv_records(backup.file()), logs.rows)


def test_max_duration(backup, make_logs):
    logs = make_logs([row(number) for number in range(2000)], page=100, delay=0.2)
    report = backup.back_up(logs, "--max-duration", "1s", status=75).report
    assert report["stop_reason"] == "duration" and 0 < report["rows"] < 2000
    logs.delay = 0
    assert backup.back_up(logs).report["rows"] == 2000


def test_two_at_once_make_one_backup(exact_store, make_logs, tmp_path):
    backup, logs = Backup(tmp_path, exact_store), make_logs(big_rows(1000), page=100, delay=0.05)
    try:
        runs = [backup.start(*backup.flags(logs)) for _ in range(2)]
        for running in runs:
            running.finish().expect(0)
        assert_table(csv_records(backup.file()), logs.rows)
        backup.verify()
        assert backup.spool == []
    finally:
        backup.close()


# MARK: Braintrust


def test_faults_that_pass(backup, make_logs):
    logs = make_logs(HOSTILE, page=5)
    logs.faults = [
        (429, b"slow down", [("Retry-After", "1")]), (500, b"no"), (503, b"no"), (504, b"too slow"), (502, b""),
    ]
    assert backup.back_up(logs).report["rows"] == 12
    assert any("limit: 500" in query for query in logs.queries)


@pytest.mark.parametrize(
    "answer, status, text",
    [
        ((401, b"Unauthorized"), 77, "BRAINTRUST_API_KEY"), ((403, b"Forbidden"), 77, "HTTP status 403"),
        ((200, b"{"), 76, "no JSON object"), ((200, b'{"results":[]}'), 76, "has no 'data'"),
        ((200, b'{"data":null}'), 76, "'data' of the answer is null"), ((200, b'{"data":[1]}'), 76, "no object"),
        ((200, b'{"data":[{"id":"x"}]}'), 76, "no _pagination_key"), ((400, b"bad query"), 64, "HTTP status 400"),
    ],
)
def test_faults_that_end_the_run(backup, make_logs, answer, status, text):
    logs = make_logs(HOSTILE)
    logs.faults = [answer]
    report = backup.back_up(logs, status=status, texts=[text]).report
    assert report["exit_code"] == status and backup.spool == []
    assert not [name for name in backup.store.names() if not name.startswith("_runs/")]


def test_unknown_project(backup, make_logs):
    logs = make_logs(HOSTILE)
    backup.back_up(logs, "--braintrust-project-id", "nobody's", status=66, texts=["no project “nobody's”"])
    assert backup.back_up(logs, "--braintrust-project-id", "logs").report["project"] == PROJECT


def nested(depth):
    return b'{"deep":' * depth + b"1" + b"}" * depth


def test_rows_that_nest_deep(backup, make_logs):
    logs = make_logs([row(1, input=nested(4095)), row(2)])
    backup.back_up(logs, "--format", "csv", "--format", "jsonl")
    assert backup.file("jsonl").splitlines() == logs.rows
    backup.verify()


def test_a_row_that_cannot_be_read_is_left_out_loudly(backup_of, make_logs):
    logs = make_logs([row(1), row(2, input=nested(4096)), row(3)])
    finished = backup_of.back_up(logs, status=65, texts=["1 rows cannot be read"])
    assert finished.report["unreadable_rows"] == 1 and finished.report["rows"] == 2
    assert [record["id"] for record in csv_records(backup_of.file())] == ["log-1", "log-3"]
    (note,) = [name for name in backup_of.store.names() if "_unreadable/" in name]
    noted = backup_of.store.json(note)
    assert (noted["id"], noted["key"]) == ("log-2", key(2)) and "nests too deep" in noted["reason"]
    backup_of.verify()
    # It is not whole, however often one looks; until it can be read.
    report = backup_of.back_up(logs, status=65).report
    assert report["is_unchanged"] and report["unreadable_rows"] == 1
    logs.rows[1] = row(2)
    assert backup_of.back_up(logs, "--overwrite").report["unreadable_rows"] == 0
    assert not [name for name in backup_of.store.names() if "_unreadable/" in name]
    assert backup_of.back_up(logs).report["is_unchanged"]


# MARK: settings and places


@pytest.mark.parametrize(
    "flags, text",
    [
        (["--days", "0"], "--days"), (["--date", "2026-02-30"], "--date"), (["--format", "xlsx"], "csv, csv.gz"),
        (["--prefix", "../x"], "--prefix"), (["--bucket", "A B"], "--bucket"),
        (["--max-columns", "1"], "--max-columns"),
    ],
)
def test_wrong_settings(backup, make_logs, flags, text):
    logs = make_logs()
    assert text in backup.run(*backup.flags(logs, *flags)).expect(64).errors
    assert logs.queries == [] and backup.store.names() == []


def test_a_file_where_the_folder_should_be(backup, make_logs):
    (backup.store.directory / "logs").write_text("a file")
    finished = backup.run(*backup.flags(make_logs(HOSTILE)))
    assert finished.status in (1, 70, 73), finished.errors
    assert "logs" in finished.errors and "Traceback" not in finished.errors


def test_rows_do_not_take_memory(backup, make_logs):
    logs = make_logs([row(number, input="x" * 2000, metadata={"n": number}) for number in range(30_000)])
    running = backup.start(*backup.flags(logs))
    peak = running.peak_memory()
    assert running.finish().expect(0).report["rows"] == 30_000
    assert 0 < peak < 150 << 20
