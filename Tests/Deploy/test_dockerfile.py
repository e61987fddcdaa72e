"""The Dockerfile keeps to the rules of hadolint, and takes what makes a build repeatable."""

import re
import subprocess

from conftest import ROOT, program

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def hadolint(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("hadolint"), "--no-color", "-"], input=text, capture_output=True, text=True)


def test_nothing_is_found_wrong():
    result = hadolint(DOCKERFILE)
    assert (result.returncode, result.stdout) == (0, "")


def test_something_wrong_is_found():
    result = hadolint(DOCKERFILE.replace("debian:trixie-slim AS base", "debian AS base"))
    assert result.returncode == 1 and "DL3006" in result.stdout


def test_arguments_are_declared_where_they_are_used():
    """Each stage knows only its own."""
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]:
        used = set(re.findall(r"\$(RELEASE|COMMIT|CREATED)\b", stage))
        assert used == set(re.findall(r"^ARG (\w+)=", stage, re.MULTILINE))


def test_what_is_copied_is_in_the_context():
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for copy in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        for source in copy.split()[:-1]:
            assert any(f"{source}/".startswith(f"{path}/") for path in allowed) or list(ROOT.glob(source)), source
    # Versions of packages, where they are kept.
    assert {"Package.swift", "Package.resolved"} <= set(allowed) and "\nCOPY Package.* ./\n" in DOCKERFILE
