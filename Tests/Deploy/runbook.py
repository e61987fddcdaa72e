"""deploy/RUNBOOK.md and RECOVERY.md: their text, and the commands in it."""

import json
import re
import shlex

from conftest import ROOT

RUNBOOK = (ROOT / "deploy/RUNBOOK.md").read_text()
RECOVERY = (ROOT / "deploy/RECOVERY.md").read_text()
TEXT = RUNBOOK + RECOVERY
TERRAFORM = {str(path.relative_to(ROOT / "terraform")): path.read_text() for path in (ROOT / "terraform").rglob("*.tf")}
CONFIGURATION = "\n".join(TERRAFORM.values())
PROGRAMS = ("loader", "batch-judge")
TOOLS = ("cp", "docker", "gcloud", "grep", "helm", "kubectl", "make", "terraform", *PROGRAMS)


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
        for part in line.removesuffix(" |").split(" | "):
            part = re.sub(r"^\w+=\$\((.*)\)$", r"\1", part)
            words = shlex.split(part)
            if words and words[0] not in {"for", "done"}:
                found.append(words)
    return found


COMMANDS = commands()


def of(tool: str) -> list[list[str]]:
    return [words for words in COMMANDS if words[0] == tool]


def options(words: list[str], name: str) -> list[str]:
    """The values of an option, both as --name=value and as --name value."""
    values = [word.split("=", 1)[1] for word in words if word.startswith(f"{name}=")]
    return values + [after for word, after in zip(words, words[1:]) if word == name]


def jobs() -> dict[str, str]:
    """The program of each Cloud Run job."""
    tests = ROOT / "terraform/tests"
    names = re.search(r"condition = output.jobs == \{(.*?)\}", (tests / "settings.tftest.hcl").read_text(), re.S)[1]
    images = {key: job["image"] for key, job in json.loads((tests / "jobs.json").read_text()).items()}
    return {name: images[key] for key, name in re.findall(r'(\w+) += "([\w-]+)"', names)}


# What is run by hand: the command, and the job and the CronJob that it is run with.
BY_HAND = re.findall(r"^\| `([\w-]+ \w+)`.*? \| `([\w-]+)` \| `([\w-]+)` \| `--args=(.*?)` \|$", TEXT, re.MULTILINE)


def loop(variable: str) -> list:
    """What is gone through in the text's loops over the variable; its words, if there is one loop."""
    loops = [words.split() for words in re.findall(rf"^for {variable} in (.*); do$", RUNBOOK, re.MULTILINE)]
    return loops[0] if len(loops) == 1 else loops
