"""Alerts and charts ask for what the programs really tell: their metrics, and the reports in the log."""

import json
import re
import subprocess

import promql_parser
import pytest
import yaml

from conftest import ROOT, program

RULES = ROOT / "deploy/prometheus/alerts.yml"
# kube-state-metrics' own names, with the labels that the rules use.
KUBERNETES = {
    "kube_cronjob_created": {"namespace", "cronjob"},
    "kube_cronjob_status_last_successful_time": {"namespace", "cronjob"},
    "kube_job_failed": {"namespace", "job_name", "condition"},
    "kube_job_owner": {"namespace", "job_name", "owner_kind", "owner_name"},
    "kube_job_status_start_time": {"namespace", "job_name"},
}
PROMETHEUS = {"ALERTS": {"alertname", "alertstate"}}
DASHBOARD = ROOT / "deploy/grafana/dashboards/metrics.json"
GOLDEN = json.loads((ROOT / "terraform/tests/monitoring.json").read_text())
GOOGLE = "logging_googleapis_com:user_stream_worker_"


def selectors(query: str) -> list[promql_parser.VectorSelector]:
    found = []
    promql_parser.walk(promql_parser.parse(query), lambda node: found.append(node))
    return [node for node in found if isinstance(node, promql_parser.VectorSelector)]


def rules() -> dict[str, dict]:
    return {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}


def dashboard_queries() -> dict[str, str]:
    """By the panel's title and the query's letter; variables as Grafana fills them in."""
    queries = {}
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            queries[f"{panel['title']}/{target['refId']}"] = target["expr"].replace("$topic", ".*")
    return queries


def check_metrics(query: str, exported: dict[str, set[str]]) -> None:
    for selector in selectors(query):
        assert selector.name in exported, f"nobody writes {selector.name}"
        labels = {matcher.name for matcher in selector.matchers.matchers}
        assert labels <= exported[selector.name], f"{selector.name} has not the labels {labels}"


