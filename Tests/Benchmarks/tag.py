"""Tags stored records against the stand-in for the Claude API, which takes 200 ms for an answer and 50 calls at once.

How much longer 5,000 records take than calls that never wait for each other would; how many records are tagged in a
second of processor time, when each is asked about and when every answer is known; and the most memory for one file of
100,000 records.
"""

import argparse
import contextlib
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.request
from typing import Iterator

from broker import pin
from measure import Cost, MiB, add_markdown, run, show
from records import records
from store import DATE, TOPIC, write_day

HERE = pathlib.Path(__file__).parent
LATENCY, CALLS = 0.2, 50


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loader", required=True, type=pathlib.Path, help="the program under test")
    parser.add_argument("--devcloud", required=True, type=pathlib.Path, help="the program with the stand-in")
    parser.add_argument("--records", type=int, default=5000, help="records that are asked about")
    parser.add_argument("--cached", type=int, default=40_000, help="records whose answers are known")
    parser.add_argument("--large", type=int, default=100_000, help="records of the one large file")
    add_markdown(parser)
    return parser.parse_args()


def write_files(store: pathlib.Path, count: int, files: int, distinct: bool) -> int:
    """Raw files as `loader load` names them. Gives the bytes of their lines."""
    source = records(1 << 62)

    def line(number: int) -> bytes:
        value = json.loads(next(source).value)
        if distinct:
            value["prompt"] = f"{number} {value['prompt']}"
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    return write_day(store / "raw" / TOPIC / DATE, range(count), files, line)


@contextlib.contextmanager
def stand_in(options: argparse.Namespace, *settings: str) -> Iterator[dict[str, str]]:
    command = [str(options.devcloud), "api", *settings]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=lambda: pin(0))
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def tag(options: argparse.Namespace, store: pathlib.Path, url: str, records_of_run: int) -> Cost:
    command = [
        *(str(options.loader), "tag", "--storage-url", store.as_uri(), "--kafka-topic", TOPIC, "--date", DATE),
        *("--taxonomy", str(HERE.parent.parent / "prompts/tags.example.yml")),
        *("--tag-prompt", str(HERE.parent.parent / "prompts/tagging.prompt.yml")),
        *("--price-file", str(HERE.parent.parent / "prompts/prices.json")),
        *("--anthropic-base-url", url, "--anthropic-api-key", "devcloud", "--tag-concurrency", str(CALLS)),
    ]
    cost = run(command, dict(os.environ), store / "program.log")
    lines = 0
    for file in (store / "tagged" / TOPIC / DATE).glob("*.jsonl.gz"):
        lines += gzip.decompress(file.read_bytes()).count(b"\n")
    if lines != records_of_run:
        raise RuntimeError(f"{lines} of {records_of_run} records were tagged")
    return cost


def waiting(options: argparse.Namespace, work: pathlib.Path) -> str:
    store = work / "waiting"
    write_files(store, options.records, 48, distinct=True)
    with stand_in(options, "--latency", "200ms", "--max-concurrent", str(CALLS)) as urls:
        cost = tag(options, store, urls["anthropic"], options.records)
        with urllib.request.urlopen(urls["control"] + "/calls") as answer:
            calls = json.load(answer)["routes"]["messages"]["calls"]
    ideal = options.records * LATENCY / CALLS
    return (
        f"| {options.records} records, 200 ms an answer, {CALLS} calls at once | {cost.wall_seconds:.1f} s "
        f"= {cost.wall_seconds / ideal:.2f} × the ideal {ideal:.0f} s, {calls} calls | {cost.cpu_seconds:.1f} "
        f"| {cost.peak_bytes / MiB:.0f} |"
    )


def known(options: argparse.Namespace, work: pathlib.Path, count: int, files: int, what: str) -> list[str]:
    """The first time, when each record is asked about, and the second time, with the answers of the first."""
    store = work / f"known-{files}"
    size = write_files(store, count, files, distinct=True)
    with stand_in(options) as urls:
        asked = tag(options, store, urls["anthropic"], count)
        shutil.rmtree(store / "tagged" / TOPIC / DATE)
        again = tag(options, store, urls["anthropic"], count)
    return [
        f"| {what}: {count} records, {size / 1e6:.0f} MB, {answers} | {count / cost.cpu_seconds:.0f} records "
        f"per CPU s | {cost.cpu_seconds:.1f} | {cost.peak_bytes / MiB:.0f} |"
        for answers, cost in (("all asked", asked), ("answers known", again))
    ]


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="tag-bench-") as name:
        work = pathlib.Path(name)
        rows = [
            "| what | result | CPU s | peak MiB |",
            "|---|---|--:|--:|",
            waiting(options, work),
            *known(options, work, options.cached, 48, "48 files"),
            *known(options, work, options.large, 1, "one file"),
        ]
    show("\n".join(rows), options)


if __name__ == "__main__":
    main()
