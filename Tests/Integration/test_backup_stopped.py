"""`batch-judge backup`: stopped, killed, refused, with rows that cannot be read and buckets that keep all."""

import json
import signal

import google_crc32c
import pytest

from harness.backup import HOSTILE, IN_WINDOW, Backup, assert_table, big_rows, csv_records, nested
from harness.loader import KILLED
from harness.logs import DATE, PROJECT, key, row
from harness.processes import eventually

# MARK: stopped


def test_kill_while_reading_goes_on_behind_the_last_part(backup_of, make_logs):
    logs = make_logs(big_rows(1200), page=100, delay=0.1)
    killed_while_reading(backup_of, logs)
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


def test_a_run_that_ended_between_its_files(backup, make_logs):
    """A row that comes then is in none of them, and in the way of nothing."""
    logs, formats = make_logs([row(number) for number in range(10)]), ("--format", "csv", "--format", "jsonl.gz")
    obstacle = backup.store.directory / f"logs/{DATE}.jsonl.gz"
    obstacle.mkdir(parents=True)
    assert backup.run(*backup.flags(logs, *formats)).status == 73
    assert len(csv_records(backup.file())) == 10
    obstacle.rmdir()
    logs.rows.append(row(10))
    report = backup.back_up(logs, *formats).report
    assert report["rows"] == report["resumed_rows"] == 10 and backup.spool == []
    assert backup.verify().output.count("sound: 10 rows") == 2
    assert backup.back_up(logs, *formats).report["is_unchanged"]


def test_overwrite_reads_all_anew(backup_of, make_logs):
    logs = make_logs(big_rows(1200), page=100, delay=0.1)
    killed_while_reading(backup_of, logs)
    logs.rows[:] = [row(number, input="edited") for number in range(10)]
    report = backup_of.back_up(logs, "--overwrite").report
    assert (report["rows"], report["resumed_rows"]) == (10, 0)
    assert_table(csv_records(backup_of.file()), logs.rows)
    assert backup_of.spool == []
    # But one that was to overwrite is gone on with.
    logs.rows[:] = big_rows(1200)
    killed_while_reading(backup_of, logs, "--overwrite")
    assert backup_of.back_up(logs).report["rows"] == 10
    assert backup_of.back_up(logs, "--overwrite").report["resumed_rows"] == 0
    killed_while_reading(backup_of, logs, "--overwrite")
    assert backup_of.back_up(logs, "--overwrite").report["resumed_rows"] > 0
    assert_table(csv_records(backup_of.file()), logs.rows)


def killed_while_reading(backup, logs, *flags):
    running = backup.start(*backup.flags(logs, *flags))
    eventually("a part is there", lambda: backup.spool)
    assert running.kill().status == KILLED


def test_where_one_run_has_ended_reading_all_do(backup, make_logs):
    """The other run's end, at no row, comes while this one reads."""
    logs = make_logs([row(number) for number in range(30)], page=5, delay=0.2)
    running = backup.start(*backup.flags(logs))
    eventually("some pages", lambda: logs.answered > 1)
    # As `BackupNames` has it.
    project = format(int.from_bytes(google_crc32c.Checksum(PROJECT.encode()).digest(), "big"), "x")
    end = json.dumps({"version": 1, "parts": 0, "rows": 0}).encode()
    backup.store.write(f"logs/_spool/{DATE}-7d-{project}/end.json", end)
    finished = running.finish().expect(0)
    assert finished.report["rows"] == 0 and finished.logged("another run is making the same backup")
    assert csv_records(backup.file()) == [] and backup.spool == []


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


# MARK: where nothing may be removed


@pytest.fixture
def locked(fronted, front, tmp_path):
    """A bucket with a retention policy."""
    refusal = json.dumps({"error": {"code": 403, "message": "the object is under active Temporary hold",
                                    "errors": [{"reason": "retentionPolicyNotMet"}]}})
    front.refuse = lambda method, path, body: (403, refusal) if method == "DELETE" else None
    backup = Backup(tmp_path, fronted)
    yield backup
    backup.close()


def test_a_backup_is_whole_though_its_spool_cannot_be_removed(locked, make_logs):
    logs = make_logs(HOSTILE)
    assert locked.back_up(logs, texts=["the spool is left", "--spool"]).report["rows"] == len(IN_WINDOW)
    assert locked.back_up(logs, texts=["the spool is left"]).report["is_unchanged"]
    assert_table(csv_records(locked.file()), IN_WINDOW)


def test_a_spool_elsewhere(locked, make_logs, directory):
    """Nothing but the backup itself comes to a bucket that keeps all."""
    logs = make_logs([*big_rows(1200), row(1201, input=nested(4096))], page=100, delay=0.1)
    flags = ("--spool", directory.url)
    running = locked.start(*locked.flags(logs, *flags))
    eventually("a part is there", lambda: directory.names())
    assert running.kill().status == KILLED
    finished = locked.back_up(logs, *flags, status=65, texts=["1 rows cannot be read", directory.url])
    assert finished.report["resumed_rows"] > 0
    assert [name for name in directory.names() if "_unreadable/" not in name] == []
    assert sorted(name for name in locked.store.names() if "_runs/" not in name) == [
        f"logs/{DATE}.csv", f"logs/{DATE}.manifest.json",
    ]
    assert_table(csv_records(locked.file()), logs.rows[:-1])
