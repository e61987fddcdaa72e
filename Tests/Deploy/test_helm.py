"""The chart: rendered and linted by Helm's own SDK, each manifest against the schema of Kubernetes, policies by checkov."""

import copy
import re
import subprocess
from typing import Any

import helm_python
import pytest
import yaml

from conftest import CHART, EVERYTHING, NEEDED, merged, program, render

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


def test_notes_name_the_jobs():
    files = helm_python.Chart.load(CHART).render(EVERYTHING, name="worker", namespace="interactions")
    (notes,) = [text for name, text in files.items() if name.endswith("NOTES.txt")]
    jobs = cron_jobs(render(EVERYTHING))
    said = dict(re.findall(r"^  ([\w-]+) +(.*) \(Etc/UTC\)$", notes, re.MULTILINE))
    assert {f"worker-{name}": schedule for name, schedule in said.items()} == {
        name: job["spec"]["schedule"] for name, job in jobs.items()
    }
    assert re.search(r"--from=cronjob/([\w-]+)", notes)[1] in jobs


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


def test_own_files_do_not_hide_the_program():
    with pytest.raises(helm_python.HelmError):
        render(merged(NEEDED, {"extraVolumeMounts": [{"name": "own", "mountPath": "/app"}]}))


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
        for variable in container["env"]:
            if variable["name"].endswith("_METRICS_FILE"):
                assert {"name": "metrics", "mountPath": "/metrics"} in container["volumeMounts"]
                assert {"name": "metrics", "persistentVolumeClaim": {"claimName": "metrics"}} in pod(job)["volumes"]
                files[name] = (variable["name"], variable["value"])
    assert files == {
        "worker-loader": ("LOAD_METRICS_FILE", "/metrics/worker-loader.prom"),
        "worker-tagger": ("TAG_METRICS_FILE", "/metrics/worker-tagger.prom"),
        "worker-judge-collect": ("JUDGE_METRICS_FILE", "/metrics/worker-judge-collect.prom"),
        "worker-push": ("PUSH_METRICS_FILE", "/metrics/worker-push.prom"),
        "worker-tag-and-push": ("PUSH_METRICS_FILE", "/metrics/worker-tag-and-push.prom"),
        "worker-backup-logs": ("BACKUP_METRICS_FILE", "/metrics/worker-backup-logs.prom"),
    }


def test_what_reaches_its_deadline_has_stopped_before(manifests):
    for name, job in cron_jobs(manifests).items():
        settings = {variable["name"]: variable.get("value", "") for variable in pod(job)["containers"][0]["env"]}
        if "MAX_DURATION" in settings:
            minutes = int(settings["MAX_DURATION"].removesuffix("m"))
            # Up to five minutes to store what was read, and one to seal.
            assert minutes * 60 + 360 <= job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"], name


def test_names_of_values_are_the_operators():
    """Of the automation that was there before."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for secret in ("braintrust", "anthropic"):
        assert "ref" in values["secrets"][secret]
    jobs = values["cronJobs"]["braintrust"]
    assert {"enabled", "schedule", "serviceAccount", "bucket", "prefix"} <= set(jobs["backupLogs"])
    assert {"enabled", "schedule", "serviceAccount", "usePvc", "pvcName"} <= set(jobs["tagAndPush"])
    environment = pod(cron_jobs(render(EVERYTHING))["worker-backup-logs"])["containers"][0]["env"]
    given = {variable["name"]: variable.get("value") for variable in environment}
    assert (given["BACKUP_BUCKET"], given["BACKUP_PREFIX"]) == ("braintrust-logs", "logs")


def test_names_of_secrets_are_the_operators(manifests):
    values = merged(EVERYTHING, {"secrets": {"braintrust": {"ref": "own-secret", "key": "own-key"}}})
    environment = pod(cron_jobs(render(values))["worker-backup-logs"])["containers"][0]["env"]
    assert {
        "name": "BRAINTRUST_API_KEY",
        "valueFrom": {"secretKeyRef": {"name": "own-secret", "key": "own-key"}},
    } in environment


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


def test_tags_of_a_file_need_no_braintrust():
    off = {"cronJobs": {"push": {"enabled": False}, "tagger": {"env": {"TAXONOMY": "/app/prompts/tags.example.yml"}}}}
    values = merged(NEEDED, off)
    del values["braintrust"]
    names = {variable["name"] for variable in pod(cron_jobs(render(values))["worker-tagger"])["containers"][0]["env"]}
    assert "ANTHROPIC_API_KEY" in names and not [name for name in names if name.startswith("BRAINTRUST")]


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


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"images": {"loader": {"digest": "latest"}}}, "digest"),
        ({"images": {"loader": {"digest": ""}}}, "images.loader"),
        ({"storage": {"url": ""}}, "storage.url"),
        ({"storage": {"url": "file:///data"}}, "url"),
        ({"kafka": {"brokers": ""}}, "kafka.brokers"),
        ({"kafka": {"brokers": "broker"}}, "brokers"),
        ({"serviceAccounts": {"google": {"nobody": "a@b.iam.gserviceaccount.com"}}}, "nobody"),
        ({"kafka": {"securityProtocol": "tls"}}, "securityProtocol"),
        ({"kafka": {"saslMechanism": "GSSAPI"}}, "saslMechanism"),
        ({"googleCloud": {"project": ""}}, "googleCloud.project"),
        ({"braintrust": {"projectId": ""}}, "braintrust.projectId"),
        ({"cronJobs": {"loader": {"shedule": "* * * * *"}}}, "shedule"),
        ({"cronJobs": {"loader": {"schedule": "hourly"}}}, "schedule"),
        ({"cronJobs": {"braintrust": {"tagAndPush": {"pvcName": ""}}}}, "pvcName"),
        ({"metrics": {"usePvc": True}}, "metrics.pvcName"),
    ],
)
def test_wrong_values_are_refused(change, complaint):
    with pytest.raises(helm_python.HelmError, match=complaint):
        render(merged(copy.deepcopy(EVERYTHING), change))
