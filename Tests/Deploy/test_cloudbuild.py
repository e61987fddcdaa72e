"""deploy/cloudbuild.yaml is a build as Cloud Build's own message types read it, and what it names exists."""

import re

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
    assert [step.id for step in build().steps] == ["test", "terraform", "loader", "batch-judge", "push", "settings", "deploy"]


def test_each_step_waits_only_for_steps_before_it():
    known = {"-"}
    for step in build().steps:
        assert set(step.wait_for) <= known, step.id
        known.add(step.id)


def test_nothing_is_pushed_before_the_tests_passed():
    steps = {step.id: step for step in build().steps}
    assert {"test", "terraform"} <= set(steps["push"].wait_for)
    # It leaves the versions of packages, which the images are made with.
    assert list(steps["loader"].wait_for) == ["test"]
    assert "push" in steps["settings"].wait_for and "settings" in steps["deploy"].wait_for


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
