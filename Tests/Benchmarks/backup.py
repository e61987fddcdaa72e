"""Backs up logs to CSV from a server on the other core, and measures what that costs the program as a whole: reading
and checking the answers, the spool, the CSV, and reading it back. The goal is 30 MB of CSV for each second of processor
time, and memory that does not depend on the number of rows.
"""

import argparse
import http.server
import json
import os
import pathlib
import random
import re
import tempfile
import threading

from broker import pin
from measure import MiB, add_markdown, run, show

PROJECT, DATE, PAGE = "bench", "2026-11-20", 1000
WORDS = "the model answered that “quoted” invoice, with commas; and a line\nbreak or two — naïve".split(" ")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-judge", required=True, type=pathlib.Path, help="the program under test")
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 200_000], help="how many logs, for each run")
    add_markdown(parser)
    return parser.parse_args()


def samples() -> list[str]:
    """Rows as a traced model call makes them, but for what tells them apart."""
    source, found = random.Random(1), []

    def text(words: int) -> str:
        return " ".join(source.choices(WORDS, k=words))

    for _ in range(200):
        row = {
            "created": "2026-11-15T10:00:00.000Z", "project_id": PROJECT, "log_id": "g", "is_root": True,
            "span_parents": None, "span_attributes": {"name": "answer", "type": "llm"},
            "input": [{"role": "system", "content": text(60)}, {"role": "user", "content": text(80)}],
            "output": text(200), "expected": None, "error": None, "scores": {"ok": source.random(), "length": None},
            "metadata": {"model": "claude-haiku-5-5", "user": {"id": source.randrange(10_000), "plan": "pro"}},
            "tags": ["a", "b"], "metrics": {"start": 1763712000.5, "end": 1763712002.25, "prompt_tokens": 312},
        }
        found.append(json.dumps(row, ensure_ascii=False)[1:])
    return found


def server(rows: int) -> http.server.ThreadingHTTPServer:
    bodies = samples()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.answer(b'{"id":"bench","name":"bench"}')

        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["query"]
            after = re.search(r"_pagination_key > 'p(\d+)'", query)
            start = int(after[1]) + 1 if after else 0
            end = min(rows, start + PAGE)
            page = ",".join(
                f'{{"id":"{number:032x}","_xact_id":"{10**18 + number}","_pagination_key":"p{number:012}",'
                + bodies[number % len(bodies)]
                for number in range(start, end)
            )
            cursor = "null" if end == rows else '"more"'
            self.answer(f'{{"data":[{page}],"cursor":{cursor}}}'.encode())

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def measure(options: argparse.Namespace, rows: int, work: pathlib.Path) -> str:
    service = server(rows)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    folder = work / str(rows)
    folder.mkdir()
    command = [
        *(str(options.batch_judge), "backup", "--bucket", folder.as_uri(), "--date", DATE),
        *("--braintrust-project-id", PROJECT, "--braintrust-api-key", "bench"),
        *("--braintrust-api-url", f"http://127.0.0.1:{service.server_address[1]}"),
    ]
    cost = run(command, dict(os.environ), work / f"{rows}.log")
    service.shutdown()
    manifest = json.loads((folder / "logs" / f"{DATE}.manifest.json").read_text())
    size = (folder / "logs" / f"{DATE}.csv").stat().st_size
    if manifest["rows"] != rows:
        raise RuntimeError(f"{manifest['rows']} of {rows} rows are in the backup")
    return (
        f"| {rows} | {size / 1e6:.0f} | {cost.cpu_seconds:.1f} | {size / 1e6 / cost.cpu_seconds:.0f} "
        f"| {cost.peak_bytes / MiB:.0f} |"
    )


def main() -> None:
    options = parse()
    pin(0)
    with tempfile.TemporaryDirectory(prefix="csv-bench-") as name:
        table = ["| rows | CSV MB | CPU s | MB per CPU s | peak MiB |", "|--:|--:|--:|--:|--:|"]
        table += [measure(options, rows, pathlib.Path(name)) for rows in options.rows]
    show("\n".join(table), options)


if __name__ == "__main__":
    main()
