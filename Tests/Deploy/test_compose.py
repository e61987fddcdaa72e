"""The laptop's compose file: what Compose makes of it, and what it gives to the programs."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request

import pytest
import yaml
from compose_spec import PyCompose

from conftest import ROOT, composed

DEPLOY = ROOT / "deploy"
JOBS = {"loader", "tagger", "judge", "push"}


def services(environment: dict[str, str] | None = None) -> dict[str, dict]:
    return composed(environment)["services"]


def test_is_a_compose_file():
    PyCompose.from_json(json.dumps(composed()))


def test_a_mistake_is_noticed():
    wrong = composed()
    wrong["services"]["loader"]["comand"] = []
    with pytest.raises(ValueError, match="comand"):
        PyCompose.from_json(json.dumps(wrong))


def test_without_a_profile_nothing_needs_an_account():
    without = {name for name, service in services().items() if not service.get("profiles")}
    assert without == {"kafka", "topic", "gcs", "bucket", "loader", "metrics", "prometheus", "grafana"}
    for name in without:
        assert "API_KEY" not in json.dumps(services()[name])


def test_every_service_and_volume_that_is_named_is_there():
    document = composed()
    for name, service in document["services"].items():
        assert set(service.get("depends_on", {})) <= set(document["services"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_dir(), source
            elif not source.startswith("/"):
                assert source in document["volumes"], source


def test_jobs_are_built_from_the_dockerfile():
    dockerfile = (ROOT / "Dockerfile").read_text()
    for name in JOBS:
        service = services()[name]
        target = service["build"]["target"]
        assert f" AS {target}\n" in dockerfile
        assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
        entry = re.search(r'ENTRYPOINT \["(.*)"\]', dockerfile.split(f" AS {target}\n")[1])[1]
        folder, program = entry.rsplit("/", 1)
        assert program == service["command"][0] and folder in service["environment"]["PATH"].split(":")


def test_files_of_the_image_are_there():
    named = re.findall(r"/app/(prompts/[\w.]+)", json.dumps(composed()))
    assert named == ["prompts/tags.example.yml"]
    assert (ROOT / named[0]).is_file() and "/app/prompts" in (ROOT / "Dockerfile").read_text()


def test_jobs_are_restricted():
    for name in JOBS:
        service = services()[name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and service["mem_limit"] == "512m", name


def test_ports_are_open_to_this_machine_only():
    for service in services().values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_names_agree():
    document = services()
    topic = document["topic"]["command"][document["topic"]["command"].index("--topic") + 1]
    assert {document[name]["environment"]["KAFKA_TOPIC"] for name in JOBS} == {topic}
    assert topic in " ".join(document["sample"]["command"])
    # Storage: the emulator, its bucket, and where the dashboard looks for it.
    environment = document["loader"]["environment"]
    assert environment["STORAGE_EMULATOR_HOST"] == "http://gcs:4443"
    bucket = environment["STORAGE_URL"].removeprefix("gs://")
    assert f'"name": "{bucket}"' in " ".join(document["bucket"]["command"])
    variables = json.loads((DEPLOY / "grafana/dashboards/reports.json").read_text())["templating"]["list"]
    defaults = {variable["name"]: variable["query"] for variable in variables if variable["type"] == "textbox"}
    assert defaults == {"storage": "http://gcs:4443", "bucket": bucket, "prefix": "", "topic": topic}
    # Kafka: a listener inside, and one for programs on the machine.
    kafka = document["kafka"]["environment"]
    assert f"//{environment['KAFKA_BROKERS']}," in kafka["KAFKA_ADVERTISED_LISTENERS"] + ","
    assert "//localhost:9094" in kafka["KAFKA_ADVERTISED_LISTENERS"]


def test_metrics_come_to_the_dashboards():
    document = services()
    # One file for each job, in the directory that is collected.
    files = [
        value
        for name in JOBS
        for variable, value in document[name]["environment"].items()
        if variable.endswith("_METRICS_FILE")
    ]
    assert len(files) == len(set(files)) == 4 and all(file.startswith("/metrics/") for file in files)
    assert all(file.endswith(".prom") for file in files)
    assert "--collector.textfile.directory=/metrics" in document["metrics"]["command"]
    for name in JOBS | {"metrics"}:
        assert any(volume.startswith("metrics:/metrics") for volume in document[name]["volumes"]), name
    scraped = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    assert scraped[0]["static_configs"][0]["targets"] == ["metrics:9100"]
    sources = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/stream-worker.yml").read_text())["datasources"]
    assert sources[0]["url"] == "http://prometheus:9090"
    assert sources[1]["type"] == document["grafana"]["environment"]["GF_PLUGINS_PREINSTALL"]
    provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/stream-worker.yml").read_text())["providers"][0]
    assert any(volume.split(":")[1] == provider["options"]["path"] for volume in document["grafana"]["volumes"])


def test_a_real_bucket_takes_the_place_of_the_emulator():
    chosen = {"STORAGE_URL": "gs://own/x", "STORAGE_EMULATOR_HOST": "", "GOOGLE_CREDENTIALS_FILE": "/home/me/key.json"}
    environment = services(chosen)["judge"]["environment"]
    assert environment["STORAGE_URL"] == "gs://own/x" and not environment["STORAGE_EMULATOR_HOST"]
    assert environment["GOOGLE_APPLICATION_CREDENTIALS"] == "/credentials.json"
    assert not services()["judge"]["environment"]["GOOGLE_APPLICATION_CREDENTIALS"]
    # Which is empty, and gets what Kafka has if the group has no offsets yet.
    assert services()["loader"]["environment"]["KAFKA_CONSUMER_GROUP"] == "interaction-loader"
    chosen = {"KAFKA_CONSUMER_GROUP": "another"}
    assert services(chosen)["loader"]["environment"]["KAFKA_CONSUMER_GROUP"] == "another"


def test_the_timer_runs_again_and_hands_on_the_signal(tmp_path):
    shell, option, script, name = services()["loader"]["entrypoint"]
    log = tmp_path / "log"
    job = tmp_path / "job"
    job.write_text(f"#!/bin/sh\necho run >>{log}\nexit 75\n")
    job.chmod(0o755)
    environment = os.environ | {"EVERY_SECONDS": "0.1"}
    process = subprocess.Popen([shell, option, script, name, str(job)], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (log.exists() and log.read_text().count("run") > 1):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.terminate()
    process.wait(timeout=30)

    # A job that is at work gets the signal, and is waited for.
    job.write_text(f"#!/bin/sh\ntrap 'echo stopped >>{log}; exit' TERM\necho started >>{log}\nsleep 60 & wait $!\n")
    process = subprocess.Popen([shell, option, script, name, str(job)], env=environment, stderr=subprocess.DEVNULL)
    while "started" not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    assert log.read_text().endswith("stopped\n")


def test_the_bucket_is_made_once(emulator):
    shell, option = services()["bucket"]["entrypoint"]
    (script,) = services()["bucket"]["command"]
    script = script.replace("http://gcs:4443", emulator)
    other = script.replace('"interactions"', '"other"')
    for text in (script, other, other):
        subprocess.run([shell, option, text], check=True)
    for name in ("interactions", "other"):
        urllib.request.urlopen(f"{emulator}/storage/v1/b/{name}").close()


def test_rules_are_where_prometheus_looks():
    assert "./prometheus:/etc/prometheus:ro" in services()["prometheus"]["volumes"]
    rules = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["rule_files"]
    assert all((DEPLOY / "prometheus" / rule).is_file() for rule in rules)
