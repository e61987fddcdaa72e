"""Matches a day of tagged records against datasets, and pushes those that are wanted to the stand-in for Braintrust.

1,000,000 records and 500 datasets: how many records are matched in a second of processor time when one in a hundred is
wanted, and in what memory; the same against five datasets, which should take as long; and a dataset that has a million
rows already.
"""

import argparse
import json
import os
import pathlib
import random
import tempfile
import urllib.request

from measure import Cost, MiB, add_markdown, run, show
from store import DATE, TOPIC, write_day
from tag import stand_in

KEY = "devcloud"
TAGS_WANTED, TAGS_OF_NOBODY = 1000, 3000


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-judge", required=True, type=pathlib.Path, help="the program under test")
    parser.add_argument("--devcloud", required=True, type=pathlib.Path, help="the program with the stand-in")
    parser.add_argument("--records", type=int, default=1_000_000, help="tagged records of the day")
    parser.add_argument("--datasets", type=int, default=500, help="datasets that want something")
    parser.add_argument("--existing", type=int, default=1_000_000, help="rows that one dataset has already")
    add_markdown(parser)
    return parser.parse_args()


def write_files(store: pathlib.Path, count: int, files: int, first: int = 0) -> int:
    """Tagged files as `loader tag` names them, with three tags a record. Gives the bytes of their lines."""
    chance = random.Random(1)
    text = "Where is my parcel? It should have come on Monday, and the tracking page says nothing. " * 6

    def line(number: int) -> bytes:
        tags = [f"other {chance.randrange(TAGS_OF_NOBODY)}" for _ in range(3)]
        if number % 100 == 0:
            tags[1] = f"wanted {chance.randrange(TAGS_WANTED)}"
        record = {
            "id": f"i-{number}", "input": text, "output": text, "relevant_tags": tags, "tag_status": "tagged",
            "tagging": {"id": f"i-{number}", "model": "m", "prompt": "p", "taxonomy": "t", "source": "model"},
        }
        return json.dumps(record, separators=(",", ":")).encode()

    return write_day(store / "tagged" / TOPIC / DATE, range(first, first + count), files, line)


def seed(work: pathlib.Path, datasets: int) -> pathlib.Path:
    """Datasets that want so many tags that each wanted tag goes to one or more of them."""
    each = max(4, -(-TAGS_WANTED // datasets))
    wishes = [[f"wanted {(n * each + k) % TAGS_WANTED}" for k in range(each)] for n in range(datasets)]
    path = work / f"seed-{datasets}.json"
    path.write_text(json.dumps({
        "dataset": [
            {"project_name": "p", "name": f"d{n}", "description": f"[[relevant_tags: {json.dumps(tags)}]]"}
            for n, tags in enumerate(wishes)
        ]
    }))
    return path


def push(options: argparse.Namespace, store: pathlib.Path, url: str, *flags: str) -> tuple[Cost, dict]:
    command = [
        *(str(options.batch_judge), "push", "--storage-url", store.as_uri(), "--kafka-topic", TOPIC, "--date", DATE),
        *("--braintrust-api-url", url, "--braintrust-api-key", KEY, *flags),
    ]
    cost = run(command, dict(os.environ), store / "program.log")
    report = max((store / "_runs" / TOPIC).glob("*.json"), key=os.path.getmtime)
    return cost, json.loads(report.read_text())


def row(what: str, count: int, cost: Cost, totals: dict) -> str:
    return (
        f"| {what} | {count / cost.cpu_seconds:.0f} records per CPU s; {totals['matched']} matched, {totals['inserted']} "
        f"pushed, {totals['existing']} there | {cost.cpu_seconds:.1f} | {cost.peak_bytes / MiB:.0f} |"
    )


def matching(options: argparse.Namespace, work: pathlib.Path, store: pathlib.Path, size: int, datasets: int) -> str:
    with stand_in(options, "--seed", str(seed(work, datasets))) as urls:
        cost, report = push(options, store, urls["braintrust"])
    what = f"{options.records} records, {size / 1e6:.0f} MB, {datasets} datasets"
    return row(what, options.records, cost, report["totals"])


def existing(options: argparse.Namespace, work: pathlib.Path) -> str:
    """Of 2000 wanted records half is there, among a million rows."""
    store, count = work / "existing", 200_000
    write_files(store, count, 1, first=options.existing - count // 2)
    with stand_in(options, "--seed", str(seed(work, 1))) as urls:
        body = {"dataset": "d0", "count": options.existing, "row": {"id": "row-{n}", "input": {"id": "i-{n}"}}}
        fill = urllib.request.Request(urls["control"] + "/fill", json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(fill).close()
        cost, report = push(options, store, urls["braintrust"])
    return row(f"a dataset with {options.existing} rows", count, cost, report["totals"])


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="push-bench-") as name:
        work = pathlib.Path(name)
        store = work / "day"
        size = write_files(store, options.records, 48)
        rows = ["| what | result | CPU s | peak MiB |", "|---|---|--:|--:|"]
        rows += [matching(options, work, store, size, datasets) for datasets in (5, options.datasets)]
        rows.append(existing(options, work))
    show("\n".join(rows), options)


if __name__ == "__main__":
    main()
