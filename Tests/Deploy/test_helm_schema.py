"""Values that the chart refuses."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import helm_python
import pytest

from chart import changed
from conftest import CHART, EVERYTHING, merged, render

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
OWN_LABELS = ["name", "instance", "version", "component", "managed-by"]
# Of what only a pattern tells.
WRONG = {
    "images.loader.digest": ["latest", "sha256:abc"],
    "storage.url": ["file:///data", "gs://"],
    "kafka.brokers": ["broker", "broker:0", "broker:65536", "broker:99999", "a:9092,b", "a:9092, b:9092", "kafka://a:1"],
    "kafka.topic": ["", "a b", "t" * 250],
    "googleCloud.location": ["Europe West"],
    "braintrust.projectId": ["my-project"],
    "serviceAccounts.google": [{"batch-judge": "me@example.com"}],
    "cronJobs.loader.schedule": ["hourly", "0 * * *", "0 0 * * * *"],
    "cronJobs.loader.serviceAccount": ["Own", "-own", "a" * 64],
    "cronJobs.judge.maxCostUsd": [-1],
    "cronJobs.braintrust.tagAndPush.taggedLogsFile": ["/logs.jsonl", "logs.jsonl"],
    "cronJobs.braintrust.backupLogs.bucket": ["ab"],
    "cronJobs.braintrust.backupLogs.spool": ["ab"],
    "networkPolicy.extraPorts": [[0], [65536], ["http"]],
    "networkPolicy.kafkaPorts": [[0], [65536]],
    "images.pullSecrets": [[{"name": "My"}], [{}]],
    "extraVolumes": [[{"name": "work"}], [{"name": "metrics"}], [{}]],
    "extraVolumeMounts": [[{"name": "own", "mountPath": path}] for path in ("/app", "/app/", "etc")] + [[{"name": "o"}]],
    "podLabels": [{f"app.kubernetes.io/{name}": "x"} for name in OWN_LABELS] + [{"helm.sh/chart": "x"}, {"team": 1}],
    "podAnnotations": [{"a": 1}],
    "env": [{"LOG_LEVEL": ["debug"]}],
    "priorityClassName": ["Low"],
    "cronJobs.loader.env": [{"LOG_LEVEL": {"ref": "r"}}],
    "cronJobs.loader.secretEnv": [
        {"KAFKA_OPTIONS": wrong}
        for wrong in (
            "x",
            {"ref": "r"},
            {"key": "k"},
            {"ref": "", "key": "k"},
            {"ref": "r", "key": ""},
            {"ref": "r", "key": "k", "misspelt": "x"},
        )
    ],
}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema


def wrong_values(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """For every value that the schema names at least one that it must not take, by what it says of it."""
    schema = resolved(schema)
    kind = schema.get("type")
    if path:
        yield from ((path, wrong) for wrong in WRONG.get(path, []))
        yield path, "5" if kind in ("integer", "number") else 5
    if "enum" in schema:
        yield path, "no such choice"
    for limit, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0)):
        if limit in schema:
            yield path, schema[limit] + step
    if "minLength" in schema:
        yield path, ""
    if "pattern" in schema:
        yield path, " "
    if "properties" in schema and schema.get("additionalProperties") is False:
        yield f"{path}.misspelt".removeprefix("."), "x"
    for name, member in schema.get("properties", {}).items():
        yield from wrong_values(member, f"{path}.{name}".removeprefix("."))
    if path and "required" in schema:
        # What is null is taken out of the defaults.
        yield from ((f"{path}.{name}", None) for name in schema["required"])


CASES = list(wrong_values(SCHEMA))


def test_every_wrong_value_is_of_the_schema():
    assert set(WRONG) <= {path for path, _ in CASES}


@pytest.mark.parametrize(("path", "wrong"), CASES, ids=[f"{path}={str(wrong)[:40]}" for path, wrong in CASES])
def test_the_schema_refuses(path, wrong):
    with pytest.raises(helm_python.HelmError, match="(?s)schema.*" + re.escape(path.split(".")[-1])):
        render(merged(copy.deepcopy(EVERYTHING), changed(path, wrong)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"images": {"loader": {"digest": ""}}}, "images.loader"),
        ({"storage": {"url": ""}}, "storage.url"),
        ({"kafka": {"brokers": ""}}, "kafka.brokers"),
        ({"serviceAccounts": {"google": {"nobody": "a@b.iam.gserviceaccount.com"}}}, "nobody"),
        ({"googleCloud": {"project": ""}}, "googleCloud.project"),
        ({"braintrust": {"projectId": ""}}, "braintrust.projectId"),
        ({"cronJobs": {"braintrust": {"tagAndPush": {"pvcName": ""}}}}, "pvcName"),
        ({"cronJobs": {"braintrust": {"backupLogs": {"bucket": ""}}}}, "backupLogs.bucket"),
        ({"cronJobs": {"loader": {"env": {"MAX_DURATION": "2d"}}}}, "cronJobs.loader: MAX_DURATION is \"2d\""),
        ({"cronJobs": {"loader": {"env": {"MAX_DURATION": ""}}}}, "cronJobs.loader: MAX_DURATION is \"\""),
        ({"cronJobs": {"tagger": {"env": {"MAX_DURATION": None}}}}, "cronJobs.tagger: MAX_DURATION is \"\""),
        ({"cronJobs": {"loader": {"env": {"KAFKA_OPTIONS": "ssl.key.pem=-----BEGIN PRIVATE KEY"}}}}, "no place for secrets"),
        (
            {"cronJobs": {"loader": {"parallelism": 2}}, "metrics": {"usePvc": True, "pvcName": "metrics"}},
            "with metrics.usePvc there is one loader",
        ),
        ({"cronJobs": {"judge": {"env": {"FOO_TOKEN": "x"}}}}, "cronJobs.judge.env.FOO_TOKEN"),
        ({"metrics": {"usePvc": True}}, "metrics.pvcName"),
    ],
)
def test_wrong_values_are_refused(change, complaint):
    with pytest.raises(helm_python.HelmError, match=complaint):
        render(merged(copy.deepcopy(EVERYTHING), change))
