"""Files of `batch-judge tag-and-push`'s work that somebody removed or damaged before they were pushed."""

import pytest

from harness.tag_and_push import job, log, make_logs  # noqa: F401 (fixtures)


def remove(files):
    for file in files:
        file.unlink()


def cut(files):
    for file in files:
        file.write_bytes(file.read_bytes()[:40])


@pytest.mark.parametrize("tree, damage", [("tagged", remove), ("*", remove), ("tagged", cut)], ids=["tagged", "all", "cut"])
def test_work_that_somebody_removed_before_it_was_pushed(job, make_logs, tree, damage):
    logs = make_logs([log(1)])
    logs.insert_faults = [(400, b"no")] * 50
    job.perform(logs, status=64)
    logs.insert_faults = []
    damage(list(job.work.glob(f"{tree}/project-logs/20*/*.jsonl.gz")))
    logs.rows.append(log(2))
    texts = ["1 of 1 tagged logs of an earlier run", "no longer in", "read from Braintrust again"]
    report = job.perform(logs, status=65, texts=texts).report
    # That is told once, and whatever Braintrust still has is there, without being paid for twice.
    assert len(logs.inserted["d-billing"]) == 2 and report["totals"]["inserted"] == 4 and job.calls() == 2
    assert job.perform(logs).report["totals"]["existing"] == 4


def test_removed_work_of_times_tells_how_to_read_it_again(job, make_logs):
    logs = make_logs([log(1, created="2026-01-01T10:00:00.000Z"), log(2)])
    window = ("--since", "2026-01-01", "--until", "2026-01-02")
    logs.insert_faults = [(400, b"no")] * 50
    job.perform(logs, *window, status=64)
    logs.insert_faults = []
    remove(list(job.work.glob("tagged/project-logs/20*/*.jsonl.gz")))
    again = "--since 2026-01-01T00:00:00.000Z --until 2026-01-02T00:00:00.000Z"
    job.perform(logs, status=65, texts=[f"run with {again}"])
    assert len(logs.inserted["d-billing"]) == 1
    job.perform(logs)
    job.perform(logs, *again.split())
    assert len(logs.inserted["d-billing"]) == 2
