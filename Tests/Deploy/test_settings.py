"""What terraform, the chart and the compose file give to the programs is what the programs know and need."""

import json
import os
import pathlib
import subprocess
from typing import Any

import pytest

from conftest import EVERYTHING, ROOT, composed, documented_settings, render

# A value that each setting takes; what is not here takes any word.
VALUES = {
    "BACKUP_DAYS": "14",
    "DATE": "yesterday",
    "BRAINTRUST_PROJECT_ID": "01234567-89ab-cdef-0123-456789abcdef",
    "KAFKA_BROKERS": "broker:9092",
    "KAFKA_SASL_MECHANISM": "PLAIN",
    "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
    "JOB_TIME_ZONE": "Etc/UTC",
    "LOG_FORMAT": "json",
    "MAX_COST_USD": "5",
    "MAX_DURATION": "3000s",
    "JUDGE_SAMPLE": "1",
    "STORAGE_CONCURRENCY": "32",
}


def jobs() -> dict[str, tuple[str, list[str], dict[str, str]]]:
    """Program, arguments and settings of every job of all ways to deploy."""
    found = {}
    for name, job in json.loads((ROOT / "terraform/tests/jobs.json").read_text()).items():
        settings = {setting: VALUES.get(setting, "word") for setting in job["settings"]}
        found[f"terraform-{name}"] = (job["image"], job["args"], settings)
    for (kind, name), manifest in render(EVERYTHING).items():
        if kind == "CronJob":
            container: dict[str, Any] = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
            settings = {variable["name"]: variable.get("value", "word") for variable in container["env"]}
            program = pathlib.PurePath(container["image"].split("@")[0]).name
            found[f"helm-{name}"] = (program, container["args"], settings)
    accounts = {"ANTHROPIC_API_KEY": "word", "BRAINTRUST_API_KEY": "word", "GCP_PROJECT": "word"}
    accounts["BRAINTRUST_PROJECT_ID"] = VALUES["BRAINTRUST_PROJECT_ID"]
    for name, service in composed(accounts)["services"].items():
        if "build" in service:
            program, *arguments = service["command"]
            # The timer's own.
            own = {"EVERY_SECONDS", "PATH"}
            settings = {key: value for key, value in service["environment"].items() if key not in own}
            found[f"compose-{name}"] = (program, arguments, settings)
    return found


JOBS = jobs()


def test_terraform_knows_the_names_of_each_jobs_settings():
    known = json.loads((ROOT / "terraform/settings.json").read_text())
    golden = json.loads((ROOT / "terraform/tests/jobs.json").read_text())
    documented = documented_settings()
    assert known == {name: sorted(documented[f"{job['image']} {job['args'][0]}"]) for name, job in golden.items()}
    # What must not be in a state file is found by the end of its name.
    secret = {name for names in known.values() for name in names if name.endswith(("_KEY", "_PASSWORD"))}
    assert secret == {"ANTHROPIC_API_KEY", "BRAINTRUST_API_KEY", "KAFKA_SASL_PASSWORD"}


@pytest.mark.parametrize("name", JOBS)
def test_every_setting_is_known(name):
    program, arguments, settings = JOBS[name]
    known = documented_settings()[f"{program} {arguments[0]}"]
    assert not set(settings) - known


@pytest.mark.parametrize("name", JOBS)
def test_nothing_that_is_needed_is_missing(name, tmp_path):
    """The program tells all mistakes at once: the one that is made here is the only one."""
    program, arguments, settings = JOBS[name]
    # The volume is not here.
    settings = {key: value.replace("/metrics/", f"{tmp_path}/") for key, value in settings.items()}
    binary = os.environ[program.upper().replace("-", "_")]
    environment = settings | {"LOG_LEVEL": "no-such-level", "LOG_FORMAT": "text"}
    result = subprocess.run([binary, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 64, result.stderr
    assert "LOG_LEVEL" in result.stderr
    assert result.stderr.count("expected") == 1, result.stderr
