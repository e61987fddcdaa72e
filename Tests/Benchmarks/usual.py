"""The program that most would write: json and gzip of the standard library. usual.py BROKERS TOPIC DIRECTORY."""

import gzip
import json
import pathlib
import sys

from backlog import backlog


def main(brokers: str, topic: str, directory: str) -> None:
    files = {}
    for messages in backlog(brokers, topic, 500):
        for message in messages:
            record = json.loads(message.value())
            key = (record["timestamp"][:13], message.partition())
            if key not in files:
                path = pathlib.Path(directory, f"{key[0]}-p{key[1]:05}.jsonl.gz")
                files[key] = gzip.open(path, "wb", compresslevel=6)
            line = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
            files[key].write(line.encode() + b"\n")
    for file in files.values():
        file.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
