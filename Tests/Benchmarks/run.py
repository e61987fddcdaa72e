"""Drains one backlog with the loader, with two Python programs and with the limit, and compares what they cost.

The program has one core and the broker the other. All read to the end that they find at the start, write a gzip file
for each hour and partition, and exit; each must have written every record. CPU seconds are user and system time.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from statistics import median_low
from typing import Iterator

from broker import broker
from measure import Cost, MiB, add_markdown, outcome, run, show

HERE = pathlib.Path(__file__).parent
PARTITIONS = 4
TOPIC = "bench"
LIMIT, USUAL, BEST = "limit (C++)", "usual Python", "best Python"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loader", required=True, type=pathlib.Path, help="the program under test")
    parser.add_argument("--limit", required=True, type=pathlib.Path, help="limit.cpp, built")
    parser.add_argument("--tansu", default=os.environ.get("TANSU"), help="the broker; default: $TANSU")
    newer = os.environ.get("NEW_LIBRDKAFKA")
    parser.add_argument("--librdkafka", default=newer, help="2.1 or newer; default: $NEW_LIBRDKAFKA")
    parser.add_argument("--megabytes", type=int, default=500, help="size of the backlog")
    parser.add_argument("--rounds", type=int, default=1, help="the table shows the medians")
    parser.add_argument("--only", default="", help="only programs whose name contains this")
    parser.add_argument("--isal-level", type=int, default=3)
    parser.add_argument(
        "--memory", type=int, nargs="+", metavar="MB", help="only the loader's peak memory with such backlogs"
    )
    add_markdown(parser)
    options = parser.parse_args()
    for name in ("tansu", "librdkafka"):
        if not getattr(options, name):
            parser.error(f"--{name} is missing; `make bench` knows where it is")
    return options


def load(options: argparse.Namespace, brokers: str, directory: pathlib.Path, engine: str, level: int) -> list[str]:
    return [
        *(str(options.loader), "load", "--kafka-brokers", brokers, "--kafka-topic", TOPIC),
        *("--kafka-consumer-group", f"bench-{directory.name}", "--storage-url", directory.as_uri()),
        *("--gzip-engine", engine, "--gzip-level", str(level)),
        # This broker answers a group's join only after half of it.
        *("--kafka-option", "session.timeout.ms=6000"),
    ]


def programs(options: argparse.Namespace, brokers: str):
    """Name, and the command that drains into a directory."""
    level = options.isal_level

    def script(name):
        return [sys.executable, str(HERE / name), brokers, TOPIC]

    return {
        f"loader, isal {level}": lambda directory: load(options, brokers, directory, "isal", level),
        "loader, zlib 6": lambda directory: load(options, brokers, directory, "zlib", 6),
        LIMIT: lambda directory: [str(options.limit), brokers, TOPIC, str(directory), str(level)],
        BEST: lambda directory: [*script("best.py"), str(directory), str(level)],
        USUAL: lambda directory: [*script("usual.py"), str(directory)],
    }


@contextlib.contextmanager
def backlog(options: argparse.Namespace, work: pathlib.Path, megabytes: int) -> Iterator[tuple[str, dict[str, int]]]:
    """A broker with records; gives its address, and their count and bytes."""
    with broker(options.tansu, work / "broker.log") as brokers:
        command = [sys.executable, str(HERE / "fill.py"), brokers, TOPIC, str(PARTITIONS), str(megabytes)]
        yield brokers, json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def environment(options: argparse.Namespace, work: pathlib.Path) -> dict[str, str]:
    """Makes programs that ask for librdkafka.so.1 find the newer one."""
    libraries = work / "lib"
    libraries.mkdir()
    (libraries / "librdkafka.so.1").symlink_to(pathlib.Path(options.librdkafka).resolve())
    return {**os.environ, "LD_LIBRARY_PATH": str(libraries)}


def drain(name: str, command, work: pathlib.Path, variables: dict[str, str], records: int) -> tuple[Cost, int]:
    """Runs one program; gives its cost and the bytes that it wrote."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="out-", dir=work))
    cost = run(command(directory), variables, work / "program.log")
    _, lines, size = outcome(directory)
    shutil.rmtree(directory)
    if lines != records:
        raise RuntimeError(f"{name} wrote {lines} of {records} records")
    return cost, size


def table(costs: dict[str, tuple[Cost, int]], filled: dict[str, int]) -> str:
    megabytes = filled["bytes"] / 1e6
    speed = {name: megabytes / cost.cpu_seconds for name, (cost, _) in costs.items()}

    def ratio(name: str, other: str) -> str:
        return f"{speed[name] / speed[other]:.2f}" if other in speed else "-"

    rows = [
        "| program | CPU s | MB/s per CPU s | wall s | wall/CPU | peak MiB | MB out "
        "| × limit | × best Python | × usual Python |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, (cost, size) in costs.items():
        rows.append(
            f"| {name} | {cost.cpu_seconds:.2f} | {speed[name]:.0f} | {cost.wall_seconds:.1f} "
            f"| {cost.wall_seconds / cost.cpu_seconds:.2f} | {cost.peak_bytes / MiB:.0f} | {size / 1e6:.1f} "
            f"| {ratio(name, LIMIT)} | {ratio(name, BEST)} | {ratio(name, USUAL)} |"
        )
    head = f"{filled['records']} records, {megabytes:.0f} MB, {PARTITIONS} partitions, 24 hours of event time."
    return "\n".join([head, "", *rows])


def compare(options: argparse.Namespace, work: pathlib.Path, variables: dict[str, str]) -> str:
    with backlog(options, work, options.megabytes) as (brokers, filled):
        rounds: dict[str, list[tuple[Cost, int]]] = {}
        for _ in range(options.rounds):
            for name, command in programs(options, brokers).items():
                if options.only in name:
                    print(f"{name} …", file=sys.stderr, flush=True)
                    rounds.setdefault(name, []).append(drain(name, command, work, variables, filled["records"]))
    costs = {
        name: (
            Cost(*(median_low([getattr(cost, field) for cost, _ in runs]) for field in Cost.__dataclass_fields__)),
            runs[0][1],
        )
        for name, runs in rounds.items()
    }
    return table(costs, filled)


def memory(options: argparse.Namespace, work: pathlib.Path, variables: dict[str, str]) -> str:
    rows = ["| backlog MB | records | CPU s | wall s | peak MiB |", "|--:|--:|--:|--:|--:|"]
    for megabytes in options.memory:
        with backlog(options, work, megabytes) as (brokers, filled):
            name, command = next(iter(programs(options, brokers).items()))
            cost, _ = drain(name, command, work, variables, filled["records"])
        rows.append(
            f"| {filled['bytes'] / 1e6:.0f} | {filled['records']} | {cost.cpu_seconds:.1f} | {cost.wall_seconds:.1f} "
            f"| {cost.peak_bytes / MiB:.0f} |"
        )
    return "\n".join(rows)


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="loader-bench-") as name:
        work = pathlib.Path(name)
        text = (memory if options.memory else compare)(options, work, environment(options, work))
    show(text, options)


if __name__ == "__main__":
    main()
