"""`batch-judge backup`: what is in the files is what Braintrust answered, also when it is looked at again."""

import csv
import gzip
import io
import json

import duckdb
import google_crc32c
import pytest

from harness.backup import HOSTILE, IN_WINDOW, assert_table, csv_records, flatten, read
from harness.logs import DATE, PROJECT, row

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
    found = {**{name: text for name, text in records[39].items() if text}, **flatten(read(records[39]["_more"]))}
    assert all(str(found[f"metadata.user-39-{each}"]) == str(each) for each in range(30))


@pytest.mark.parametrize("members", [1100, 12_000])
def test_many_members_deep_below_long_keys(backup, make_logs, members):
    """Names of such columns would be more than the rows by far, in the header, the manifest and the memory."""
    hostile = {f"k{number}": number for number in range(members)}
    for depth in range(29):
        hostile = {chr(97 + depth) * 1020: hostile}
    rows = [row(1), row(2, metadata=hostile), row(3, metadata={"user": "u"})]
    running = backup.start(*backup.flags(make_logs(rows)))
    peak = running.peak_memory()
    report = running.finish().expect(0).report
    assert report["has_more"] and report["columns"] < 10 and 0 < peak < 150 << 20
    records = csv_records(backup.file())
    assert json.loads(records[1]["_more"]) == {"metadata": hostile} and records[2]["metadata.user"] == "u"
    assert len(backup.file()) < 2 * len(rows[1]) and len(backup.store.read(f"logs/{DATE}.manifest.json")) < 10_000
    assert "sound: 3 rows" in backup.verify().output
    assert backup.run(*backup.flags(make_logs(rows))).expect(0).report["is_unchanged"]


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


def test_a_file_that_is_gone_is_made_again_with_its_fellows(backup, make_logs):
    """Of the same rows, though there are more of them by now."""
    logs, formats = make_logs(HOSTILE), ("--format", "csv", "--format", "jsonl")
    backup.back_up(logs, *formats)
    backup.store.delete(f"logs/{DATE}.csv")
    logs.rows.append(row(15))
    backup.back_up(logs, *formats)
    assert len(csv_records(backup.file())) == len(backup.file("jsonl").splitlines()) == 13
    backup.verify()


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"version":1}', b'{"version":99}', b"\xff", pytest.param(b" " * (33 << 20), id="33 MiB")]
)
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
