"""Files of settings for terraform fit its variables. What terraform makes of them is tested in terraform/tests."""

import json
import os
import re
import shutil
import subprocess

import hcl2
import pytest
import yaml

from conftest import ROOT

TERRAFORM = ROOT / "terraform"
ENVIRONMENTS = sorted((TERRAFORM / "environments").glob("*.tfvars"))
FILES = [TERRAFORM / "terraform.tfvars.example", *ENVIRONMENTS]


def variables() -> dict[str, str]:
    """What each says of itself."""
    text = "\n".join(path.read_text() for path in TERRAFORM.glob("variables*.tf"))
    return dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL))


def given(path) -> dict[str, object]:
    # Each value in a list: a name may stand there more than once.
    return {name: value for name, (value,) in hcl2.loads(path.read_text()).items()}


def default(name: str) -> float:
    return float(re.search(r"^  default += (.*)$", variables()[name], re.MULTILINE)[1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_value_is_of_a_variable(path):
    assert given(path) and set(given(path)) <= set(variables())


def test_the_example_gives_what_has_no_default():
    required = {name for name, text in variables().items() if not re.search(r"^  default ", text, re.MULTILINE)}
    # With a default of null, but one of them is needed. Which environment it is, only its own file may say.
    assert required | {"kafka_brokers"} <= set(given(FILES[0]))
    assert "environment" not in given(FILES[0])


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_each_environment_says_which_it_is(path):
    assert given(path)["environment"] == path.stem


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_the_budget_admits_a_day_of_the_runbooks_example(path):
    """A day whose worst case is above the budget is never judged, and one that was missed has to be made up beside the next."""
    runbook = (ROOT / "deploy/RUNBOOK.md").read_text()
    millions, model, tokens = re.search(
        r"A month of (\d+) million interactions.*^\| Verdicts by `([\w.-]+)`, in batches \| \d+ M × \((\d+) in",
        runbook,
        re.MULTILINE | re.DOTALL,
    ).groups()
    prompt = yaml.safe_load((ROOT / "prompts/security-judge.prompt.yml").read_text())
    price = json.loads((ROOT / "prompts/prices.json").read_text())["models"][model]
    answer = prompt["modelParameters"]["maxTokens"] * price["output"]
    worst = (int(tokens) * price["input"] + answer) * price["batch_factor"] / 1e6
    assert f"{worst:.3f} for each interaction" in variables()["judge_max_cost_usd"]
    assert f"{worst:.3f} USD" in runbook
    settings = given(path)
    sample = settings.get("judge_sample", default("judge_sample"))
    limit = settings.get("judge_max_cost_usd", default("judge_max_cost_usd"))
    assert limit >= 2 * int(millions) * 1e6 / 30 * sample * worst


def test_every_variable_is_described():
    assert not [name for name, text in variables().items() if "\n  description" not in "\n" + text]


def test_every_module_is_used():
    text = "".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    assert {path.name for path in (TERRAFORM / "modules").iterdir()} == set(re.findall(r'"./modules/(\w+)"', text))


def check_terraform(tmp_path, failing: str = "") -> tuple[int, list[str]]:
    """The exit status of deploy/check-terraform, and what it asked terraform for, which cannot do `failing`."""
    log = tmp_path / "log"
    fake = tmp_path / "terraform"
    # Fails as well where the configuration is not, or an operator's values are, which terraform would take.
    there = "[ -f main.tf ] && [ ! -f terraform.tfvars ]"
    fake.write_text(f'#!/bin/sh\necho "$1" >>{log}\n[ "$1" != "{failing}" ] && {there}\n')
    fake.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    checkout = shutil.copytree(TERRAFORM, tmp_path / "checkout", dirs_exist_ok=True)
    shutil.copy(FILES[0], checkout / "terraform.tfvars")
    status = subprocess.run([ROOT / "deploy/check-terraform", checkout], env=environment).returncode
    return status, log.read_text().split()


def test_everything_is_checked_and_anything_may_fail(tmp_path):
    assert check_terraform(tmp_path) == (0, ["fmt", "init", "validate", "test"])
    assert check_terraform(tmp_path, failing="validate")[0] == 1


def test_no_terraform_is_no_success(tmp_path):
    command = [ROOT / "deploy/check-terraform", TERRAFORM]
    result = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert result.returncode == 1 and "NOTHING" in result.stderr


def test_only_who_says_so_skips_it_and_is_told():
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    command = ["make", "-C", str(ROOT), "check-terraform", "TERRAFORM_CHECK=skip"]
    result = subprocess.run(command, env=clean, capture_output=True, text=True)
    assert result.returncode == 0 and "NOT CHECKED" in result.stderr
