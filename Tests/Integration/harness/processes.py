"""Processes that never outlive a test, and waiting for conditions."""

import os
import signal
import socket
import subprocess
import time


def executable(variable):
    """The path of a program that `make test` names in an environment variable."""
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(f"{variable} is {path!r}, which is no program; run the tests by 'make test'")
    return path


def bound_by_modes():
    """What a command begins with that may do no more than the modes of files say: root need not heed them."""
    if os.geteuid() != 0:
        return []
    capabilities = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what, condition, seconds=90):
    """Waits until `condition` returns something true, and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds} s: {what}")
        time.sleep(0.05)


def accepts(port):
    def connects():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            return False

    return connects


class Server:
    """A child process in a group of its own, which is killed with everything that it started."""

    def __init__(self, arguments, *, port=None, log=None, **options):
        with open(log or os.devnull, "ab") as output:
            options.setdefault("stdout", output)
            options.setdefault("stderr", output)
            self.process = subprocess.Popen(arguments, start_new_session=True, **options)
        if port is not None:
            try:
                eventually(f"{arguments[0]} listens", lambda: self.is_alive() and accepts(port)(), 30)
            except BaseException:
                self.kill()
                raise

    def is_alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.process.args[0]} ended with {self.process.returncode}")
        return True

    def terminate(self, seconds=20):
        """Ends it as a machine that shuts down would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
