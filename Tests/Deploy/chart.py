"""What the tests of the chart share: its jobs, and how they are read."""

import pathlib
import subprocess
from typing import Any

import yaml

from conftest import program

JOBS = {
    "worker-loader": ("0 * * * *", ["load"]),
    "worker-verify": ("45 6 * * *", ["verify"]),
    "worker-tagger": ("20 * * * *", ["tag"]),
    "worker-judge": ("0 2 * * *", ["trigger"]),
    "worker-judge-collect": ("30 */2 * * *", ["collect"]),
    "worker-push": ("30 6 * * *", ["push"]),
    "worker-tag-and-push": ("0 2 * * *", ["tag-and-push"]),
    "worker-backup-logs": ("0 1 * * 0", ["backup"]),
}


def cron_jobs(manifests: dict[tuple[str, str], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: manifest for (kind, name), manifest in manifests.items() if kind == "CronJob"}


def pod(job: dict[str, Any]) -> dict[str, Any]:
    return job["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def variables(job: dict[str, Any]) -> dict[str, Any]:
    """What the container is given: values, and what is read from Secrets as ref and key."""
    given = {}
    for variable in pod(job)["containers"][0]["env"]:
        assert variable["name"] not in given, "a variable that is there twice"
        secret = variable.get("valueFrom", {}).get("secretKeyRef")
        given[variable["name"]] = (secret["name"], secret["key"]) if secret else variable["value"]
    return given


def changed(path: str, value: Any) -> dict[str, Any]:
    """`{"cronJobs": {"loader": value}}` for `cronJobs.loader`."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


# Where each job is in the values.
PLACES = {
    "worker-loader": "cronJobs.loader",
    "worker-verify": "cronJobs.verify",
    "worker-tagger": "cronJobs.tagger",
    "worker-judge": "cronJobs.judge",
    "worker-judge-collect": "cronJobs.judgeCollect",
    "worker-push": "cronJobs.push",
    "worker-tag-and-push": "cronJobs.braintrust.tagAndPush",
    "worker-backup-logs": "cronJobs.braintrust.backupLogs",
}


def validate(manifests: dict[tuple[str, str], dict[str, Any]], folder: pathlib.Path) -> None:
    """Strictly, by the schema of Kubernetes."""
    file = folder / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(manifests.values()))
    command = [program("kubernetes-validate"), "-k", "1.31", "--strict", str(file)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
