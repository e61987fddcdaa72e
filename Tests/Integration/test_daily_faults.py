"""What can be wrong around backup, push and tag-and-push: each fault is named with its own exit status, nothing of the
result is there that is not whole, and once the fault is gone the next run does all of it, once."""

import json
import time

import pytest

from harness.daily import CONCURRENCY, DAILY_JOBS, Backup, Push, TagAndPush
from harness.fronts import UnknownAuthority
from harness.processes import bound_by_modes, free_port
from harness.stores import DirectoryStore, small_disk


def named(kind):
    return kind.name


@pytest.fixture(params=DAILY_JOBS, ids=named)
def job(request, make_job, tagging_services, directory, tmp_path):
    tagging_services.forget()
    return make_job(request.param, tagging_services, directory, tmp_path)


# MARK: Connections


@pytest.fixture
def tls(tagging_services, tmp_path):
    """A front of all stand-ins."""
    front = UnknownAuthority(tagging_services.port, tmp_path)
    yield front
    front.close()


def test_a_certificate_that_nobody_vouches_for(job, tls):
    known = {"braintrust": job.braintrust, "claude": job.claude}
    job.reach_services_by(tls.address)
    unknown = {service: getattr(job, service) for service in known}
    for service in known if isinstance(job, TagAndPush) else ["braintrust"]:
        vars(job).update(known | {service: unknown[service]})
        job.run(status=69, texts=["TLS refused", "SSL_CERT_FILE"])
        assert job.result() == []
    vars(job).update(unknown)
    job.run(SSL_CERT_FILE=str(tls.certificate))
    job.assert_done()


def test_nobody_listens(make_job, tagging_services, tmp_path):
    """All at once: each tries as long as it is told to."""
    jobs = [
        make_job(kind, tagging_services, DirectoryStore(tmp_path / kind.name), tmp_path) for kind in DAILY_JOBS
    ]
    nobody = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    running = [job.start("--braintrust-api-url", nobody, "--braintrust-deadline", "3s") for job in jobs]
    for job, each in zip(jobs, running):
        report = each.finish().expect(69, nobody, "no connection").report
        assert (report["status"], report["exit_code"]) == ("unavailable", 69)
        assert time.monotonic() - started < 30
        assert job.result() == []
        job.finish()


@pytest.mark.parametrize("fault", ["reset", "truncate"])
def test_answers_that_are_cut(job, fault):
    routes = ["project.list", "btql"]
    job.services.script(*({"route": route, "times": 2, fault: True} for route in routes))
    job.run("--braintrust-project-id", job.api.call("GET", f"/v1/project/{job.project}")["name"])
    job.assert_done()
    assert all(job.services.called(route) >= 3 for route in routes)


@pytest.mark.parametrize("kind", [Backup, TagAndPush], ids=named)
@pytest.mark.parametrize("step, status", [({"status": 401}, 77), ({"body": {"results": []}}, 76)], ids=json.dumps)
def test_iteration_that_fails_half_way(make_job, kind, tagging_services, directory, tmp_path, step, status):
    """A page is 1,000 logs."""
    tagging_services.forget()
    job = make_job(kind, tagging_services, directory, tmp_path, count=1500)
    tagging_services.script({"route": "btql", "after": 1, "times": 0, **step})
    assert job.run(status=status).report["pages"] == 1
    assert job.result() == []
    tagging_services.forget()
    job.finish()


# MARK: Disks


