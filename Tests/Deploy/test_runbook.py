"""The commands and names of deploy/RUNBOOK.md: everything of them that is ours is there."""

import fnmatch
import json
import os
import re
import shlex
import subprocess

import hcl2
import pytest
import yaml

from conftest import CHART, ROOT, documented_settings, merged, render

TEXT = (ROOT / "deploy/RUNBOOK.md").read_text()
TERRAFORM = {str(path.relative_to(ROOT / "terraform")): path.read_text() for path in (ROOT / "terraform").rglob("*.tf")}
CONFIGURATION = "\n".join(TERRAFORM.values())
PROGRAMS = ("loader", "batch-judge")
TOOLS = ("base64", "cp", "docker", "gcloud", "helm", "kubectl", "make", "terraform", *PROGRAMS)
# What these tools are asked for; their own words cannot be checked without them.
VERBS = {
    "gcloud auth application-default login",
    "gcloud auth configure-docker",
    "gcloud auth login",
    "gcloud builds submit",
    "gcloud config set project",
    "gcloud iam service-accounts add-iam-policy-binding",
    "gcloud iam service-accounts keys create",
    "gcloud run jobs delete",
    "gcloud run jobs execute",
    "gcloud run jobs executions cancel",
    "gcloud run jobs executions list",
    "gcloud scheduler jobs delete",
    "gcloud scheduler jobs pause",
    "gcloud secrets versions add",
    "gcloud secrets versions disable",
    "gcloud secrets versions list",
    "gcloud services enable",
    "gcloud storage buckets create",
    "gcloud storage buckets list",
    "gcloud storage buckets update",
    "gcloud storage operations list",
    "gcloud storage restore",
    "helm install",
    "helm rollback",
    "helm upgrade",
    "kubectl create job",
    "kubectl create namespace",
    "kubectl create secret generic",
    "kubectl label namespace",
    "kubectl logs",
    "terraform apply",
    "terraform init",
    "terraform output",
    "terraform state pull",
    "terraform state rm",
    "docker compose",
    "docker inspect",
    "docker push",
    "docker run",
}


# Names that look like settings.
OTHERS = {"BUILD_OPTIONS", "BUILDX_BUILDER", "GOOGLE_CREDENTIALS_FILE", "SHORT_SHA"}


def commands() -> list[list[str]]:
    """Every command of the text, in blocks and within lines, as its words."""
    found, lines, text, fence = [], [], "", None
    for line in TEXT.splitlines():
        if mark := re.match(r" *```(.*)", line):
            fence = None if fence is not None else mark[1]
        elif fence is None:
            text += line + "\n"
        elif fence == "":
            lines.append(line.strip())
    lines += re.findall(rf"`((?:{'|'.join(TOOLS)}) [^`]*)`", text)
    for line in lines:
        line = re.sub(r"\s#.*$", "", line)
        for part in line.split(" | "):
            part = re.sub(r"^\w+=\$\((.*)\)$", r"\1", part)
            words = shlex.split(part)
            if words and words[0] not in {"for", "done"}:
                found.append(words)
    return found


COMMANDS = commands()


def of(tool: str) -> list[list[str]]:
    return [words for words in COMMANDS if words[0] == tool]


def verb(words: list[str]) -> str:
    """Without what is named, and options."""
    plain = [words[0]]
    rest = iter(words[1:])
    for word in rest:
        if word == "-n":
            next(rest)
        elif not word.startswith("-"):
            plain.append(word)
    return " ".join(plain)


def options(words: list[str], name: str) -> list[str]:
    """The values of an option, both as --name=value and as --name value."""
    values = [word.split("=", 1)[1] for word in words if word.startswith(f"{name}=")]
    return values + [after for word, after in zip(words, words[1:]) if word == name]


def test_there_is_something_to_check():
    assert {words[0] for words in COMMANDS} <= set(TOOLS)
    assert {"docker", "gcloud", "helm", "kubectl", "terraform", "loader"} <= {words[0] for words in COMMANDS}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_command_is_known(words):
    if words[0] not in {"base64", "cp", "make", *PROGRAMS}:
        assert any(verb(words).startswith(known) for known in VERBS)


def programs() -> list[list[str]]:
    """The commands of our programs, also those that a job is run with once."""
    overrides = [arguments.split(",") for words in of("gcloud") for arguments in options(words, "--args")]
    assert overrides and all(arguments[0] == "backup" for arguments in overrides)
    return [words for tool in PROGRAMS for words in of(tool)] + [["batch-judge", *words] for words in overrides]


