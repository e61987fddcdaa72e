"""What the programs say of themselves."""

import pathlib
import re
import subprocess

import pytest

from harness.processes import executable

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs/configuration.md"
NOBODY = "http://127.0.0.1:9"


# Whether a day is complete is asked by the judge only.
@pytest.mark.parametrize("program, others", [("LOADER", {79}), ("BATCH_JUDGE", set())])
def test_help_names_every_exit_status(program, others):
    """A unit test holds the document against the statuses that there are."""
    known = {int(number) for number in re.findall(r"^\| (\d+) \| ", DOCUMENT.read_text(), re.MULTILINE)}
    text = subprocess.run([executable(program), "--help"], capture_output=True, text=True, check=True).stdout
    told = re.findall(r"^ +(\d+)  \w", text.split("EXIT STATUS:")[1], re.MULTILINE)
    assert len(told) == len(set(told)) and {int(number) for number in told} == known - others


@pytest.mark.parametrize(
    "program, command, name",
    [
        ("LOADER", "load", "load-metrics-file"), ("LOADER", "tag", "tag-metrics-file"),
        ("BATCH_JUDGE", "run", "metrics-file"), ("BATCH_JUDGE", "collect", "metrics-file"),
        ("BATCH_JUDGE", "push", "push-metrics-file"), ("BATCH_JUDGE", "backup", "backup-metrics-file"),
        ("BATCH_JUDGE", "tag-and-push", "push-metrics-file"), ("BATCH_JUDGE", "tag-and-push", "tag-metrics-file"),
    ],
)
def test_metrics_that_cannot_be_written_are_told_with_what_else_is_wrong(program, command, name, tmp_path):
    path = tmp_path / "missing/metrics.prom"
    arguments = [executable(program), command, f"--{name}", str(path)]
    finished = subprocess.run(arguments, capture_output=True, text=True, env={"HOME": str(tmp_path)})
    assert finished.returncode == 64 and "is required" in finished.stderr
    assert f"--{name} is '{path}'; expected a file in a directory that is there" in finished.stderr


@pytest.mark.parametrize(
    "program, arguments",
    [
        ("LOADER", ["status"]), ("LOADER", ["verify"]),
        ("LOADER", ["restore", "--object", "raw/t/2026-11-20/x.jsonl.gz", "--dry-run", "--kafka-topic", "t"]),
        ("LOADER", ["tag", "--taxonomy", "tags.yml", "--anthropic-api-key", "k"]),
        ("BATCH_JUDGE", ["run", "--gcp-project", "p", "--google-vertex-base-url", NOBODY]),
        ("BATCH_JUDGE", ["assemble"]),
        ("BATCH_JUDGE", ["collect", "--gcp-project", "p", "--google-vertex-base-url", NOBODY]),
        ("BATCH_JUDGE", ["push", "--braintrust-api-key", "k", "--braintrust-api-url", NOBODY]),
    ],
    ids=lambda each: each if isinstance(each, str) else each[0],
)
def test_a_directory_that_is_misspelt_is_not_made(program, arguments, tmp_path):
    (tmp_path / "tags.yml").write_text("tags:\n  - {name: billing, description: about invoices}\n")
    (tmp_path / "prompts").symlink_to(DOCUMENT.parents[1] / "prompts")
    store = f"file://{tmp_path}/stroe"
    command = [executable(program), *arguments, "--storage-url", store]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"HOME": str(tmp_path)})
    assert finished.returncode == 66, finished.stderr
    assert f"{store} does not exist" in finished.stderr and finished.stdout == ""
    assert not (tmp_path / "stroe").exists()
