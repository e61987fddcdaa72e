"""What deploy/RUNBOOK.md says of accounts, buckets and commands by hand, against terraform and the chart."""

import functools
import json
import os
import re
import subprocess

import yaml

from chart import cron_jobs, pod, variables
from conftest import EVERYTHING, NEEDED, ROOT, merged, render
from runbook import BY_HAND, CONFIGURATION, RUNBOOK, TERRAFORM, TEXT, jobs, loop, of, options


def test_commands_by_hand_are_run_by_a_job_of_their_program():
    documented = render(EVERYTHING)
    for command, job, cron_job, arguments in BY_HAND:
        assert command == f"{jobs()[job]} {arguments.split(',')[0]}"
        assert jobs()[job] in pod(documented["CronJob", cron_job])["containers"][0]["image"]


def test_a_job_of_kubernetes_is_given_other_arguments():
    """And is done once: four loaders that restore would produce each record four times."""
    (words,) = [words for words in of("kubectl") if words[1] == "patch"]
    # The Job that is patched is made of the CronJob's template.
    values = merged(NEEDED, {"cronJobs": {"loader": {"parallelism": 4}}})
    job = render(values)["CronJob", "worker-loader"]["spec"]["jobTemplate"]
    for patch in json.loads(options(words, "-p")[0]):
        *path, last = (int(part) if part.isdigit() else part for part in patch["path"].strip("/").split("/"))
        parent = functools.reduce(lambda value, part: value[part], path, job)
        assert patch["op"] == "add" or last in parent
        parent[last] = patch["value"]
    spec = job["spec"]
    assert (spec["parallelism"], spec["completions"], spec["backoffLimit"]) == (1, 1, 0)
    given = [arguments.split(",") for words in of("gcloud") for arguments in options(words, "--args")]
    assert spec["template"]["spec"]["containers"][0]["args"] in given
    by_hand = [words for words in of("gcloud") if "interaction-loader" in words and options(words, "--args")]
    assert by_hand and all(options(words, "--tasks") == ["1"] for words in by_hand)