@pytest.mark.parametrize("words", programs(), ids=" ".join)
def test_flags_and_subcommands_are_the_programs(words):
    program, subcommand, *arguments = words
    assert f"{program} {subcommand}" in documented_settings()
    binary = os.environ[program.upper().replace("-", "_")]
    help_text = subprocess.run([binary, subcommand, "--help"], capture_output=True, text=True, check=True).stdout
    for flag in [word.split("=")[0] for word in arguments if word.startswith("--")]:
        assert re.search(rf"^ *{flag}\b", help_text, re.MULTILINE), flag


@pytest.mark.parametrize("words", of("make"), ids=" ".join)
def test_make_has_what_is_named(words):
    makefile = (ROOT / "Makefile").read_text()
    for word in words[1:]:
        name, assigned, _ = word.partition("=")
        pattern = rf"\$\({name}\)" if assigned else rf"^(?:[\w-]+ )*{name}(?: [\w-]+)*: "
        assert re.search(pattern, makefile, re.MULTILINE), word


@pytest.mark.parametrize("words", of("terraform"), ids=" ".join)
def test_terraform_has_what_is_named(words):
    assert "-chdir=terraform" in words
    for file in options(words, "-var-file"):
        assert (ROOT / "terraform" / file).is_file()
    for setting in options(words, "-var"):
        assert f'variable "{setting.split("=")[0]}"' in CONFIGURATION
    for target in options(words, "-target") + words[words.index("rm") + 1 if "rm" in words else len(words) :]:
        kind, name = target.split(".")
        pattern = f'module "{name}"' if kind == "module" else f'resource "{kind}" "{name}"'
        assert pattern in CONFIGURATION
    if "apply" in words:
        # What is not given is the default again: an emergency is no time to lose an environment's settings.
        assert [file.split("/")[0] for file in options(words, "-var-file")] == ["environments"]
    if "output" in words and words[-1] != "output":
        assert f'output "{words[-1]}"' in CONFIGURATION
    if "init" in words:
        assert 'backend "gcs"' in CONFIGURATION


def test_nothing_is_destroyed_to_be_made_elsewhere():
    """Another region, project or name replaces what holds images and records. Let terraform forget it instead."""
    for words in of("terraform"):
        given = {setting.split("=")[0] for setting in options(words, "-var")}
        assert given <= {"paused", "deletion_protection"} and "destroy" not in words
    regional = {path for path, text in TERRAFORM.items() if re.search(r"\b(?:location|region) += var\.region$", text, re.M)}
    assert regional == {"jobs.tf", "main.tf", "modules/job/main.tf", "modules/kafka/main.tf", "versions.tf"}
    (words,) = [words for words in of("terraform") if words[2:4] == ["state", "rm"]]
    assert {"module.job", "google_artifact_registry_repository.images", "terraform_data.place"} <= set(words)
    assert "With `managed_kafka` also `module.kafka`" in TEXT


def test_jobs_are_run_by_their_names():
    tests = (ROOT / "terraform/tests/settings.tftest.hcl").read_text()
    names = re.search(r"condition = output.jobs == \{(.*?)\}", tests, re.S)
    jobs = set(re.findall(r'"([\w-]+)"', names[1]))
    assert {words[4] for words in of("gcloud") if words[1:4] == ["run", "jobs", "execute"]} == jobs
    schedules = set(re.findall(r'name = "([\w-]+)", cron', tests))
    assert {words[4] for words in of("gcloud") if words[1:4] == ["scheduler", "jobs", "pause"]} < schedules


def test_objects_are_looked_for_where_they_are(demo):
    """Each pattern finds something in a store that the programs made."""
    stored = [str(path.relative_to(demo.store)) for path in demo.store.rglob("*") if path.is_file()]
    patterns = set(re.findall(r'"gs://BUCKET/([^"]+)"', TEXT)) | {
        f"{folder}**" for folder in re.findall(r"`((?:raw|dead-letter|tagged|judged?)/[^`]*/)`", TEXT)
    }
    assert {"raw/raw-interactions/_plans/**", "tagged/raw-interactions/**"} <= patterns
    assert set(re.findall(r"gs://BUCKET/[^\s\"`]+", TEXT)) == set(re.findall(r'"(gs://BUCKET/[^"]+)"', TEXT))
    for pattern in patterns:
        assert fnmatch.filter(stored, re.sub(r"\d{4}-\d\d-\d\d", demo.day, pattern)), pattern


