"""Servers that the tests share. Each test has topics, groups and folders of its own."""

import itertools
import signal

import pytest

from harness.backup import Backup
from harness.brokers import MockCluster, Noida
from harness.closing import closing, closing_all
from harness.datasets import Braintrust, Pusher
from harness.fronts import ExactPreconditions, StoreFront
from harness.judging import Judge
from harness.loader import Loader
from harness.logins import TokenBroker
from harness.logs import LogServer
from harness.records import Topic
from harness.services import Services
from harness.stores import BucketStore, DirectoryStore, FakeGCS
from harness.tagging import Tagger

numbers = itertools.count()


def pytest_configure():
    """A run that is told to stop still stops what it started."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


@pytest.fixture(scope="session")
def mock_cluster():
    yield from closing(MockCluster())


@pytest.fixture
def token_broker(mock_cluster):
    """The mock cluster for those who show a token of Google's."""
    yield from closing(TokenBroker(mock_cluster))


@pytest.fixture(scope="session")
def noida(tmp_path_factory):
    yield from closing(Noida(tmp_path_factory.mktemp("noida")))


@pytest.fixture(scope="session")
def gcs():
    yield from closing(FakeGCS())


@pytest.fixture
def directory(tmp_path):
    return DirectoryStore(tmp_path / "store")


@pytest.fixture(params=["file", "gs"])
def store(request, tmp_path):
    """A test that asks for it runs against each kind of store."""
    if request.param == "file":
        return DirectoryStore(tmp_path / "store")
    return BucketStore(request.getfixturevalue("gcs"), f"run-{next(numbers)}")


@pytest.fixture(scope="session")
def exact_front(gcs):
    yield from closing(ExactPreconditions(gcs.port))


@pytest.fixture(params=["file", "gs"])
def exact_store(request, tmp_path):
    """Each kind of store, for several runs at once: what one writes or removes must not be another's."""
    if request.param == "file":
        return DirectoryStore(tmp_path / "store")
    gcs, front = (request.getfixturevalue(name) for name in ("gcs", "exact_front"))
    return BucketStore(gcs, f"run-{next(numbers)}", front.address)


@pytest.fixture
def bucket(gcs):
    return BucketStore(gcs, f"run-{next(numbers)}")


@pytest.fixture
def front(gcs):
    """A store front before the emulator."""
    yield from closing(StoreFront(gcs.port))


@pytest.fixture
def fronted(gcs, front):
    """A store behind it."""
    return BucketStore(gcs, f"run-{next(numbers)}", front.address)


@pytest.fixture
def make_loader(tmp_path):
    """Makes loaders that are killed when the test ends."""

    def make(broker, store, topic, group=None):
        return Loader(broker, store, topic if isinstance(topic, str) else topic.name, group, str(tmp_path))

    yield from closing_all(make)


@pytest.fixture
def make_topic():
    """Makes a topic of a name that no other test has."""

    def make(broker, partitions=4, producer=None, **settings):
        name = f"topic-{next(numbers)}"
        broker.create_topic(name, partitions, **settings)
        return Topic(broker, name, partitions, **(producer or {}))

    return make


@pytest.fixture
def make_job():
    """Makes daily jobs, whose runs are killed when the test ends."""
    yield from closing_all(lambda kind, *arguments, **options: kind(*arguments, **options))


@pytest.fixture(scope="session")
def tagging_services():
    """Quick as the stand-in can be, but for what a test asks."""
    yield from closing(Services("--latency", "5ms"))


@pytest.fixture
def tagger(tagging_services, directory, tmp_path):
    """`loader tag` of a topic of its own; nothing was called, and all calls succeed."""
    tagging_services.forget()
    yield from closing(Tagger(tagging_services, directory, f"tagged-{next(numbers)}", tmp_path))


@pytest.fixture
def start_services(directory):
    """The stand-in, which reads and writes the test's store."""
    yield from closing_all(lambda *options: Services("--store", directory.url, "--batch-delay", "0s", *options))


@pytest.fixture
def make_judge(directory, start_services):
    yield from closing_all(lambda *options: Judge(directory, start_services(*options)))


@pytest.fixture
def judge(make_judge):
    return make_judge()


@pytest.fixture
def judge_of(exact_store):
    """One for each kind of store."""
    where = () if exact_store.environment else ("--store", exact_store.url)
    services = Services("--batch-delay", "0s", *where, **exact_store.environment)
    judge = Judge(exact_store, services)
    yield judge
    judge.close()
    services.close()


@pytest.fixture(scope="module")
def services():
    services = Services()
    try:
        yield services
    finally:
        services.close()


@pytest.fixture
def api(services):
    services.forget()
    return Braintrust(services)


@pytest.fixture
def project(api):
    return api.project()


@pytest.fixture
def pusher(services, directory, project):
    pusher = Pusher(services, directory, "raw-interactions", project)
    yield pusher
    pusher.close()


@pytest.fixture
def make_logs():
    yield from closing_all(LogServer)


@pytest.fixture
def backup(directory, tmp_path):
    yield from closing(Backup(tmp_path, directory))


@pytest.fixture
def backup_of(store, tmp_path):
    """One for each kind of store."""
    yield from closing(Backup(tmp_path, store))
