"""Runs batch-judge tag-and-push between a server of logs and a stand-in for Claude."""

import json

from harness.logs import KEY, PROJECT, BatchJudge
from harness.services import KEY as CLAUDE_KEY
from harness.tagging import MARKER, ROOT


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

    def shift(self, hours):
        """What was done by now was done so many hours ago."""
        path = self.file.parent / ".tag-and-push" / PROJECT / "state.json"
        state = json.loads(path.read_bytes())
        for name in ("since_ms", "until_ms", "read_at_ms", "pushed_until_ms"):
            if state.get(name) is not None:
                state[name] -= hours * 3_600_000
        path.write_text(json.dumps(state))

    def calls(self):
        return self.services.called("messages")
