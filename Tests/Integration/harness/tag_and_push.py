"""Runs batch-judge tag-and-push between a server of logs and a stand-in for Claude."""

import json
import time

import pytest

from harness.closing import closing, closing_all
from harness.logs import KEY, PROJECT, BatchJudge, LogServer, row
from harness.services import KEY as CLAUDE_KEY
from harness.tagging import MARKER, ROOT

TAGS = [
    {"id": "t1", "project_id": PROJECT, "name": "billing", "description": "Dataset-Tagging: about invoices"},
    {"id": "t2", "project_id": PROJECT, "name": "bug report", "description": "dataset-tagging: about bugs"},
    {"id": "t3", "project_id": PROJECT, "name": "unused", "description": None},
]
DATASETS = [
    {"id": "d-billing", "project_id": PROJECT, "name": "b", "description": '[[relevant_tags: ["billing"]]]'},
    {"id": "d-both", "project_id": PROJECT, "name": "x", "description": '[[relevant_tags: ["billing","bug report"]]]'},
    {"id": "d-none", "project_id": PROJECT, "name": "n", "description": None},
]


def now(offset=0):
    """A time so many seconds ago, as rows say when they were created."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - offset))


def log(number, text="billing", **members):
    usual = {"created": now(3600), "input": f"{MARKER} {number} {text}", "output": f"a {number}"}
    return row(number, **{**usual, **members})


@pytest.fixture
def make_logs():
    usual = {"tags": TAGS, "datasets": DATASETS}
    yield from closing_all(lambda rows=(), **options: LogServer(rows, **{**usual, **options}))


@pytest.fixture
def job(tagging_services, tmp_path):
    tagging_services.forget()
    yield from closing(TagAndPush(tmp_path, tagging_services))


class TagAndPush(BatchJudge):
    def __init__(self, home, services):
        super().__init__(home)
        self.services, self.file = services, home / "shared" / "tagged_logs.jsonl"

    def flags(self, logs, *flags):
        usual = {
            "--braintrust-api-url": logs.url, "--braintrust-api-key": KEY, "--braintrust-project-id": PROJECT,
            "--tagged-logs-file": str(self.file), "--anthropic-api-key": CLAUDE_KEY,
            "--anthropic-base-url": self.services.anthropic, "--price-file": str(ROOT / "prompts/prices.json"),
            "--tag-prompt": str(ROOT / "prompts/tagging.prompt.yml"), "--tag-concurrency": "8",
        }
        pairs = (pair for pair in usual.items() if pair[0] not in flags)
        return ["tag-and-push", *(text for pair in pairs for text in pair), *flags]

    def perform(self, logs, *flags, status=0, texts=()):
        finished = self.run(*self.flags(logs, *flags)).expect(status, *texts)
        for secret in (KEY, MARKER):
            assert secret not in finished.errors + finished.output
        return finished

    @property
    def lines(self):
        return [json.loads(line) for line in self.file.read_bytes().splitlines()]

    @property
    def work(self):
        """The folder of work."""
        return self.file.parent / ".tag-and-push" / PROJECT

    def shift(self, hours, *names):
        """What was done by now was done so many hours ago. With names, no more than these times."""
        path = self.work / "state.json"
        state = json.loads(path.read_bytes())
        for name in names or ("since_ms", "until_ms", "read_at_ms", "pushed_until_ms"):
            if isinstance(state.get(name), dict):
                state[name] = {key: time - hours * 3_600_000 for key, time in state[name].items()}
            elif state.get(name) is not None:
                state[name] -= hours * 3_600_000
        path.write_text(json.dumps(state))

    def calls(self):
        return self.services.called("messages")