def promtool(*arguments: str) -> None:
    result = subprocess.run([program("promtool"), *arguments], cwd=RULES.parent, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_rules_are_raised_when_they_have_to_be():
    promtool("check", "rules", "alerts.yml")
    promtool("test", "rules", "alerts_test.yml")


def test_every_rule_is_tested():
    cases = (RULES.parent / "alerts_test.yml").read_text()
    assert not [alert for alert in rules() if not re.search(rf"\b{alert}\b", cases)]


def test_prometheus_takes_its_configuration():
    promtool("check", "config", "prometheus.yml")


@pytest.mark.parametrize("alert", rules())
def test_rules_ask_for_metrics_that_are_written(alert, demo):
    check_metrics(rules()[alert]["expr"], demo.metrics | KUBERNETES)


def test_limits_are_those_of_google_cloud():
    block = re.search(r"alert_limits = merge\((.*?)\n  \)", (ROOT / "terraform/main.tf").read_text(), re.DOTALL)
    limits = dict(re.findall(r"(\w+) += ([\d.]+)", block[1]))
    for alert, limit in {
        "LoaderLag": f"> {limits['lag']}",
        "LoaderDeadLetters": f"> {limits['dead_letters']}",
        "JudgeCoverage": f"< {limits['judge_coverage']}",
        "ModelsCost": f"> {limits['daily_cost_usd']}",
    }.items():
        assert rules()[alert]["expr"].strip().endswith(limit), alert
    assert rules()["LoaderHourNotSealed"]["for"] == f"{limits['unsealed_hours']}h"


@pytest.mark.parametrize("alert", rules())
def test_rules_say_what_is_to_be_done(alert):
    annotations = rules()[alert]["annotations"]
    assert set(annotations) == {"summary", "remedy"}
    # What a summary names has to be left of the labels.
    named = set(re.findall(r"\$labels\.(\w+)", " ".join(annotations.values())))
    known = {label for labels in KUBERNETES.values() for label in labels} | {"topic", "verdict", "project"}
    assert named <= known


@pytest.mark.parametrize("query", dashboard_queries())
def test_charts_ask_for_metrics_that_are_written(query, demo):
    check_metrics(dashboard_queries()[query], demo.metrics | PROMETHEUS)


@pytest.mark.parametrize("name", GOLDEN["queries"])
def test_queries_of_google_cloud_ask_for_metrics_that_are_made(name):
    for selector in selectors(GOLDEN["queries"][name]):
        metric = selector.name.removeprefix(GOOGLE)
        if metric == selector.name:
            assert metric == EXECUTIONS
            continue
        filters = GOLDEN["filters"].get(re.sub("_(sum|count)$", "", metric), GOLDEN["filters"].get(metric))
        assert filters, f"no log entries are counted as {metric}"
        # Only what has a value has a sum.
        assert (len(filters) == 2) == metric.endswith(("_sum", "_count"))


EXECUTIONS = "run_googleapis_com:job_completed_execution_count"
JUDGED = f"{GOOGLE}runs_that_judged"
SCHEDULED = set(re.findall(r'job_name="([\w-]+)"', GOLDEN["queries"]["not_started"]))


@pytest.mark.parametrize(
    ("query", "series", "raised"),
    [
        ("not_started", {job: "0+1x48" for job in SCHEDULED}, []),
        # One that never ran, and one that ran no more since yesterday.
        ("not_started", {job: "0+1x48" for job in SCHEDULED - {"dataset-push"}}, ['{job_name="dataset-push"}']),
        (
            "not_started",
            {job: "0+1x20 20x28" if job == "llm-judge-collect" else "0+1x48" for job in SCHEDULED},
            ['{job_name="llm-judge-collect"}'],
        ),
        # A weekly job that ran once.
        ("not_started", {job: "0 1x47" if job == "braintrust-logs-backup" else "0+1x48" for job in SCHEDULED}, []),
        ("not_judged", {"": "0+1x48", "llm-judge-trigger": "0+1x48"}, []),
        ("not_judged", {"": "3x48", "llm-judge-trigger": "0+1x48"}, ["{}"]),
        ("not_judged", {"llm-judge-trigger": "0+1x48"}, ["{}"]),
        # Of a new deployment nothing is missed yet.
        ("not_judged", {"llm-judge-trigger": "_x30 0+1x18"}, []),
        ("not_judged", {}, []),
    ],
)
def test_what_did_not_happen_is_told(query, series, raised, tmp_path):
    """Two days of a value each hour, as Prometheus itself reads the query."""
    case = {
        "interval": "1h",
        "input_series": [
            {
                "series": f'{EXECUTIONS if job else JUDGED}{{monitored_resource="cloud_run_job", job_name="{job}"}}',
                "values": values,
            }
            for job, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": GOLDEN["queries"][query],
                "eval_time": "2d",
                "exp_samples": [{"labels": labels, "value": 0} for labels in raised],
            }
        ],
    }
    (tmp_path / "case.yml").write_text(yaml.safe_dump({"tests": [case]}))
    promtool("test", "rules", str(tmp_path / "case.yml"))


@pytest.mark.parametrize("name", GOLDEN["filters"])
def test_metrics_of_google_cloud_read_members_that_reports_have(name, demo):
    filters = " ".join(GOLDEN["filters"][name])
    members = set(re.findall(r"jsonPayload\.(\w+)", filters))
    job = re.search(r'jsonPayload\.job="([^"]*)"', filters)
    reports = [report for report in demo.reports if not job or report["job"] == job[1]]
    fitting = [report for report in reports if members <= set(report)]
    assert fitting, f"no report has all of {members}"
    value = re.search(r"EXTRACT\(jsonPayload\.(\w+)\)", filters)
    if value:
        assert all(isinstance(report[value[1]], (int, float)) for report in fitting)


def test_hours_are_found_by_the_letter_before_the_hour(demo):
    sealed = [hour for report in demo.reports for hour in report.get("hours_sealed", [])]
    assert sealed and all("T" in hour for hour in sealed)
