"""The loader as a process."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from harness.processes import eventually, executable

KILLED = -signal.SIGKILL


class Finished:
    """How a process ended, and what its user saw."""

    def __init__(self, status, output, errors):
        self.status, self.output, self.errors = status, output, errors

    @property
    def report(self):
        return json.loads(self.output.splitlines()[-1])

    @property
    def answer(self):
        """The whole of standard output as one JSON value."""
        return json.loads(self.output)

    def logged(self, text):
        return [line for line in self.errors.splitlines() if text in line]

    def expect(self, status, *texts):
        assert self.status == status, f"status {self.status}, not {status}: {self.errors[-3000:]}{self.output[-2000:]}"
        for text in texts:
            assert text in self.errors, f"{text!r} is not in: {self.errors[-3000:]}"
        return self


class Running:
    def __init__(self, arguments, environment):
        self.files = [tempfile.TemporaryFile() for _ in range(2)]
        self.process = subprocess.Popen(
            arguments, env=environment, stdin=subprocess.DEVNULL, stdout=self.files[0], stderr=self.files[1],
            start_new_session=True,
        )

    def text(self, index):
        # A descriptor of its own: reading must not move the place where the process writes.
        with open(f"/proc/self/fd/{self.files[index].fileno()}", "rb") as file:
            return file.read().decode(errors="replace")

    def wait_for_log(self, text, seconds=40):
        def found():
            assert self.process.poll() is None or text in self.text(1), self.text(1)[-3000:]
            return text in self.text(1)

        eventually(f"the loader logs {text!r}", found, seconds)

    def peak_memory(self, seconds=300):
        """Of the program alone, once it has ended: what it reports of itself counts what it was forked from, too."""
        status, peak = pathlib.Path(f"/proc/{self.process.pid}/status"), 0
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"the program did not end in {seconds} s: {self.text(1)[-3000:]}"
            lines = status.read_text().splitlines()
            peak = max([peak, *(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))])
            time.sleep(0.02)
        return peak

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        return self.finish()

    def finish(self, seconds=90):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the loader did not end in {seconds} s: {self.text(1)[-3000:]}") from None
        return Finished(self.process.returncode, self.text(0), self.text(1))


class Loader:
    """Starts loaders of one topic, store and group. All are killed by `close`."""

    def __init__(self, broker, store, topic, group=None, home=None):
        self.broker, self.store, self.topic = broker, store, topic
        self.group = f"{group or 'group'}-of-{topic}"
        self.home = home or "/nonexistent"
        self.started = []

    def settings(self, command):
        yield from ("--storage-url", self.store.url, "--kafka-topic", self.topic)
        if command in ("load", "hourly", "status", "restore") and self.broker:
            yield from ("--kafka-brokers", self.broker.addresses)
        if command in ("load", "hourly"):
            yield from ("--kafka-consumer-group", self.group)
            for option in self.broker.kafka_options if self.broker else ():
                yield from ("--kafka-option", option)

    def start(self, command, *flags, failpoint=None, environment=None):
        variables = {"PATH": os.environ["PATH"], "HOME": self.home, **self.store.environment, **(environment or {})}
        if failpoint:
            variables["LOADER_FAILPOINT"] = failpoint
        # A flag given again would be an error: the test's own wins over the usual one.
        usual = list(self.settings(command))
        pairs = [pair for pair in zip(usual[::2], usual[1::2]) if pair[0] not in flags or pair[0] == "--kafka-option"]
        arguments = [executable("LOADER"), command, *(text for pair in pairs for text in pair), *flags]
        running = Running([argument for argument in arguments if argument is not None], variables)
        self.started.append(running)
        return running

    def run(self, command, *flags, seconds=90, **options):
        return self.start(command, *flags, **options).finish(seconds)

    def load(self, *flags, **options):
        """A run that drains the topic."""
        return self.run("load", *flags, **options).expect(0)

    def verify(self, *flags):
        return self.run("verify", *flags)

    def close(self):
        for running in self.started:
            running.kill()
            for file in running.files:
                file.close()
