"""The jobs that talk to Braintrust, each with work of its own, against the stand-in."""

import csv
import io
import json
import random

from harness.datasets import Braintrust, marker, tagged, write_tagged
from harness.logs import BatchJudge
from harness.processes import eventually
from harness.records import DATE
from harness.services import KEY
from harness.tagging import ROOT

DAY = "2026-11-15"  # of the logs
TOPIC = "raw-interactions"
CONCURRENCY = 8  # of calls to Claude


class DailyJob:
    """`batch-judge` with something to do, once, in one store."""

    def __init__(self, services, store, home, count=20, size=0):
        """So many interactions, each with so many bytes that no compression halves twice."""
        self.services, self.store, self.home, self.count, self.size = services, store, home, count, size
        self.api = Braintrust(services)
        self.project = self.api.project()
        self.braintrust, self.claude = services.braintrust, services.anthropic
        self.judge = BatchJudge(home, store.environment)
        self.prepare()

    def start(self, *flags, **environment):
        usual = {
            "--braintrust-api-key": KEY, "--braintrust-api-url": self.braintrust,
            "--braintrust-project-id": self.project, **self.settings(),
        }
        pairs = (text for pair in usual.items() if pair[0] not in flags for text in pair)
        return self.judge.start(self.name, *pairs, *flags, **environment)

    def run(self, *flags, status=0, texts=(), **environment):
        return self.start(*flags, **environment).finish().expect(status, *texts)

    def insert_logs(self):
        events = [
            {
                "id": f"i-{number}", "created": f"{DAY}T10:00:00.000Z", "output": "fine",
                "input": "billing " + random.Random(number).randbytes(self.size // 2).hex(),
            }
            for number in range(self.count)
        ]
        if events:
            self.api.call("POST", f"/v1/project_logs/{self.project}/insert", json={"events": events})

    def fill_logs(self, count, since, until, **row):
        """Many at once, created evenly from one day to another; `{n}` in a text is the number."""
        order = {"count": count, "since": f"{since}T00:00:00Z", "until": f"{until}T00:00:00Z", "row": row}
        self.services.control("POST", "/fill", {"project_logs": self.project, **order})

    def reach_services_by(self, address):
        """By a front of the stand-ins."""
        for service in ("braintrust", "claude"):
            setattr(self, service, f"{address}/{getattr(self, service).split('/', 3)[3]}")

    def kill(self):
        """The first run, which may have been started just now."""
        eventually("it is started", lambda: self.judge.started)[0].process.kill()

    def drop_leases(self):
        """As if they had run out."""
        for name in self.store.names():
            if "/_leases/" in name or name.endswith("lease.json"):
                self.store.delete(name)

    def finish(self):
        """Whatever happened before: now all of it is done."""
        self.run()
        self.assert_done()

    def close(self):
        self.judge.close()


class Backup(DailyJob):
    name = "backup"

    def prepare(self):
        self.insert_logs()

    def settings(self):
        return {"--bucket": self.store.url, "--date": "2026-11-20"}

    def result(self):
        """What a reader takes for the whole, if it is there."""
        return [name for name in self.store.names() if name.startswith("logs/") and "_spool" not in name]

    def records(self):
        """What a stranger reads in the file."""
        text = self.store.read("logs/2026-11-20.csv").decode()
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def assert_done(self):
        assert self.result() == ["logs/2026-11-20.csv", "logs/2026-11-20.manifest.json"]
        assert [record["id"] for record in self.records()] == [f"i-{number}" for number in range(self.count)]
        assert not [name for name in self.store.names() if "_spool" in name]


class Push(DailyJob):
    name = "push"

    def prepare(self):
        self.dataset = self.api.dataset(self.project, marker("billing"))
        write_tagged(self.store, TOPIC, [tagged(number, ["billing"]) for number in range(self.count)])

    def settings(self):
        return {"--storage-url": self.store.url, "--kafka-topic": TOPIC, "--date": DATE}

    def result(self):
        return list(self.api.rows(self.dataset))

    def assert_done(self):
        assert set(self.api.rows(self.dataset)) == {f"i-{number}" for number in range(self.count)}
        assert not [name for name in self.store.names() if name.endswith("lease.json")]


class TagAndPush(Push):
    """Its store is a directory."""

    name = "tag-and-push"

    def prepare(self):
        tag = {"project_id": self.project, "name": "billing", "description": "Dataset-Tagging: about invoices"}
        self.api.call("POST", "/v1/project_tag", json=tag)
        self.dataset = self.api.dataset(self.project, marker("billing"))
        self.insert_logs()

    @property
    def file(self):
        return self.store.directory / "tagged_logs.jsonl"

    def settings(self):
        return {
            "--tagged-logs-file": str(self.file), "--since": DAY, "--until": "2026-11-16",
            "--anthropic-api-key": KEY, "--anthropic-base-url": self.claude, "--tag-concurrency": str(CONCURRENCY),
            "--price-file": str(ROOT / "prompts/prices.json"), "--tag-prompt": str(ROOT / "prompts/tagging.prompt.yml"),
        }

    def result(self):
        return [self.file] * self.file.exists() + super().result()

    def records(self):
        return [json.loads(line) for line in self.file.read_bytes().splitlines()]

    def assert_done(self):
        super().assert_done()
        assert [record["id"] for record in self.records()] == [f"i-{number}" for number in range(self.count)]


DAILY_JOBS = (Backup, Push, TagAndPush)
