"""deploy/cloudbuild.yaml is a build as Cloud Build's own message types read it, and what it names exists."""

import os
import re
import subprocess

import pytest
import yaml
from google.cloud.devtools.cloudbuild_v1.types import Build
from google.protobuf.json_format import ParseDict

from conftest import ROOT

FILE = ROOT / "deploy/cloudbuild.yaml"


def build() -> Build:
    message = Build.pb()()
    ParseDict(yaml.safe_load(FILE.read_text()), message)
    return Build(message)


def test_is_a_build():
    assert [step.id for step in build().steps] == [
        "test", "terraform", "loader", "batch-judge", "start", "push", "settings", "deploy",
    ]


def test_each_step_waits_only_for_steps_before_it():
    known = {"-"}
    for step in build().steps:
        assert set(step.wait_for) <= known, step.id
        known.add(step.id)


def test_nothing_is_pushed_before_the_tests_passed():
    steps = {step.id: step for step in build().steps}
    assert {"test", "terraform", "start"} <= set(steps["push"].wait_for)
    assert {"loader", "batch-judge"} <= set(steps["start"].wait_for)
    # It leaves the versions of packages, which the images are made with.
    assert list(steps["loader"].wait_for) == ["test"]
    assert "push" in steps["settings"].wait_for and "settings" in steps["deploy"].wait_for


@pytest.mark.parametrize(
    ("loader", "judge", "ends_well"),
    [("0.1.0 (abc1234)", "0.1.0 (abc1234)", True), ("0.1.0 (abc1234)", "0.1.0 (fff)", False), ("", "", False)],
)
def test_images_are_started_and_are_of_the_commit(tmp_path, loader, judge, ends_well):
    """One that cannot start says nothing, and fails."""
    (step,) = [step for step in build().steps if step.id == "start"]
    log, docker = tmp_path / "log", tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$*" >>{log}\n'
        f'case "$*" in */batch-judge:*) version="{judge}" ;; *) version="{loader}" ;; esac\n'
        'echo "$version"; [ "$version" ]\n'
    )
    docker.chmod(0o755)
    given = dict(build().substitutions) | {"PROJECT_ID": "project", "SHORT_SHA": "abc1234"}
    script = re.sub(r"\$(\$|[A-Z_]+)", lambda name: "$" if name[1] == "$" else given[name[1]], step.args[-1])
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    result = subprocess.run([step.entrypoint, *step.args[:-1], script], env=environment, capture_output=True, text=True)
    assert (result.returncode == 0) == ends_well, result.stderr
    run = "run --rm --read-only --cap-drop all --network none europe-west1-docker.pkg.dev/project/stream-worker"
    expected = [f"{run}/{image}:abc1234 --version" for image in ("loader", "batch-judge")]
    assert log.read_text().splitlines() == expected[: 2 if loader else 1]


def test_every_substitution_is_declared():
    declared = set(build().substitutions) | {"PROJECT_ID", "SHORT_SHA"}
    used = set(re.findall(r"(?<!\$)\$\{?([A-Z_]+)\}?", FILE.read_text()))
    assert used <= declared


def test_what_it_names_exists():
    steps = {step.id: step for step in build().steps}
    dockerfile = (ROOT / "Dockerfile").read_text()
    for image in ("loader", "batch-judge"):
        arguments = steps[image].args[-1].split()
        assert f"--target={image}" in arguments and "--build-arg=COMMIT=$SHORT_SHA" in arguments
        assert f" AS {image}\n" in dockerfile
        for argument in arguments:
            if argument.startswith("--build-arg="):
                assert f"\nARG {argument.split('=')[1]}" in dockerfile
    assert (ROOT / "terraform" / build().substitutions["_ENVIRONMENT"]).is_file()
    makefile = (ROOT / "Makefile").read_text()
    targets = steps["test"].args[-1].partition("&& make ")[2].split()
    assert targets == ["lint", "test", "check-deploy", "TERRAFORM_CHECK=skip"]
    assert all(f"\n{target}: " in makefile for target in targets[:-1])
    # Skipped there, as this step does it.
    check, directory = steps["terraform"].args
    assert (ROOT / check).read_text().startswith("#!/bin/sh\n") and (ROOT / directory).is_dir()
    assert steps["terraform"].name == steps["deploy"].name
    variables = (ROOT / "terraform/variables.tf").read_text()
    for variable in ("loader_image", "batch_judge_image"):
        assert f'variable "{variable}"' in variables
