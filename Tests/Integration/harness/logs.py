"""Logs of a Braintrust project: a server that answers queries with the rows that a test gives it, byte for byte."""

import http.server
import json
import os
import re
import threading
import time

from harness.loader import Running
from harness.processes import executable

KEY = "a-key-that-no-log-may-tell"
PROJECT = "5e0c1a52-0000-4000-8000-000000000001"
DATE = "2026-11-20"


def row(number, created="2026-11-15T10:00:00.000Z", **members):
    """A row as bytes; of a member that is bytes, they are its JSON."""
    members = {
        "id": f"log-{number}", "_xact_id": str(1000196000000000000 + number), "created": created,
        "_pagination_key": key(number), "project_id": PROJECT, **members,
    }
    parts = [
        json.dumps(name).encode() + b":" + (value if isinstance(value, bytes) else json.dumps(value).encode())
        for name, value in members.items()
    ]
    return b"{" + b",".join(parts) + b"}"


def key(number):
    return f"p{number:020}"


class LogServer:
    """Answers /v1/project and /btql as `LogPages` asks. `faults` are answers for the next queries: (status, body)."""

    def __init__(self, rows=(), page=1000, delay=0.0):
        self.rows, self.page, self.delay = list(rows), page, delay
        self.faults, self.queries, self.answered = [], [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                known = self.path.rstrip("/").endswith(PROJECT) or "project_name=logs" in self.path
                found = json.dumps({"id": PROJECT, "name": "logs"})
                if "?" in self.path and "/v1/project?" in self.path:
                    first = known and "starting_after" not in self.path
                    return self.answer(200, f'{{"objects":[{found if first else ""}]}}'.encode())
                self.answer(200, found.encode()) if known else self.answer(404, b"no such project")

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["Authorization"] != f"Bearer {KEY}":
                    return self.answer(401, b"Unauthorized")
                self.answer(*outer.query(body["query"]))

            def answer(self, status, body, headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def query(self, text):
        self.queries.append(text)
        if self.faults:
            return self.faults.pop(0)
        time.sleep(self.delay)
        since, until = re.search(r"created >= '([^']*)' and created < '([^']*)'", text).groups()
        after = re.search(r"_pagination_key > '([^']*)'", text)
        limit = min(self.page, int(re.search(r"limit: (\d+)", text)[1]))
        found = [line for line in self.rows if self.is_in(line, since, until, after[1] if after else "")]
        cursor = "more" if len(found) > limit else None
        body = b'{"data":[' + b",".join(found[:limit]) + b'],"cursor":' + json.dumps(cursor).encode() + b"}"
        self.answered += 1
        return 200, body

    @staticmethod
    def is_in(line, since, until, after):
        created = re.search(rb'"created":"([^"]*)"', line)[1].decode()
        place = re.search(rb'"_pagination_key":"([^"]*)"', line)[1].decode()
        return since <= created < until and place > after

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class BatchJudge:
    """Starts `batch-judge`. All that were started are killed by `close`."""

    def __init__(self, home, environment=None):
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), **(environment or {})}
        self.started = []

    def start(self, *arguments, **environment):
        running = Running([executable("BATCH_JUDGE"), *arguments], {**self.environment, **environment})
        self.started.append(running)
        return running

    def run(self, *arguments, seconds=90, **environment):
        return self.start(*arguments, **environment).finish(seconds)

    def close(self):
        for running in self.started:
            running.kill()
            for file in running.files:
                file.close()
