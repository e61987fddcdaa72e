"""Where the loader writes, seen without any of its code."""

import contextlib
import gzip
import json
import os
import pathlib
import re
import subprocess

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from harness.processes import Server, executable, free_port


class FakeGCS:
    """fake-gcs-server. It heeds preconditions on multipart uploads, and on nothing else."""

    bucket_name = "interactions"

    def __init__(self):
        port = free_port()
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.server = Server(
            [
                executable("FAKE_GCS_SERVER"), "-host", "127.0.0.1", "-port", str(port), "-scheme", "http",
                "-backend", "memory", "-external-url", self.address, "-public-host", f"127.0.0.1:{port}",
            ],
            port=port,
        )
        self.client = storage.Client(
            project="test", credentials=AnonymousCredentials(), client_options={"api_endpoint": self.address}
        )
        self.bucket = self.client.create_bucket(self.bucket_name)

    def close(self):
        self.client.close()
        self.server.kill()


class Store:
    """A store's objects by their names below the storage URL."""

    def json(self, name):
        return json.loads(self.read(name))

    def lines(self, name):
        return gzip.decompress(self.read(name)).splitlines()

    def objects(self, pattern=r".*"):
        """All objects but those that tell of runs and progress, with their content."""
        return {
            name: self.read(name)
            for name in self.names()
            if re.fullmatch(pattern, name) and not re.match(r"_runs/|raw/[^/]+/_progress/", name)
        }

    def files(self, topic):
        return [name for name in self.names() if name.startswith(f"raw/{topic}/") and name.endswith(".jsonl.gz")]

    def dead_letter_files(self, topic):
        return [name for name in self.names() if name.startswith(f"dead-letter/{topic}/")]

    def manifests(self, topic):
        return {
            name: self.json(name)
            for name in self.names()
            if name.startswith(f"raw/{topic}/") and name.endswith("manifest.json")
        }

    def plans(self, topic):
        return [name for name in self.names() if re.match(rf"raw/{topic}/_plans/p[^/]+/\d", name)]


class DirectoryStore(Store):
    environment = {}

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.url = f"file://{self.directory}"

    def names(self):
        paths = (path.relative_to(self.directory) for path in self.directory.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in paths if path.parts[0] != ".store")

    def read(self, name):
        return (self.directory / name).read_bytes()

    def write(self, name, content):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def delete(self, name):
        (self.directory / name).unlink()


@contextlib.contextmanager
def small_disk(place, size):
    """A file system of its own, of so many KiB. Gives what changes its size."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", place]
    if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    try:
        yield lambda size: subprocess.run(["mount", "-o", f"remount,size={size}k", place], check=True)
    finally:
        subprocess.run(["umount", place], check=True)


class BucketStore(Store):
    def __init__(self, gcs, prefix, address=None):
        self.gcs, self.prefix = gcs, prefix
        self.url = f"gs://{gcs.bucket_name}/{prefix}"
        self.environment = {"STORAGE_EMULATOR_HOST": address or gcs.address}

    def names(self):
        found = self.gcs.client.list_blobs(self.gcs.bucket_name, prefix=self.prefix + "/")
        return sorted(blob.name[len(self.prefix) + 1:] for blob in found)

    def read(self, name):
        return self.gcs.bucket.blob(f"{self.prefix}/{name}").download_as_bytes(raw_download=True)

    def write(self, name, content):
        self.gcs.bucket.blob(f"{self.prefix}/{name}").upload_from_string(content)

    def delete(self, name):
        self.gcs.bucket.blob(f"{self.prefix}/{name}").delete()