def test_what_was_overwritten_is_replaced():
    """A bulk restore leaves names that have an object alone, unless it is told otherwise, and only it can be told."""
    restores = [words for words in of("gcloud") if words[1:3] == ["storage", "restore"]]
    replacing = [words for words in restores if "--allow-overwrite" in words]
    assert replacing and all({"--async"} <= set(words) and options(words, "--deleted-after-time") for words in replacing)
    # What the programs overwrite themselves is newer than what would come back.
    assert all(re.search(r"/_plans/\*\*$|\.jsonl\.gz$", words[3]) for words in replacing)


def test_apis_are_enabled_by_hand_before_terraform_needs_them():
    enabled = {api for words in of("gcloud") if words[1:3] == ["services", "enable"] for api in words[3:]}
    assert enabled == {f"{api}.googleapis.com" for api in ("cloudresourcemanager", "serviceusage", "cloudbuild")}
    for api in enabled:
        assert f'"{api.removesuffix(".googleapis.com")}"' in TERRAFORM["main.tf"]


def test_who_deploys_may_grant_what_terraform_grants():
    """Editors may make all of it, and set none of these policies."""
    roles = {
        "google_cloud_run_v2_job_iam_member": "roles/run.admin",
        "google_project_iam_member": "roles/resourcemanager.projectIamAdmin",
        "google_secret_manager_secret_iam_member": "roles/secretmanager.admin",
        "google_storage_bucket_iam_member": "roles/storage.admin",
    }
    assert set(re.findall(r'resource "(\w+_iam_\w+)"', CONFIGURATION)) == set(roles)
    needed = re.search(r"the role\nOwner, or `roles/editor` with (.*?)\.\n\n", TEXT, re.DOTALL)[1]
    assert set(re.findall(r"`(roles/[\w.]+)`", needed)) == set(roles.values())


def test_secrets_are_filled_by_their_names():
    filled = {words[4] for words in of("gcloud") if words[1:4] == ["secrets", "versions", "add"]}
    assert filled == {"kafka-username", "kafka-password", "anthropic-api-key", "braintrust-api-key"}
    for secret in filled:
        assert f'= "{secret}"' in TERRAFORM["jobs.tf"]


def test_substitutions_of_the_build_are_declared():
    (words,) = [words for words in of("gcloud") if words[1] == "builds"]
    build = yaml.safe_load((ROOT / options(words, "--config")[0]).read_text())
    given = {item.split("=")[0] for item in options(words, "--substitutions")[0].split(",")}
    assert given <= set(build["substitutions"]) | {"SHORT_SHA"}
    assert set(re.findall(r"`(_[A-Z]+)`", TEXT)) <= set(build["substitutions"])


def test_images_are_those_of_the_dockerfile():
    loops = re.findall(r"for image in (.*?); do", TEXT)
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert loops and all(f" AS {image}\n" in dockerfile for loop in loops for image in loop.split())


def test_the_values_make_a_chart():
    values, *more = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    manifests = render(values)
    assert more and all(render(merged(values, block)) != manifests for block in more)
    secrets = {words[6]: words[7:] for words in of("kubectl") if words[3:6] == ["create", "secret", "generic"]}
    needed: dict[str, set[str]] = {}
    for (kind, _), manifest in manifests.items():
        if kind != "CronJob":
            continue
        for variable in manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["env"]:
            if "valueFrom" in variable:
                key = variable["valueFrom"]["secretKeyRef"]
                needed.setdefault(key["name"], set()).add(key["key"])
    given = {
        name: {word.split("=")[1] for word in words if word.startswith("--from-file=")}
        for name, words in secrets.items()
    }
    assert given == needed
    for words in of("kubectl"):
        for job in options(words, "--from"):
            assert ("CronJob", job.removeprefix("cronjob/")) in manifests
    bound = re.search(r"svc\.id\.goog\[(\w+)/([\w-]+)\]", TEXT)
    assert ("ServiceAccount", bound[2]) in manifests
    assert bound[1] == manifests["ServiceAccount", bound[2]]["metadata"]["namespace"]


