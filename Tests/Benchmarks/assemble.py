"""Assembles the judge's input out of a stored day, and compares with the limit: the same files read and unzipped by
igzip, their checksums seen, and nothing else (unzip.cpp).

Every request repeats the system prompt, so with the shipped one many times as many bytes are written as are read. What
reading, unzipping and writing that many bytes costs is measured too. The goal is 40 % of the speed of reading and
unzipping alone, in bytes of the unzipped files for each second of processor time.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import tempfile

from measure import Cost, MiB, add_markdown, run, show
from store import DATE, TOPIC
from tag import write_files

SHIPPED = pathlib.Path(__file__).parent.parent.parent / "prompts/security-judge.prompt.yml"
SHORT = """\
name: short-judge
version: 1
modelParameters:
  maxTokens: 2048
messages:
  - role: user
    content: |
      Is this safe? {{input}} {{output}}
jsonSchema:
  type: object
  properties:
    verdict: {type: string, enum: [safe, unsafe]}
    severity: {type: string, enum: [none, high]}
    categories: {type: array, items: {type: string, enum: [attack, leak]}}
    evidence: {type: string}
    confidence: {type: number}
  required: [verdict, severity, categories, evidence, confidence]
"""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-judge", required=True, type=pathlib.Path, help="the program under test")
    parser.add_argument("--unzip", required=True, type=pathlib.Path, help="unzip.cpp, built")
    parser.add_argument("--records", type=int, default=150_000, help="of the day")
    parser.add_argument("--rounds", type=int, default=3, help="the table shows the medians")
    add_markdown(parser)
    return parser.parse_args()


def assemble(options: argparse.Namespace, store: pathlib.Path, output: pathlib.Path, prompt: pathlib.Path) -> Cost:
    command = [
        *(str(options.batch_judge), "assemble", "--storage-url", store.as_uri(), "--output-bucket", output.as_uri()),
        *("--kafka-topic", TOPIC, "--date", DATE, "--allow-incomplete", "--prompt-path", str(prompt)),
    ]
    cost = run(command, dict(os.environ), output / "program.log")
    state = json.loads((output / "judge" / TOPIC / DATE / "state.json").read_text())
    asked = state["rounds"][0]["counts"]["asked"]
    if asked != options.records:
        raise RuntimeError(f"{asked} of {options.records} records are asked about")
    return cost


def limit(options: argparse.Namespace, store: pathlib.Path, output: pathlib.Path, size: int, written: int) -> Cost:
    files = sorted(str(file) for file in (store / "raw").rglob("*.jsonl.gz"))
    command = [str(options.unzip), str(output / "content"), str(written), *files]
    log = output / "limit.log"
    cost = run(command, dict(os.environ), log)
    if int(log.read_text()) != size:
        raise RuntimeError(f"{log.read_text().strip()} of {size} bytes were unzipped")
    return cost


def rows(options: argparse.Namespace, work: pathlib.Path, size: int, what: str, prompt: pathlib.Path) -> list[str]:
    store, rounds = work / "day", []
    for _ in range(options.rounds):
        output = work / "output"
        output.mkdir()
        cost = assemble(options, store, output, prompt)
        written = sum(file.stat().st_size for file in output.rglob("input-*.jsonl"))
        shutil.rmtree(output / "judge")
        rounds.append((cost, *(limit(options, store, output, size, bytes) for bytes in (0, written))))
        shutil.rmtree(output)
    program, unzip, copy = (
        Cost(*(statistics.median_low(getattr(cost, field) for cost in costs) for field in Cost.__dataclass_fields__))
        for costs in zip(*rounds)
    )

    def row(name: str, cost: Cost, bytes: int) -> str:
        speed = size / 1e6 / cost.cpu_seconds
        return (
            f"| {name} | {cost.cpu_seconds:.2f} | {speed:.0f} | {bytes / 1e6:.0f} | {cost.peak_bytes / MiB:.0f} "
            f"| {unzip.cpu_seconds / cost.cpu_seconds:.2f} | {copy.cpu_seconds / cost.cpu_seconds:.2f} |"
        )

    return [
        row(f"assemble, {what}", program, written),
        row("reading and unzipping alone", unzip, 0),
        row("reading, unzipping, writing as much", copy, written),
    ]


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="assemble-bench-") as name:
        work = pathlib.Path(name)
        size = write_files(work / "day", options.records, 48, distinct=False)
        short = work / "short.prompt.yml"
        short.write_text(SHORT)
        table = [
            f"{options.records} records, {size / 1e6:.0f} MB unzipped.", "",
            "| program | CPU s | MB read per CPU s | MB written | peak MiB | × reading alone | × with writing |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *rows(options, work, size, "short prompt", short),
            *rows(options, work, size, "shipped prompt", SHIPPED),
        ]
    show("\n".join(table), options)


if __name__ == "__main__":
    main()
