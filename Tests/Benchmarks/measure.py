"""What a program costs."""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import time
from dataclasses import dataclass

from broker import pin

SECONDS_MAX = 1800
MiB = 1024 * 1024


@dataclass
class Cost:
    cpu_seconds: float
    # Without the time that a consumer group takes to form: the other programs assign themselves their partitions.
    wall_seconds: float
    peak_bytes: int


def peak_memory(pid: int) -> int:
    """The most memory that the program itself had: the rusage of a child also counts what it was forked from."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def run(command: list[str], environment: dict[str, str], log: pathlib.Path) -> Cost:
    """Runs a program on the second core. Raises when it fails."""
    started = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, preexec_fn=lambda: pin(1), close_fds=True
        )
    peak = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        peak = max(peak, peak_memory(process.pid))
        if time.monotonic() - started > SECONDS_MAX:
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command[0]} ended with status {process.returncode}:\n{tail}")
    wall = time.monotonic() - started - group_wait(log)
    return Cost(usage.ru_utime + usage.ru_stime, wall, peak)


def group_wait(log: pathlib.Path) -> float:
    """What the loader's report says of it: this broker answers a join only after half the session timeout."""
    for line in log.read_text(errors="replace").splitlines():
        if line.startswith('{"bytes_in"'):
            return json.loads(line).get("group_wait_ms", 0) / 1000
    return 0.0


def outcome(directory: pathlib.Path) -> tuple[int, int, int]:
    """Files, lines in them and compressed bytes of what a program wrote."""
    files = sorted(directory.rglob("*.jsonl.gz"))
    if not files:
        return 0, 0, 0
    zcat = subprocess.Popen(["zcat", *files], stdout=subprocess.PIPE)
    lines = int(subprocess.run(["wc", "-l"], stdin=zcat.stdout, capture_output=True, check=True).stdout)
    zcat.stdout.close()
    if zcat.wait():
        raise RuntimeError(f"zcat ended with status {zcat.returncode}: a file in {directory} is damaged")
    return len(files), lines, sum(file.stat().st_size for file in files)


def add_markdown(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--markdown", type=pathlib.Path, help="also write the table to this file")


def show(table: str, options: argparse.Namespace) -> None:
    print(table)
    if options.markdown:
        options.markdown.write_text(table + "\n")
