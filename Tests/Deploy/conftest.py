"""What the checks of deploy/ and terraform/ share."""

import dataclasses
import functools
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import helm_python
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm"
DIGEST = "sha256:" + "a" * 64

# What an operator has to give; the rest has defaults.
NEEDED: dict[str, Any] = {
    "images": {
        "loader": {"repository": "registry.example.com/loader", "digest": DIGEST},
        "batchJudge": {"repository": "registry.example.com/batch-judge", "digest": DIGEST},
    },
    "storage": {"url": "gs://interactions/data"},
    "kafka": {"brokers": "broker:9092"},
    "googleCloud": {"project": "my-project"},
    "braintrust": {"projectId": "01234567-89ab-cdef-0123-456789abcdef"},
}
EVERYTHING = NEEDED | {
    "cronJobs": {
        "braintrust": {
            "tagAndPush": {"enabled": True, "usePvc": True, "pvcName": "tagged-logs"},
            "backupLogs": {"enabled": True, "bucket": "my-backups"},
        }
    }
}


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def render(values: dict[str, Any], namespace: str = "interactions") -> dict[tuple[str, str], dict[str, Any]]:
    """The manifests by kind and name."""
    files = helm_python.Chart.load(CHART).render(values, name="worker", namespace=namespace)
    manifests = {}
    for name, text in files.items():
        if name.endswith(".yaml"):
            for manifest in yaml.safe_load_all(text):
                if manifest:
                    manifests[manifest["kind"], manifest["metadata"]["name"]] = manifest
    return manifests


@pytest.fixture(scope="session")
def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    return render(EVERYTHING)


def composed(environment: dict[str, str] | None = None) -> dict[str, Any]:
    """deploy/compose.yaml with its variables filled in, by podman-compose. A copy: tests may change it."""
    return yaml.safe_load(_composed(tuple(sorted((environment or {}).items()))))


@functools.cache
def _composed(environment: tuple[tuple[str, str], ...]) -> str:
    command = [program("podman-compose"), "-f", str(ROOT / "deploy/compose.yaml"), "config"]
    clean = {"PATH": os.environ["PATH"], "COMPOSE_PROFILES": "sample,tags,push,judge"} | dict(environment)
    result = subprocess.run(command, env=clean, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@dataclasses.dataclass
class Demo:
    """What the programs write: a day that is loaded, tagged, judged and pushed, and a backup that is none."""

    store: pathlib.Path
    # The day that is judged.
    day: str
    # The run reports, which are the last line of each run's log, too.
    reports: list[dict[str, Any]]
    # The metrics, with their labels.
    metrics: dict[str, set[str]]


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Demo:
    directory = tmp_path_factory.mktemp("demo")
    store = directory / "run"
    files = {f"{job}_METRICS_FILE": str(directory / f"{job}.prom") for job in ("LOAD", "TAG", "JUDGE", "PUSH", "BACKUP")}
    command = [os.environ["DEVCLOUD"], "demo", "--directory", str(store)]
    result = subprocess.run(command, env=os.environ | files, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    # Nobody listens there. Every run that began leaves its metrics.
    command = [os.environ["BATCH_JUDGE"], "backup", "--bucket", f"file://{directory}/backup", "--max-duration", "1s"]
    nowhere = {"BRAINTRUST_API_URL": "http://127.0.0.1:1", "BRAINTRUST_API_KEY": "k", "BRAINTRUST_PROJECT_ID": "p"}
    result = subprocess.run(command, env=os.environ | files | nowhere, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 75, result.stderr
    metrics: dict[str, set[str]] = {}
    for file in files.values():
        for line in pathlib.Path(file).read_text().splitlines():
            if sample := re.match(r"(\w+)(?:\{(.*)\})? ", line):
                metrics[sample[1]] = metrics.get(sample[1], set()) | set(re.findall(r'(\w+)="', sample[2] or ""))
    return Demo(
        store=store,
        day=next(store.glob("judged/*/*/summary.json")).parent.name,
        reports=[json.loads(path.read_text()) for path in sorted(store.glob("_runs/*/*.json"))],
        metrics=metrics,
    )


@pytest.fixture(scope="session")
def emulator(demo, tmp_path_factory) -> Iterator[str]:
    """The compose file's emulator of Cloud Storage, with what the demo stored in its bucket. Where it listens."""
    directory = tmp_path_factory.mktemp("gcs")
    shutil.copytree(demo.store, directory / "given/interactions")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    flags = composed()["services"]["gcs"]["command"]
    own = {"-host": "127.0.0.1", "-port": port, "-filesystem-root": str(directory / "kept")}
    flags = [own.get(flag, value) for flag, value in zip(["", *flags], flags)]
    process = subprocess.Popen(
        [os.environ["FAKE_GCS_SERVER"], *flags, "-data", str(directory / "given")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{address}/storage/v1/b/interactions").close()
            break
        except OSError:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait()


def program(name: str) -> str:
    """Where a tool of this Python environment is."""
    return str(pathlib.Path(sys.executable).parent / name)


def documented_settings() -> dict[str, set[str]]:
    """The environment variables of each command, by docs/configuration.md, which a test holds to the programs."""
    commands: dict[str, set[str]] = {}
    command = ""
    for line in (ROOT / "docs/configuration.md").read_text().splitlines():
        if line.startswith("## "):
            command = line.removeprefix("## ")
        elif row := re.match(r"\| `--.*?` \| `([A-Z][A-Z0-9_]*)` \|", line):
            commands.setdefault(command, set()).add(row[1])
    return commands
