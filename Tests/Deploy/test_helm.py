"""The chart: rendered and linted by Helm's own SDK, each manifest against the schema of Kubernetes, policies by checkov."""

import re
import subprocess
from typing import Any

import helm_python
import pytest
import yaml

from chart import JOBS, cron_jobs, pod, validate, variables
from conftest import CHART, EVERYTHING, NEEDED, merged, program, render


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
    assert set(cron_jobs(render(values))) == {"worker-loader", "worker-verify", "worker-judge", "worker-judge-collect"}
    values = merged(NEEDED, {"cronJobs": {"judge": {"enabled": False}, "judgeCollect": {"enabled": False}}})
    del values["googleCloud"]
    assert set(cron_jobs(render(values))) == {"worker-loader", "worker-verify", "worker-tagger", "worker-push"}


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
    validate(manifests, tmp_path)


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
    validate(manifests, tmp_path)
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