def fill(folder, but):
    """Leaves so many KiB of a disk."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError:
            filler.truncate(max(0, filler.tell() - (but << 10)))


# What is left of the disk, in KiB: nothing; room for what was read, which is gzipped; also for what was tagged.
FULL = [(Backup, 0), (Backup, 700), (Push, 0), (TagAndPush, 0), (TagAndPush, 900), (TagAndPush, 1500)]


@pytest.mark.parametrize("kind, left", FULL, ids=lambda each: getattr(each, "name", each))
def test_a_disk_that_is_full(make_job, kind, left, tagging_services, tmp_path):
    tagging_services.forget()
    with small_disk(tmp_path / "small", 4096):
        store = DirectoryStore(tmp_path / "small/store")
        job = make_job(kind, tagging_services, store, tmp_path, count=100, size=10_000)
        fill(tmp_path / "small", left)
        before = job.result()
        job.run(status=73, texts=["No space left on device", "make room"])
        assert job.result() == before == []
        (tmp_path / "small/filler").unlink()
        job.finish()
        if kind is TagAndPush:
            # Only what was under way when the disk was full is paid for again.
            assert job.count <= tagging_services.called("messages") <= job.count + CONCURRENCY


@pytest.mark.parametrize("kind", [Backup, TagAndPush], ids=named)
def test_a_file_larger_than_allowed(make_job, kind, tagging_services, directory, tmp_path):
    """By a limit of the process, where no disk has to be mounted."""
    tagging_services.forget()
    job = make_job(kind, tagging_services, directory, tmp_path, count=100, size=10_000)
    job.judge.begin = ["prlimit", f"--fsize={700 << 10}", "env", "--ignore-signal=XFSZ"]
    job.run(status=73, texts=["File too large", "make room"])
    assert job.result() == []
    job.judge.begin = []
    job.finish()


# MARK: Permissions


def test_a_folder_that_may_not_be_written(job):
    job.judge.begin = bound_by_modes()
    job.store.directory.chmod(0o555)
    try:
        job.run(status=77, texts=["Permission denied", "let this user write there"])
    finally:
        job.store.directory.chmod(0o755)
    assert job.result() == []
    job.finish()


def test_a_file_that_may_not_be_read(make_job, tagging_services, directory, tmp_path):
    for kind in (Push, TagAndPush):
        job = make_job(kind, tagging_services, directory, tmp_path)
        flags = ()
        if kind is TagAndPush:
            flags = ("--phase", "push")
            job.run("--phase", "init")
        files = [path for path in directory.directory.rglob("*.jsonl*") if "/." not in str(path)]
        job.judge.begin = bound_by_modes()
        for path in files:
            path.chmod(0)
        job.run(*flags, status=77, texts=["Permission denied"])
        for path in files:
            path.chmod(0o644)
        job.finish()


# MARK: Buckets


@pytest.fixture(params=(Backup, Push), ids=named)
def fronted_job(request, make_job, tagging_services, fronted, tmp_path):
    tagging_services.forget()
    return make_job(request.param, tagging_services, fronted, tmp_path)


@pytest.mark.parametrize(
    "methods", [("GET", "POST", "PUT", "DELETE"), ("POST", "PUT", "DELETE")], ids=["all", "writing"]
)
@pytest.mark.parametrize("code, reason", [(403, "forbidden"), (401, "authError")])
def test_a_bucket_that_refuses_us(fronted_job, front, code, reason, methods):
    error = {"code": code, "message": "caller lacks storage.objects.create", "errors": [{"reason": reason}]}
    front.refuse = lambda method, path, body: (code, json.dumps({"error": error})) if method in methods else None
    fronted_job.run(status=77, texts=[fronted_job.store.gcs.bucket_name])
    front.refuse = lambda method, path, body: None
    assert fronted_job.result() == []
    fronted_job.finish()


def test_a_bucket_that_is_busy_for_a_while(fronted_job, front):
    requests = []

    def refuse(method, path, body):
        requests.append(path)
        return {1: (429, "{}"), 3: (503, "{}"), 5: (502, ""), 7: (500, "{}")}.get(len(requests))

    front.refuse = refuse
    fronted_job.finish()
    assert len(requests) > 7


def test_a_bucket_that_does_not_exist(fronted_job):
    flag = "--bucket" if isinstance(fronted_job, Backup) else "--storage-url"
    texts = ["create the bucket no-such-bucket", f"or correct {flag} ("]
    fronted_job.run(flag, "gs://no-such-bucket/x", status=73, texts=texts)
    fronted_job.finish()
