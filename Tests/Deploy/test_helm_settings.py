"""What the chart's values make of the jobs: variables, secrets, accounts, budgets."""

import re

import helm_python
import pytest
import yaml

from chart import JOBS, PLACES, changed, cron_jobs, pod, validate, variables
from conftest import CHART, EVERYTHING, NEEDED, ROOT, documented_settings, merged, render


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
    given = variables(cron_jobs(render(values))["worker-backup-logs"])
    assert given["BRAINTRUST_API_KEY"] == ("own-secret", "own-key")


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
    # Terraform's checks have the same ones.
    general = re.search(r"general = \[(.*?)\]", (ROOT / "terraform/checks.tf").read_text(), re.DOTALL)[1]
    assert re.findall(r'"(\w+)"', general) == known["libraries"]
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
    assert made == {"own", "interaction-loader", "batch-judge", "logs-backup"}


def test_two_releases_share_a_namespace():
    off = {name: {"enabled": False} for name in ("tagger", "judge", "judgeCollect", "push")}
    own = {name: {"serviceAccount": "second-loader"} for name in ("loader", "verify")}
    made = {name for kind, name in render(merged(NEEDED, {"cronJobs": off | own})) if kind == "ServiceAccount"}
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
    validate(manifests, tmp_path)
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
    given = variables(cron_jobs(render(values))["worker-loader"])
    assert (given["MAX_RECORD_BYTES"], given["FOLLOW"]) == ("20000000", "true")


def test_a_long_name_is_refused():
    chart = helm_python.Chart.load(CHART)
    with pytest.raises(helm_python.HelmError, match="too long"):
        chart.render(EVERYTHING, name="w" * 39, namespace="interactions")


def test_own_settings_win():
    values = merged(NEEDED, {"cronJobs": {"loader": {"env": {"MAX_DURATION": "20m", "GZIP_LEVEL": 1}}}})
    given = variables(cron_jobs(render(values))["worker-loader"])
    assert (given["MAX_DURATION"], given["GZIP_LEVEL"]) == ("20m", "1")


@pytest.mark.parametrize(
    ("kafka", "left"),
    [({"securityProtocol": "ssl"}, []), ({"saslMechanism": "OAUTHBEARER"}, ["KAFKA_SASL_MECHANISM"])],
)
def test_without_passwords(kafka, left):
    given = variables(cron_jobs(render(merged(NEEDED, {"kafka": kafka})))["worker-loader"])
    assert [name for name in given if "SASL" in name] == left
