"""The chart: rendered and linted by Helm's own SDK, each manifest against the schema of Kubernetes, policies by checkov."""

import copy
import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import helm_python
import pytest
import yaml

from conftest import CHART, EVERYTHING, NEEDED, documented_settings, merged, program, render

JOBS = {
    "worker-loader": ("0 * * * *", ["load"]),
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
    "worker-tagger": "cronJobs.tagger",
    "worker-judge": "cronJobs.judge",
    "worker-judge-collect": "cronJobs.judgeCollect",
    "worker-push": "cronJobs.push",
    "worker-tag-and-push": "cronJobs.braintrust.tagAndPush",
    "worker-backup-logs": "cronJobs.braintrust.backupLogs",
}


def test_lint():
    result = helm_python.lint(CHART, EVERYTHING, strict=True)
    assert not result["errors"]
    assert [message["error"] for message in result["messages"]] == ["icon is recommended"]


def test_jobs_and_schedules(manifests):
    found = {
        name: (job["spec"]["schedule"], pod(job)["containers"][0]["args"]) for name, job in cron_jobs(manifests).items()
    }
    assert found == JOBS


def test_jobs_of_braintrust_logs_are_off_by_default():
    assert set(cron_jobs(render(NEEDED))) == set(JOBS) - {"worker-tag-and-push", "worker-backup-logs"}


def notes_of(values: dict[str, Any]) -> str:
    files = helm_python.Chart.load(CHART).render(values, name="worker", namespace="interactions")
    (notes,) = [text for name, text in files.items() if name.endswith("NOTES.txt")]
    return notes


def test_notes_name_the_jobs():
    notes = notes_of(EVERYTHING)
    jobs = cron_jobs(render(EVERYTHING))
    said = dict(re.findall(r"^  ([\w-]+) +(.*) \(Etc/UTC\)$", notes, re.MULTILINE))
    assert {f"worker-{name}": schedule for name, schedule in said.items()} == {
        name: job["spec"]["schedule"] for name, job in jobs.items()
    }
    assert re.search(r"--from=cronjob/([\w-]+)", notes)[1] in jobs


def test_notes_say_what_sleeps():
    values = merged(EVERYTHING, {"suspend": True, "cronJobs": {"loader": {"suspend": False}}})
    jobs = cron_jobs(render(values))
    said = re.findall(r"^  ([\w-]+) +.* \(Etc/UTC\)(, suspended)?$", notes_of(values), re.MULTILINE)
    assert {f"worker-{name}": bool(suspended) for name, suspended in said} == {
        name: job["spec"]["suspend"] for name, job in jobs.items()
    }


def test_nothing_of_the_templates_is_left_in_manifests():
    files = helm_python.Chart.load(CHART).render(EVERYTHING, name="worker", namespace="interactions")
    assert not [name for name, text in files.items() if "toString" in text]


def test_what_is_not_there_can_be_left_out():
    values = merged(NEEDED, {"cronJobs": {"tagger": {"enabled": False}, "push": {"enabled": False}}})
    del values["braintrust"]
    assert set(cron_jobs(render(values))) == {"worker-loader", "worker-judge", "worker-judge-collect"}
    values = merged(NEEDED, {"cronJobs": {"judge": {"enabled": False}, "judgeCollect": {"enabled": False}}})
    del values["googleCloud"]
    assert set(cron_jobs(render(values))) == {"worker-loader", "worker-tagger", "worker-push"}


def test_each_job_is_restricted(manifests):
    for name, job in cron_jobs(manifests).items():
        spec = job["spec"]
        assert spec["concurrencyPolicy"] == "Forbid", name
        assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 0, name
        container = pod(job)["containers"][0]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert pod(job)["securityContext"]["runAsNonRoot"] is True, name
        assert pod(job)["automountServiceAccountToken"] is False, name
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}, name