def test_a_command_by_hand_needs_nothing_but_the_jobs_settings(emulator, demo):
    """The names of the settings are those that the job has; a flag that says the same otherwise would be refused."""
    names = json.loads((ROOT / "terraform/tests/jobs.json").read_text())["loader"]["settings"]
    values = {"GCS_BUCKET_NAME": "interactions", "KAFKA_TOPIC": "raw-interactions", "LOG_FORMAT": "json"}
    login = {"KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "KAFKA_SASL_MECHANISM": "PLAIN", "MAX_DURATION": "50m"}
    environment = {name: (values | login).get(name, "x:9092") for name in names} | {"STORAGE_EMULATOR_HOST": emulator}
    arguments = options(next(words for words in of("gcloud") if options(words, "--args")), "--args")[0].split(",")
    command = [os.environ["LOADER"], *(re.sub(r"\d{4}-\d\d-\d\d", demo.day, word) for word in arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["files"] > 0


def test_the_values_make_a_chart():
    values, *more = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    manifests = render(values)
    assert more and all(render(merged(values, block)) != manifests for block in more)
    secrets = {words[6]: words[7:] for words in of("kubectl") if words[3:6] == ["create", "secret", "generic"]}
    needed: dict[str, set[str]] = {}
    for job in cron_jobs(manifests).values():
        for value in variables(job).values():
            if isinstance(value, tuple):
                needed.setdefault(value[0], set()).add(value[1])
    given = {
        name: {word.split("=")[1] for word in words if word.startswith("--from-file=")}
        for name, words in secrets.items()
    }
    assert given == needed
    for words in of("kubectl"):
        for job in options(words, "--from"):
            assert ("CronJob", job.removeprefix("cronjob/")) in manifests
    google = {name.split("@")[0]: account for account, name in values["serviceAccounts"]["google"].items()}
    assert loop("pair") == [f"{name}/{account}" for name, account in google.items()]
    assert loop("account")[0] == list(google)
    bound = re.search(r"serviceAccount:([\w-]+)\.svc\.id\.goog\[(\w+)/", TEXT)
    assert bound[1] == values["googleCloud"]["project"]
    made = [manifest["metadata"] for (kind, _), manifest in manifests.items() if kind == "ServiceAccount"]
    assert {account["name"] for account in made} <= set(google.values())
    assert {account["namespace"] for account in made} == {bound[2]}


def test_accounts_of_kubernetes_may_do_what_terraforms_may():
    access = json.loads((ROOT / "terraform/tests/access.json").read_text())
    ids = dict(re.findall(r'(\w+) += \{ id = "([\w-]+)"', TERRAFORM["modules/identities/main.tf"]))
    made, stores = loop("account")
    assert set(made) == set(ids.values()) - {"scheduler-sa"}
    (words,) = [words for words in of("gcloud") if words[1:4] == ["storage", "buckets", "add-iam-policy-binding"]]
    grant = f"{options(words, '--role')[0]} on test-interactions"
    assert set(stores) == {ids[key] for key, grants in access.items() if grant in grants}
    (words,) = [words for words in of("gcloud") if words[1:3] == ["projects", "add-iam-policy-binding"]]
    account = re.search(r"serviceAccount:([\w-]+)@", options(words, "--member")[0])[1]
    granted = {(ids[key], *grant.split(" on ")) for key, grants in access.items() for grant in grants}
    in_project = {(name, role) for name, role, place in granted if place == "test-project"}
    assert in_project == {(account, role) for role in loop("role")}


def test_the_bucket_of_kubernetes_is_as_terraforms():
    (block,) = re.findall(r"```json\n(.*?)```", RUNBOOK, re.DOTALL)
    text = TERRAFORM["modules/storage/main.tf"].split('resource "google_storage_bucket" "interactions"')[1]
    text = text.split('resource "')[0].replace("${var.topic}", "raw-interactions")
    data = json.loads(re.search(r"data = (\[.*\])", TERRAFORM["modules/storage/main.tf"])[1])
    rules = []
    for variable, action, condition in re.findall(
        r"(?:for_each = var\.(\w+) [^\n]*\s+content \{\s+)?action \{(.*?)\}\s+condition \{(.*?)\}", text, re.DOTALL
    ):
        said = dict(re.findall(r"(\w+) += (.*\S)", f"{action}\n{condition}"))
        default = re.search(rf'variable "{variable}" \{{.*?default += (\d+)', CONFIGURATION, re.DOTALL)
        age = int(default[1]) if variable else int(said["age"])
        if not age:
            continue
        rule = {"action": {"type": said["type"].strip('"')}, "condition": {"age": age}}
        if "storage_class" in said:
            rule["action"]["storageClass"] = said["storage_class"].strip('"')
        for name, key in (("matches_suffix", "matchesSuffix"), ("matches_prefix", "matchesPrefix")):
            if name in said:
                rule["condition"][key] = data if said[name] == "local.data" else json.loads(said[name])
        rules.append(rule)
    assert len(rules) == 5 and json.loads(block) == {"rule": rules}
    (words,) = [words for words in of("gcloud") if words[1:5] == ["storage", "buckets", "create", "gs://my-bucket"]]
    production = (ROOT / "terraform/environments/production.tfvars").read_text()
    days = re.search(r"^soft_delete_days += (\d+)", production, re.MULTILINE)[1]
    assert options(words, "--soft-delete-duration") == [f"{days}d"]
    assert {"--uniform-bucket-level-access", "--public-access-prevention"} <= set(words)
    values = yaml.safe_load(re.search(r"```yaml\n(.*?)```", RUNBOOK, re.DOTALL)[1])
    assert values["storage"]["url"] == words[4]


def test_who_deploys_may_grant_what_terraform_grants():
    """Editors may make all of it, and set none of these policies."""
    roles = {
        "google_cloud_run_v2_job_iam_member": "roles/run.admin",
        "google_project_iam_member": "roles/resourcemanager.projectIamAdmin",
        "google_secret_manager_secret_iam_member": "roles/secretmanager.admin",
        "google_storage_bucket_iam_member": "roles/storage.admin",
    }
    assert set(re.findall(r'resource "(\w+_iam_\w+)"', CONFIGURATION)) == set(roles)
    needed = re.search(r"the\s+role\s+Owner, or `roles/editor` with (.*?)\.\n\n", TEXT, re.DOTALL)[1]
    assert set(re.findall(r"`(roles/[\w.]+)`", needed)) == set(roles.values())


def test_the_table_of_roles_is_terraforms():
    """Account by account: what the table says is what terraform grants."""
    table = re.search(r"## Who may do what\n\n(.*?)\n\n", TEXT, re.DOTALL)[1]
    said: dict[str, set[str]] = {}
    keys: dict[str, set[str]] = {}
    account = ""
    for line in table.splitlines()[2:]:
        name, role = (cell.strip() for cell in line.strip("|").split("|")[:2])
        account = name.strip("`") or account
        said.setdefault(account, set()).update(re.findall(r"`(roles/[\w.]+)`", role))
        if "secretAccessor" in role:
            keys.setdefault(account, set()).update(re.findall(r"`([\w-]+)`", role))
    access = json.loads((ROOT / "terraform/tests/access.json").read_text())
    ids = dict(re.findall(r'(\w+) += \{ id = "([\w-]+)"', TERRAFORM["modules/identities/main.tf"]))
    granted = {ids[key]: {grant.split(" on ")[0] for grant in grants} for key, grants in access.items()}
    # Which terraform's tests have elsewhere: with a cluster of Google's.
    granted["loader-sa"].add("roles/managedkafka.client")
    assert said == granted
    secrets: dict[str, set[str]] = {}
    for key, grants in access.items():
        for grant in grants:
            if "secretAccessor" in grant:
                secrets.setdefault(ids[key], set()).add(grant.split(" on ")[1])
    assert keys == secrets