def test_helm_installs_this_chart():
    for words in of("helm"):
        assert "worker" in words and options(words, "--namespace") == ["interactions"]
        assert "rollback" in words or ROOT / words[3] == CHART


def test_values_of_the_chart_that_are_named_exist():
    chart = yaml.safe_load((CHART / "values.yaml").read_text())
    named = re.findall(r"`((?:cronJobs|metrics|secrets|serviceAccounts|images)\.[\w.]+)`", TEXT)
    assert named
    for name in named:
        value = chart
        for part in name.split("."):
            assert part in value, name
            value = value[part]


def test_variables_of_terraform_that_are_named_exist():
    named = set(re.findall(r"`([a-z]+_[a-z_]+)(?: = [^`]*)?`", TEXT)) | set(re.findall(r"`([a-z]+) = \{[^`]*`", TEXT))
    assert {"settings", "alert_limits", "soft_delete_days", "kafka_consumer_group"} <= named
    for name in named - {"stop_reason", "exit_code", "sasl_"}:
        own = rf'^variable "{name}"|^ +{name} += (?:optional|[0-9.]+$)'
        assert re.search(own, CONFIGURATION, re.MULTILINE), name


def test_values_of_variables_are_settings():
    blocks = [hcl2.loads(block) for block in re.findall(r"```hcl\n(.*?)```", TEXT, re.DOTALL)]
    assert blocks
    for block in blocks:
        assert all(re.search(rf'^variable "{name}"', CONFIGURATION, re.MULTILINE) for name in block)
        (settings,) = block["settings"]
        ((job, given),) = settings.items()
        (path,) = next(iter(block["secret_files"]))[job]
        assert [value.strip('"') for value in given.values()] == [path.strip('"')]
        assert set(given) <= documented_settings()["loader load"]


def test_settings_that_are_named_exist():
    known = set.union(*documented_settings().values())
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", TEXT)) - OTHERS
    assert {"TOPIC_EPOCH", "LOAD_METRICS_FILE"} <= named <= known


def test_files_that_are_named_exist():
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "deploy" / link).exists(), link
    for path in re.findall(r"`((?:deploy|terraform|prompts)/[\w./-]*|Dockerfile)`", TEXT):
        assert (ROOT / path).exists(), path


def test_the_table_of_roles_is_terraforms():
    """Account by account: what the table says is what terraform grants."""
    table = re.search(r"## Who may do what\n\n(.*?)\n\n", TEXT, re.DOTALL)[1]
    said: dict[str, set[str]] = {}
    account = ""
    for line in table.splitlines()[2:]:
        name, role = (cell.strip() for cell in line.strip("|").split("|")[:2])
        account = name.strip("`") or account
        said.setdefault(account, set()).update(re.findall(r"`(roles/[\w.]+)`", role))
    granted = set(re.findall(r'"(roles/[\w.]+)"', CONFIGURATION))
    assert set.union(*said.values()) == granted
    assert set(said) == set(re.findall(r'id = "([\w-]+)"', TERRAFORM["modules/identities/main.tf"]))


@pytest.mark.parametrize("row", re.findall(r"^\| .* \| ([^|]+) \| ([\d.]+) \|$", TEXT, re.MULTILINE), ids="=".join)
def test_costs_are_what_their_basis_says(row):
    basis, said = row[0], float(row[1])
    if expression := re.fullmatch(r"`([\d .*+()]+)`", basis):
        cost = eval(expression[1])  # noqa: S307 (nothing but numbers and operators)
    else:
        (name,) = re.findall(rf"`([\w.-]+)`[^|]*\| {re.escape(basis)} \|", TEXT)
        price = json.loads((ROOT / "prompts/prices.json").read_text())["models"][name]
        counts = dict((kind, int(count)) for count, kind in re.findall(r"(\d+) (in|cached|out)", basis))
        cost = (
            counts["in"] * price["input"]
            + counts.get("cached", 0) * price["cache_read"]
            + counts["out"] * price["output"]
        )
        if "in batches" in re.search(rf"`{re.escape(name)}`([^|]*)\|", TEXT)[1]:
            cost *= price["batch_factor"]
    assert said == pytest.approx(cost, abs=10 ** -len(row[1].partition(".")[2]))


def test_profiles_of_the_laptop_exist():
    profiles = {
        profile
        for service in yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"].values()
        for profile in service.get("profiles", [])
    }
    for words in of("docker"):
        assert set(options(words, "--profile")) <= profiles