def test_schema_of_kubernetes(manifests, tmp_path):
    file = tmp_path / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(manifests.values()))
    command = [program("kubernetes-validate"), "-k", "1.31", "--strict", str(file)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_policies(manifests, tmp_path):
    file = tmp_path / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(manifests.values()))
    command = [program("checkov"), "-f", str(file), "--framework", "kubernetes", "--skip-download", "--compact", "--quiet"]
    # The programs read secrets from the environment only, as Cloud Run gives them.
    result = subprocess.run([*command, "--skip-check", "CKV_K8S_35"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_volume_of_tagged_logs(manifests):
    spec = pod(cron_jobs(manifests)["worker-tag-and-push"])
    assert spec["volumes"] == [{"name": "work", "persistentVolumeClaim": {"claimName": "tagged-logs"}}]
    assert spec["containers"][0]["volumeMounts"] == [{"name": "work", "mountPath": "/shared/braintrust"}]
    without = merged(EVERYTHING, {"cronJobs": {"braintrust": {"tagAndPush": {"usePvc": False}}}})
    assert pod(cron_jobs(render(without))["worker-tag-and-push"])["volumes"] == [{"name": "work", "emptyDir": {}}]


def test_own_files_are_mounted_in_every_job(tmp_path):
    volume = {"name": "google", "secret": {"secretName": "google-key"}}
    mount = {"name": "google", "mountPath": "/etc/google", "readOnly": True}
    own = {"extraVolumes": [volume], "extraVolumeMounts": [mount], "podAnnotations": {"example.com/inject": "false"}}
    manifests = render(merged(EVERYTHING, own | {"metrics": {"usePvc": True, "pvcName": "metrics"}}))
    for name, job in cron_jobs(manifests).items():
        assert volume in pod(job)["volumes"], name
        assert mount in pod(job)["containers"][0]["volumeMounts"], name
        template = job["spec"]["jobTemplate"]["spec"]["template"]["metadata"]
        assert template["annotations"] == own["podAnnotations"], name
    test_schema_of_kubernetes(manifests, tmp_path)
    assert pod(cron_jobs(render(merged(NEEDED, own)))["worker-judge"])["volumes"] == [volume]


def test_a_busy_hour_costs_no_week(manifests):
    """A weekly job that is not started in time is made up for, and each week is in two backups."""
    for (kind, _), manifest in manifests.items():
        if kind == "CronJob":
            assert manifest["spec"]["startingDeadlineSeconds"] >= 12 * 3600
    (container,) = manifests["CronJob", "worker-backup-logs"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "BACKUP_DAYS", "value": "14"} in container["env"]


def test_metrics_are_left_in_a_volume():
    jobs = cron_jobs(render(merged(EVERYTHING, {"metrics": {"usePvc": True, "pvcName": "metrics"}})))
    files = {}
    for name, job in jobs.items():
        container = pod(job)["containers"][0]
        for variable, value in variables(job).items():
            if variable.endswith("_METRICS_FILE"):
                assert {"name": "metrics", "mountPath": "/metrics"} in container["volumeMounts"]
                assert {"name": "metrics", "persistentVolumeClaim": {"claimName": "metrics"}} in pod(job)["volumes"]
                files[name, variable] = value
    assert files == {
        ("worker-loader", "LOAD_METRICS_FILE"): "/metrics/worker-loader.prom",
        ("worker-tagger", "TAG_METRICS_FILE"): "/metrics/worker-tagger.prom",
        ("worker-judge-collect", "JUDGE_METRICS_FILE"): "/metrics/worker-judge-collect.prom",
        ("worker-push", "PUSH_METRICS_FILE"): "/metrics/worker-push.prom",
        ("worker-tag-and-push", "PUSH_METRICS_FILE"): "/metrics/worker-tag-and-push.prom",
        ("worker-tag-and-push", "TAG_METRICS_FILE"): "/metrics/worker-tag-and-push-tags.prom",
        ("worker-backup-logs", "BACKUP_METRICS_FILE"): "/metrics/worker-backup-logs.prom",
    }


def test_what_reaches_its_deadline_has_stopped_before(manifests):
    for name, job in cron_jobs(manifests).items():
        settings = {variable["name"]: variable.get("value", "") for variable in pod(job)["containers"][0]["env"]}
        if "MAX_DURATION" in settings:
            minutes = int(settings["MAX_DURATION"].removesuffix("m"))
            # Up to five minutes to store what was read, and one to seal.
            assert minutes * 60 + 360 <= job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"], name


@pytest.mark.parametrize(
    ("duration", "seconds"), [("50m", 3360), ("1h30m", 5760), ("2h", 7560), ("90s", 450), ("1h1m1s", 4021), ("08m", 840)]
)
def test_who_would_be_killed_at_work_is_refused(duration, seconds):
    for deadline, is_right in ((seconds, True), (seconds - 1, False)):
        loader = {"env": {"MAX_DURATION": duration}, "activeDeadlineSeconds": deadline}
        values = merged(NEEDED, {"cronJobs": {"loader": loader}})
        if is_right:
            assert variables(cron_jobs(render(values))["worker-loader"])["MAX_DURATION"] == duration
        else:
            with pytest.raises(helm_python.HelmError, match=f"cronJobs.loader: .* {duration} .* {seconds} or more"):
                render(values)


def test_names_of_values_are_the_operators():
    """Of the automation that was there before."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for secret in ("braintrust", "anthropic"):
        assert "ref" in values["secrets"][secret]
    jobs = values["cronJobs"]["braintrust"]
    assert {"enabled", "schedule", "serviceAccount", "bucket", "prefix"} <= set(jobs["backupLogs"])
    assert {"enabled", "schedule", "serviceAccount", "usePvc", "pvcName"} <= set(jobs["tagAndPush"])


def test_where_backups_go(manifests):
    """Names of buckets are unique in the world: the chart cannot know one."""
    given = variables(cron_jobs(manifests)["worker-backup-logs"])
    assert (given["BACKUP_BUCKET"], given["BACKUP_PREFIX"]) == ("my-backups", "logs")
    assert "BACKUP_SPOOL" not in given
    own = {"cronJobs": {"braintrust": {"backupLogs": {"spool": "my-spool", "prefix": "/"}}}}
    given = variables(cron_jobs(render(merged(EVERYTHING, own)))["worker-backup-logs"])
    assert (given["BACKUP_SPOOL"], given["BACKUP_PREFIX"]) == ("my-spool", "/")


def test_names_of_secrets_are_the_operators(manifests):
    values = merged(EVERYTHING, {"secrets": {"braintrust": {"ref": "own-secret", "key": "own-key"}}})
    environment = pod(cron_jobs(render(values))["worker-backup-logs"])["containers"][0]["env"]
    assert {
        "name": "BRAINTRUST_API_KEY",
        "valueFrom": {"secretKeyRef": {"name": "own-secret", "key": "own-key"}},
    } in environment


def test_own_secrets():
    own = {"KAFKA_OPTIONS": {"ref": "mine", "key": "options"}, "HTTPS_PROXY": {"ref": "proxy", "key": "url"}}
    own["KAFKA_SASL_PASSWORD"] = {"ref": "rotated", "key": "word"}
    own["KAFKA_BROKERS"] = {"ref": "mine", "key": "brokers"}
    values = merged(NEEDED, {"cronJobs": {"loader": {"secretEnv": own}}})
    given = variables(cron_jobs(render(values))["worker-loader"])
    assert {name: given[name] for name in own} == {name: (secret["ref"], secret["key"]) for name, secret in own.items()}
    assert given["KAFKA_SASL_USERNAME"] == ("kafka-credentials", "username")


@pytest.mark.parametrize("name", PLACES)
def test_variables_of_every_job(name):
    """And what the job itself says wins."""
    proxy = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "metadata.google.internal", "LOG_LEVEL": "debug"}
    values = merged(EVERYTHING, {"env": proxy} | changed(PLACES[name], {"env": {"LOG_LEVEL": "error"}}))
    jobs = cron_jobs(render(values))
    for job in jobs:
        given = variables(jobs[job])
        assert given["HTTPS_PROXY"] == proxy["HTTPS_PROXY"] and given["no_proxy"] == proxy["no_proxy"]
        assert given["LOG_LEVEL"] == ("error" if job == name else "debug")
    secret = changed(PLACES[name], {"secretEnv": {"HTTPS_PROXY": {"ref": "proxy", "key": "url"}}})
    given = variables(cron_jobs(render(merged(values, secret)))[name])
    assert given["HTTPS_PROXY"] == ("proxy", "url")


def test_settings_are_those_of_the_programs(manifests):
    known = yaml.safe_load((CHART / "settings.yaml").read_text())
    documented = documented_settings()
    for command, names in known["commands"].items():
        assert names == sorted(documented[command]), command
    commands = {name: pod(job)["containers"][0] for name, job in cron_jobs(manifests).items()}
    assert set(known["commands"]) == {
        f"{container['image'].split('@')[0].split('/')[-1]} {container['args'][0]}" for container in commands.values()
    }
    assert not set(known["libraries"]) & set.union(*documented.values())


@pytest.mark.parametrize("name", PLACES)
def test_misspelt_variables_are_refused(name):
    place = re.escape(PLACES[name])
    for kind, value in (("env", "1"), ("secretEnv", {"ref": "r", "key": "k"})):
        with pytest.raises(helm_python.HelmError, match=rf"{place}\.{kind}\.LOG_LEVELL: .* no such variable"):
            render(merged(EVERYTHING, changed(PLACES[name], {kind: {"LOG_LEVELL": value}})))


def test_what_only_some_jobs_know_is_not_for_all():
    with pytest.raises(helm_python.HelmError, match=r"env\.GZIP_LEVEL: `batch-judge .*` knows no such variable"):
        render(merged(NEEDED, {"env": {"GZIP_LEVEL": 1}}))


def test_secrets_in_values_are_refused():
    secrets = {
        "cronJobs.tagger": "ANTHROPIC_API_KEY",
        "cronJobs.push": "BRAINTRUST_API_KEY",
        "cronJobs.loader": "KAFKA_SASL_PASSWORD",
    }
    for place, name in secrets.items():
        with pytest.raises(helm_python.HelmError, match=rf"{re.escape(place)}\.env\.{name}: .* secretEnv"):
            render(merged(NEEDED, changed(place, {"env": {name: "x"}})))
    # No other setting looks like one.
    known = set.union(*documented_settings().values())
    assert {name for name in known if re.search("(_KEY|PASSWORD|SECRET|TOKEN)$", name)} == set(secrets.values())


def test_in_values_and_in_a_secret_is_refused():
    both = {"env": {"KAFKA_OPTIONS": "a=b"}, "secretEnv": {"KAFKA_OPTIONS": {"ref": "r", "key": "k"}}}
    with pytest.raises(helm_python.HelmError, match="cronJobs.loader: KAFKA_OPTIONS is in env and in secretEnv"):
        render(merged(NEEDED, {"cronJobs": {"loader": both}}))


def test_brokers_can_be_reached():
    ports = {"kafkaPorts": [9092], "extraPorts": [3128]}
    values = merged(EVERYTHING, {"kafka": {"brokers": "a:19092,b:9094"}, "networkPolicy": ports})
    rules = render(values)["NetworkPolicy", "worker-jobs"]["spec"]["egress"]
    assert [port["port"] for port in rules[1]["ports"]] == [443, 9092, 3128, 19092, 9094]


def test_workload_identity():
    account = "loader-sa@my-project.iam.gserviceaccount.com"
    rendered = render(merged(NEEDED, {"serviceAccounts": {"google": {"interaction-loader": account}}}))
    annotations = rendered["ServiceAccount", "interaction-loader"]["metadata"]["annotations"]
    assert annotations == {"iam.gke.io/gcp-service-account": account}


def test_every_job_has_its_account():
    own = {"cronJobs": {"loader": {"serviceAccount": "own"}, "tagger": {"enabled": False}}}
    manifests = render(merged(EVERYTHING, own))
    made = {name for kind, name in manifests if kind == "ServiceAccount"}
    assert made == {pod(job)["serviceAccountName"] for job in cron_jobs(manifests).values()}
    assert made == {"own", "batch-judge", "logs-backup"}


def test_two_releases_share_a_namespace():
    own = changed("cronJobs.loader.serviceAccount", "second-loader")
    second = {"cronJobs": {"tagger": {"enabled": False}, "push": {"enabled": False}, "judge": {"enabled": False}}}
    second["cronJobs"]["judgeCollect"] = {"enabled": False}
    made = {name for kind, name in render(merged(merged(NEEDED, second), own)) if kind == "ServiceAccount"}
    assert made == {"second-loader"}
    shared = render(merged(NEEDED, {"serviceAccounts": {"create": False}}))
    assert not [name for kind, name in shared if kind == "ServiceAccount"]
    # Whatever else there is has the release's name.
    assert all(name.startswith("worker-") for _, name in shared)


def test_jobs_are_found_by_their_labels():
    manifests = render(merged(EVERYTHING, {"podLabels": {"team": "data"}}))
    for name, job in cron_jobs(manifests).items():
        template = job["spec"]["jobTemplate"]
        labels = template["metadata"]["labels"]
        assert labels == template["spec"]["template"]["metadata"]["labels"], name
        assert labels["app.kubernetes.io/instance"] == "worker" and labels["team"] == "data", name
        assert set(job["metadata"]["labels"]) <= set(labels), name


def test_tags_of_a_file_need_no_braintrust():
    off = {"cronJobs": {"push": {"enabled": False}, "tagger": {"env": {"TAXONOMY": "/app/prompts/tags.example.yml"}}}}
    values = merged(NEEDED, off)
    del values["braintrust"]
    names = set(variables(cron_jobs(render(values))["worker-tagger"]))
    assert "ANTHROPIC_API_KEY" in names and not [name for name in names if name.startswith("BRAINTRUST")]
    # An empty variable counts as unset.
    values = merged(NEEDED, {"cronJobs": {"tagger": {"env": {"TAXONOMY": ""}}}})
    assert "BRAINTRUST_API_KEY" in variables(cron_jobs(render(values))["worker-tagger"])


def test_days_are_those_of_utc():
    jobs = cron_jobs(render(merged(EVERYTHING, {"timeZone": "Asia/Tokyo"})))
    assert all(job["spec"]["timeZone"] == "Asia/Tokyo" for job in jobs.values())
    assert "JOB_TIME_ZONE" not in str(jobs)


def test_what_costs_money_is_not_started_again(manifests):
    limits = {name: job["spec"]["jobTemplate"]["spec"]["backoffLimit"] for name, job in cron_jobs(manifests).items()}
    assert {name for name, limit in limits.items() if limit == 0} == {
        "worker-tagger", "worker-judge", "worker-tag-and-push",
    }


def test_all_can_sleep():
    jobs = cron_jobs(render(merged(EVERYTHING, {"suspend": True})))
    assert len(jobs) == len(JOBS) and all(job["spec"]["suspend"] is True for job in jobs.values())


def test_some_can_sleep():
    values = merged(EVERYTHING, {"suspend": True, "cronJobs": {"loader": {"suspend": False}}})
    awake = {name for name, job in cron_jobs(render(values)).items() if job["spec"]["suspend"] is False}
    assert awake == {"worker-loader"}
    values = merged(EVERYTHING, {"cronJobs": {"push": {"suspend": True}}})
    assert {name for name, job in cron_jobs(render(values)).items() if job["spec"]["suspend"]} == {"worker-push"}


def test_loaders_share_the_partitions():
    values = merged(NEEDED, {"backoffLimit": 2, "cronJobs": {"loader": {"parallelism": 3}}})
    spec = cron_jobs(render(values))["worker-loader"]["spec"]["jobTemplate"]["spec"]
    assert (spec["parallelism"], spec["completions"]) == (3, 3)
    # It counts the pods that failed, and stops all of them: each may as often as a single one.
    assert spec["backoffLimit"] == 6
    jobs = cron_jobs(render(EVERYTHING))
    for name, job in jobs.items():
        spec = job["spec"]["jobTemplate"]["spec"]
        assert spec.get("parallelism", 1) == 1 and spec.get("completions", 1) == 1, name


def test_priority(tmp_path):
    manifests = render(merged(EVERYTHING, {"priorityClassName": "batch-low"}))
    assert {pod(job)["priorityClassName"] for job in cron_jobs(manifests).values()} == {"batch-low"}
    test_schema_of_kubernetes(manifests, tmp_path)
    assert "priorityClassName" not in pod(cron_jobs(render(NEEDED))["worker-loader"])


def test_whoever_submits_to_the_judge_has_its_budget(manifests):
    """The collector asks again what failed."""
    for name in ("worker-judge", "worker-judge-collect"):
        assert variables(cron_jobs(manifests)[name])["MAX_COST_USD"] == "300"


def test_the_budget_admits_a_day_beside_one_that_was_missed():
    text = (CHART / "values.yaml").read_text()
    worst = float(re.search(r"about ([\d.]+) for each interaction", text)[1])
    # RUNBOOK's example is a million interactions a month.
    assert yaml.safe_load(text)["cronJobs"]["judge"]["maxCostUsd"] >= 2 * worst * 1e6 / 30


def test_numbers_are_written_out():
    values = merged(NEEDED, {"cronJobs": {"loader": {"env": {"MAX_RECORD_BYTES": 20000000, "FOLLOW": True}}}})
    environment = pod(cron_jobs(render(values))["worker-loader"])["containers"][0]["env"]
    assert {"name": "MAX_RECORD_BYTES", "value": "20000000"} in environment
    assert {"name": "FOLLOW", "value": "true"} in environment


def test_a_long_name_is_refused():
    chart = helm_python.Chart.load(CHART)
    with pytest.raises(helm_python.HelmError, match="too long"):
        chart.render(EVERYTHING, name="w" * 39, namespace="interactions")


def test_own_settings_win():
    values = merged(NEEDED, {"cronJobs": {"loader": {"env": {"MAX_DURATION": "20m", "GZIP_LEVEL": 1}}}})
    environment = pod(cron_jobs(render(values))["worker-loader"])["containers"][0]["env"]
    given = {variable["name"]: variable.get("value") for variable in environment}
    assert (given["MAX_DURATION"], given["GZIP_LEVEL"]) == ("20m", "1")
    assert len(given) == len(environment)


@pytest.mark.parametrize(
    ("kafka", "left"),
    [({"securityProtocol": "ssl"}, []), ({"saslMechanism": "OAUTHBEARER"}, ["KAFKA_SASL_MECHANISM"])],
)
def test_without_passwords(kafka, left):
    environment = pod(cron_jobs(render(merged(NEEDED, {"kafka": kafka})))["worker-loader"])["containers"][0]["env"]
    assert [variable["name"] for variable in environment if "SASL" in variable["name"]] == left


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
        ({"cronJobs": {"loader": {"env": {"MAX_DURATION": "2d"}}}}, "cronJobs.loader: MAX_DURATION is 2d"),
        ({"cronJobs": {"judge": {"env": {"FOO_TOKEN": "x"}}}}, "cronJobs.judge.env.FOO_TOKEN"),
        ({"metrics": {"usePvc": True}}, "metrics.pvcName"),
    ],
)
def test_wrong_values_are_refused(change, complaint):
    with pytest.raises(helm_python.HelmError, match=complaint):
        render(merged(copy.deepcopy(EVERYTHING), change))
