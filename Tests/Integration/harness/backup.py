"""Runs batch-judge backup between a server of logs and a store."""

from harness.logs import DATE, KEY, PROJECT, BatchJudge


class Backup(BatchJudge):
    def __init__(self, home, store):
        super().__init__(home, store.environment)
        self.store = store

    def flags(self, logs, *flags):
        usual = {
            "--braintrust-api-url": logs.url, "--braintrust-api-key": KEY, "--braintrust-project-id": PROJECT,
            "--bucket": self.store.url, "--date": DATE,
        }
        return ["backup", *(text for pair in usual.items() if pair[0] not in flags for text in pair), *flags]

    def back_up(self, logs, *flags, status=0, texts=(), seconds=90):
        finished = self.run(*self.flags(logs, *flags), seconds=seconds).expect(status, *texts)
        assert KEY not in finished.errors + finished.output
        return finished

    def verify(self, *flags, status=0):
        usual = ["--bucket", self.store.url, "--date", DATE]
        return self.run("backup", "verify", *usual, *flags).expect(status)

    def file(self, kind="csv"):
        return self.store.read(f"logs/{DATE}.{kind}")

    @property
    def spool(self):
        return [name for name in self.store.names() if "_spool" in name]
