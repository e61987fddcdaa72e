"""Tagged files, `batch-judge push` as a process, and an independent look at what it wrote."""

import gzip
import itertools
import json
import os

import requests

from harness.loader import Running
from harness.processes import executable
from harness.records import DATE
from harness.services import KEY

HEADERS = {"Authorization": f"Bearer {KEY}"}
numbers = itertools.count()


def tagged(number, tags=("a",), **members):
    """A record as `loader tag` writes it."""
    record = {"id": f"i-{number}", "input": {"question": number}, "output": f"answer {number}", **members}
    record["relevant_tags"] = list(tags) if isinstance(tags, (list, tuple)) else tags
    record["tag_status"] = "tagged"
    record["tagging"] = {
        "id": str(record["id"]), "model": "claude", "prompt": "p", "taxonomy": "t", "source": "model",
    }
    return record


def line(record):
    return record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def write_tagged(store, topic, records, *, hour=9, start=0, date=DATE, late=False):
    """Returns the file as rows and verdicts name it."""
    lines = [line(record) for record in records]
    stem = f"{hour:02}-{'late-' if late else ''}p00000-{start:020}-{start + len(lines):020}"
    store.write(f"tagged/{topic}/{date}/{stem}.jsonl.gz", gzip.compress(b"".join(text + b"\n" for text in lines), 1))
    return stem


def marker(*tags):
    return f"[[relevant_tags: {json.dumps(tags)}]]"


class Braintrust:
    """The stand-in's rows, asked for by HTTP."""

    def __init__(self, services):
        self.services, self.url = services, services.braintrust

    def call(self, method, path, **options):
        answer = requests.request(method, self.url + path, headers=HEADERS, timeout=60, **options)
        answer.raise_for_status()
        return answer.json()

    def project(self, name=None):
        return self.call("POST", "/v1/project", json={"name": name or f"project-{next(numbers)}"})["id"]

    def dataset(self, project, description, name=None):
        body = {"project_id": project, "name": name or f"dataset-{next(numbers)}", "description": description}
        return self.call("POST", "/v1/dataset", json=body)["id"]

    def insert(self, dataset, *events):
        self.call("POST", f"/v1/dataset/{dataset}/insert", json={"events": events})

    def rows(self, dataset):
        """All rows, by the interaction that they are of, or else by their own id."""
        rows, cursor = {}, None
        while True:
            page = self.call("POST", f"/v1/dataset/{dataset}/fetch", json={"limit": 1000, "cursor": cursor})
            for row in page["events"]:
                key = (row.get("metadata") or {}).get("interaction_id", row["id"])
                assert key not in rows, f"{key} is there twice"
                rows[key] = row
            cursor = page.get("cursor")
            if not cursor:
                return rows


class Pusher:
    """Starts `batch-judge` for one project and store."""

    def __init__(self, services, store, topic, project):
        self.services, self.store, self.topic, self.project = services, store, topic, project
        self.started = []

    def start(self, command, *flags, failpoint=None, environment=None):
        variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **self.store.environment, **(environment or {})}
        if failpoint:
            variables["LOADER_FAILPOINT"] = failpoint
        usual = {
            "--braintrust-api-key": KEY, "--braintrust-api-url": self.services.braintrust,
            "--braintrust-project-id": self.project, "--log-format": "text",
        }
        if command == "push":
            usual |= {"--storage-url": self.store.url, "--kafka-topic": self.topic}
            if not any(flag in flags for flag in ("--days", "--from")):
                usual |= {"--date": DATE}
        arguments = [text for pair in usual.items() if pair[0] not in flags for text in pair]
        running = Running([executable("BATCH_JUDGE"), command, *arguments, *flags], variables)
        self.started.append(running)
        return running

    def run(self, command, *flags, status=0, **options):
        return self.start(command, *flags, **options).finish().expect(status)

    def push(self, *flags, **options):
        return self.run("push", *flags, **options)

    def close(self):
        for running in self.started:
            running.kill()
            for file in running.files:
                file.close()
