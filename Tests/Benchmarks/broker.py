"""A Tansu broker in memory, pinned to one core."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time
from typing import Iterator

START_SECONDS_MAX = 20


def pin(core: int) -> None:
    """Keeps this process on one core, if there is more than one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[core]})


@contextlib.contextmanager
def broker(program: str, log: pathlib.Path) -> Iterator[str]:
    """Runs one on a free port of 127.0.0.1; gives `host:port`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    url = f"tcp://{address}"
    command = [program, "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, preexec_fn=lambda: pin(0))
    try:
        host, port = address.split(":")
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"the broker stopped: {log.read_text(errors='replace')[-500:]}")
            try:
                socket.create_connection((host, int(port)), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
