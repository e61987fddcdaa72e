"""The commands and names of deploy/RUNBOOK.md and RECOVERY.md: everything of them that is ours is there."""

import fnmatch
import json
import os
import re
import subprocess

import hcl2
import pytest
import yaml

from conftest import CHART, ROOT, documented_settings
from runbook import BY_HAND, COMMANDS, CONFIGURATION, PROGRAMS, RECOVERY, TERRAFORM, TEXT, TOOLS, jobs, of, options

# What these tools are asked for; their own words cannot be checked without them.
VERBS = {
    "gcloud auth application-default login",
    "gcloud auth configure-docker",
    "gcloud auth login",
    "gcloud builds submit",
    "gcloud config set project",
    "gcloud iam service-accounts add-iam-policy-binding",
    "gcloud iam service-accounts create",
    "gcloud logging read",
    "gcloud projects add-iam-policy-binding",
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
    "gcloud storage buckets add-iam-policy-binding",
    "gcloud storage buckets create",
    "gcloud storage buckets list",
    "gcloud storage buckets update",
    "gcloud storage cp",
    "gcloud storage mv",
    "gcloud storage operations list",
    "gcloud storage restore",
    "helm install",
    "helm rollback",
    "helm upgrade",
    "kubectl create -f",
    "kubectl create job",
    "kubectl create namespace",
    "kubectl create secret generic",
    "kubectl delete job",
    "kubectl label namespace",
    "kubectl logs",
    "kubectl patch -f",
    "terraform apply",
    "terraform import",
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
OTHERS = {"BUILD_OPTIONS", "BUILDX_BUILDER", "GOOGLE_CREDENTIALS_FILE", "SHORT_SHA"} | {
    # Of libcurl and its TLS.
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
}


def verb(words: list[str]) -> str:
    """Without what is named, and options."""
    plain = [words[0]]
    rest = iter(words[1:])
    for word in rest:
        if word == "-n":
            next(rest)
        elif word == "-f" or not word.startswith("-"):
            plain.append(word)
    return " ".join(plain)


def test_there_is_something_to_check():
    assert {words[0] for words in COMMANDS} <= set(TOOLS)
    assert {"docker", "gcloud", "helm", "kubectl", "terraform", "loader"} <= {words[0] for words in COMMANDS}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_command_is_known(words):
    if words[0] not in {"cp", "grep", "make", *PROGRAMS}:
        assert any(verb(words).startswith(known) for known in VERBS)


def programs() -> list[list[str]]:
    """The commands of our programs, also those that a job is run with once."""
    overrides = [(words[4], arguments) for words in of("gcloud") for arguments in options(words, "--args")]
    assert overrides and len(BY_HAND) == 5
    overrides += [(job, arguments) for _, job, _, arguments in BY_HAND]
    return [words for tool in PROGRAMS for words in of(tool)] + [
        [jobs()[job], *arguments.split(",")] for job, arguments in overrides
    ]


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
    assert "With `managed_kafka` also `module.kafka`" in RECOVERY


def test_jobs_are_run_by_their_names():
    executed = {words[4] for words in of("gcloud") if words[1:4] == ["run", "jobs", "execute"]}
    assert executed == set(jobs())
    tests = (ROOT / "terraform/tests/settings.tftest.hcl").read_text()
    schedules = set(re.findall(r'= "(trigger-[\w-]+): ', tests))
    assert {words[4] for words in of("gcloud") if words[1:4] == ["scheduler", "jobs", "pause"]} < schedules
    keys = set(json.loads((ROOT / "terraform/tests/jobs.json").read_text()))
    assert set(re.findall(r"`(\w+)`", re.search(r"Names of jobs are (.*?)\.", TEXT, re.DOTALL)[1])) == keys


def test_objects_are_looked_for_where_they_are(demo):
    """Each pattern finds something in a store that the programs made."""
    stored = [str(path.relative_to(demo.store)) for path in demo.store.rglob("*") if path.is_file()]
    named = re.findall(r'gs://BUCKET/([^"\s`]+)', TEXT)
    patterns = {name if "*" in name else f"{name}/**" for name in named} | {
        f"{folder}**" for folder in re.findall(r"`((?:raw|dead-letter|tagged|judged?)/[^`]*/)`", TEXT)
    }
    assert {"raw/raw-interactions/_plans/**", "tagged/raw-interactions/**"} <= patterns
    # A shell would look for its own files.
    assert {f"gs://BUCKET/{name}" for name in named if "*" in name} == set(re.findall(r'"(gs://BUCKET/[^"]+)"', TEXT))
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
    first, second = [set(words[3:]) for words in of("gcloud") if words[1:3] == ["services", "enable"]]
    assert first == {f"{api}.googleapis.com" for api in ("cloudresourcemanager", "serviceusage", "cloudbuild")}
    for api in first | second:
        assert f'"{api.removesuffix(".googleapis.com")}"' in TERRAFORM["main.tf"]


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
    assert given == set(build["substitutions"]) - {"_REPOSITORY"} | {"SHORT_SHA"}
    # What is uploaded is what is named, and lacks the images only.
    (kept,) = of("grep")
    (upload,) = [words for words in of("gcloud") if words[1:3] == ["storage", "cp"]]
    assert f"_SETTINGS={upload[-1]}" in options(words, "--substitutions")[0].split(",")
    example = (ROOT / "terraform/terraform.tfvars.example").read_text().splitlines()
    left_out = [line.split()[0] for line in example if kept[2] in line]
    assert kept[1] == "-v" and left_out == ["loader_image", "batch_judge_image"]


def test_images_are_those_of_the_dockerfile():
    loops = re.findall(r"for image in (.*?); do", TEXT)
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert loops and all(f" AS {image}\n" in dockerfile for loop in loops for image in loop.split())


def test_helm_installs_this_chart():
    for words in of("helm"):
        assert "worker" in words and options(words, "--namespace") == ["interactions"]
        assert "rollback" in words or ROOT / words[3] == CHART
        assert set(options(words, "--set")) <= {"suspend=true"}


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
    for name in named - {"unplanned_file", "wrong_manifest"}:
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
        (secret,) = block["secret_settings"]
        assert set(given) | set(secret[job]) <= documented_settings()["loader load"]


def test_settings_that_are_named_exist():
    known = set.union(*documented_settings().values())
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", TEXT)) - OTHERS
    assert {"TOPIC_EPOCH", "LOAD_METRICS_FILE"} <= named <= known


def test_versions_of_objects_are_the_sources():
    """Where they differ between two releases there is no way back."""
    versions = {}
    for path in (ROOT / "Sources").rglob("*.swift"):
        kind = ""
        for line in path.read_text().splitlines():
            if declared := re.match(r"\s*(?:package )?(?:struct|enum|final class) (\w+)", line):
                kind = declared[1]
            elif version := re.match(r"\s*(?:package )?static let currentVersion = (\d+)$", line):
                versions[kind] = version[1]
    design = (ROOT / "docs/design.md").read_text()
    table = design.split("### Versions of objects\n")[1].split("\n## ")[0]
    said = re.findall(r"^\| .* \| `(\w+)` \| (\d+) \|$", table, re.MULTILINE)
    assert versions and dict(said) == versions and len(said) == len(versions)
    assert "(../docs/design.md#versions-of-objects)" in TEXT


def test_files_that_are_named_exist():
    for link in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (ROOT / "deploy" / link).exists(), link
    for folder, text in (("deploy", TEXT), ("docs", (ROOT / "docs/operations.md").read_text())):
        for file, anchor in re.findall(r"\]\(([^)#]*\.md)?#([\w-]+)\)", text):
            linked = (ROOT / folder / file).read_text() if file else TEXT
            assert anchor in {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", linked, re.M)}, anchor
    for path in re.findall(r"`((?:deploy|terraform|prompts)/[\w./-]*|Dockerfile)`", TEXT):
        assert (ROOT / path).exists(), path


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


def test_schedules_that_are_paid_for():
    (paid,) = re.findall(r"^\| Schedules beyond three.*`(\d+) \* 0.10 \+ (\d+) \* 0.06", TEXT, re.MULTILINE)
    secrets = {words[4] for words in of("gcloud") if words[1:4] == ["secrets", "versions", "add"]}
    assert paid == (str(len(jobs()) - 3), str(len(secrets)))


def test_profiles_of_the_laptop_exist():
    profiles = {
        profile
        for service in yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"].values()
        for profile in service.get("profiles", [])
    }
    for words in of("docker"):
        assert set(options(words, "--profile")) <= profiles
