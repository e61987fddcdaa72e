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
    """Braintrust with one project: its logs, tags and datasets, and the rows that are written to these.

    `faults` are answers for the next queries of logs, `insert_faults` for the next writes: (status, body)."""

    def __init__(self, rows=(), page=1000, delay=0.0, tags=(), datasets=()):
        self.rows, self.page, self.delay, self.tags, self.datasets = list(rows), page, delay, tags, datasets
        self.faults, self.insert_faults, self.queries, self.answered = [], [], [], 0
        self.inserted, self.inserting, self.insert_delay = {}, 0, 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def get(self, path):
        known, first = PROJECT in path or "project_name=logs" in path, "starting_after" not in path
        project = {"id": PROJECT, "name": "logs"}
        if path.startswith("/version"):
            return 200, b"{}"
        if path.startswith("/v1/project/"):
            return (200, json.dumps(project).encode()) if known else (404, b"no such project")
        found = {"project": [project] if known else [], "project_tag": self.tags, "dataset": self.datasets}
        objects = found[re.match(r"/v1/(\w+)\?", path)[1]]
        return 200, json.dumps({"objects": list(objects) if first else []}).encode()

    def post(self, path, body):
        if path == "/btql":
            return self.query(body["query"])
        self.inserting += 1
        time.sleep(self.insert_delay)
        if self.insert_faults:
            return self.insert_faults.pop(0)
        rows = self.inserted.setdefault(path.split("/")[3], {})
        rows.update({event["id"]: event for event in body["events"]})
        return 200, json.dumps({"row_ids": [event["id"] for event in body["events"]]}).encode()

    def query(self, text):
        dataset = re.search(r"from: dataset\('([^']*)'\)", text)
        if dataset:
            rows = [row for row in self.inserted.get(dataset[1], {}).values() if f"'{row['id']}'" in text]
            return 200, json.dumps({"data": [{"id": row["id"]} for row in rows], "cursor": None}).encode()
        self.queries.append(text)
        if self.faults:
            return self.faults.pop(0)
        time.sleep(self.delay)
        since, until, after = (
            re.search(rf"{pattern} '([^']*)'", text) for pattern in ("created >=", "created <", "_pagination_key >")
        )
        limit = min(self.page, int(re.search(r"limit: (\d+)", text)[1]))
        found = [
            line for line in self.rows
            if is_in(line, since[1], until[1] if until else "9999", after[1] if after else "")
        ]
        if not text.startswith("select: *"):
            found = [re.sub(rb'.*?("id":"[^"]*").*("_pagination_key":"[^"]*").*', rb"{\1,\2}", line) for line in found]
        cursor = "more" if len(found) > limit else None
        self.answered += 1
        return 200, b'{"data":[' + b",".join(found[:limit]) + b'],"cursor":' + json.dumps(cursor).encode() + b"}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def is_in(line, since, until, after):
    created = re.search(rb'"created":"([^"]*)"', line)[1].decode()
    place = re.search(rb'"_pagination_key":"([^"]*)"', line)[1].decode()
    return since <= created < until and place > after


def handler(server):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            self.answer(*server.get(self.path))

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Bearer {KEY}":
                return self.answer(401, b"Unauthorized")
            self.answer(*server.post(self.path, body))

        def answer(self, status, body, headers=()):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


class BatchJudge:
    """Starts `batch-judge`. All that were started are killed by `close`."""

    def __init__(self, home, environment=None):
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), **(environment or {})}
        self.begin = []  # what the command begins with
        self.started = []

    def start(self, *arguments, **environment):
        command = [*self.begin, executable("BATCH_JUDGE"), *arguments]
        running = Running(command, {**self.environment, **environment})
        self.started.append(running)
        return running

    def run(self, *arguments, seconds=90, **environment):
        return self.start(*arguments, **environment).finish(seconds)

    def close(self):
        for running in self.started:
            running.kill()
            for file in running.files:
                file.close()
