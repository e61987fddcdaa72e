"""The login to Google's Managed Kafka, with tokens of the application's own credentials."""

import json
import signal
import time

import pytest

from harness.fronts import write_certificate
from harness.logins import SECRET, TokenBroker
from harness.processes import eventually, free_port
from harness.records import assert_exactly_once, find, moment
from harness.services import Services

ACCOUNT = "devcloud@devcloud.iam.gserviceaccount.com"
LOGIN = {"KAFKA_SECURITY_PROTOCOL": "sasl_plaintext", "KAFKA_SASL_MECHANISM": "OAUTHBEARER"}


@pytest.fixture
def topic(mock_cluster, make_topic):
    topic = make_topic(mock_cluster, partitions=2)
    topic.interactions(200)
    topic.flush()
    return topic


@pytest.fixture
def google():
    """A metadata server of its own for each test."""
    services = Services()
    yield services
    services.close()


def login(google, **more):
    return {**LOGIN, "GCE_METADATA_HOST": google.metadata, **more}


@pytest.fixture(params=["sasl_plaintext", "sasl_ssl"])
def either(request, mock_cluster, tmp_path):
    """A broker without and with TLS, and the settings that belong to it."""
    settings, files = {"KAFKA_SECURITY_PROTOCOL": request.param}, {}
    if request.param == "sasl_ssl":
        files = {"certificate": tmp_path / "certificate.pem", "key": tmp_path / "key.pem"}
        write_certificate(**files)
        settings["KAFKA_SSL_CA_LOCATION"] = str(files["certificate"])
    broker = TokenBroker(mock_cluster, **files)
    yield broker, settings
    broker.close()


def test_every_client_logs_in(either, google, directory, topic, make_loader):
    broker, settings = either
    environment = login(google, **settings)
    loader = make_loader(broker, directory, topic)
    found = loader.load("--log-level", "debug", environment=environment)
    assert {claims["sub"] for claims in broker.logins} == {ACCOUNT}
    assert {claims["exp"] - claims["iat"] for claims in broker.logins} == {3599}
    assert google.called("metadata") == 2, "one address and one token serve all connections"
    assert SECRET not in found.errors + found.output and ACCOUNT in found.errors
    loader.verify().expect(0)
    assert_exactly_once(directory, topic)

    broker.logins.clear()
    loader.run("status", environment=environment).expect(0)
    assert broker.logins

    broker.logins.clear()
    letters = directory.dead_letter_files(topic.name)
    restored = loader.run("restore", "--object", letters[0], environment=environment).expect(0)
    assert restored.report["records"] > 0 and broker.logins


def test_another_principal(token_broker, google, directory, topic, make_loader):
    loader = make_loader(token_broker, directory, topic)
    loader.load(environment=login(google, KAFKA_SASL_USERNAME="other@example.com"))
    assert {claims["sub"] for claims in token_broker.logins} == {"other@example.com"}
    assert google.called("metadata") == 1


def test_a_token_that_the_broker_refuses(token_broker, google, directory, topic, make_loader):
    token_broker.refuse = lambda claims: "not in this cluster"
    loader = make_loader(token_broker, directory, topic)
    found = loader.run("load", environment=login(google)).expect(77, "SASL", "check the SASL and TLS properties")
    assert SECRET not in found.errors
    token_broker.refuse = lambda claims: None
    loader.load(environment=login(google))
    loader.verify().expect(0)
    assert_exactly_once(directory, topic)


def test_a_metadata_server_that_fails_first(token_broker, google, directory, topic, make_loader):
    google.script({"route": "metadata", "status": 503, "times": 4})  # the e-mail address in vain, then once more
    loader = make_loader(token_broker, directory, topic)
    found = loader.load(environment=login(google))
    (line,) = found.logged("no token for Kafka")
    assert "HTTP status 503" in line
    assert_exactly_once(directory, topic)


def test_a_metadata_server_that_stays_away(token_broker, directory, topic, make_loader):
    environment = {**LOGIN, "GCE_METADATA_HOST": f"127.0.0.1:{free_port()}"}
    loader = make_loader(token_broker, directory, topic)
    began = time.monotonic()
    loader.run("load", "--kafka-timeout", "10s", environment=environment).expect(
        69, "no e-mail address by the metadata server", "GOOGLE_APPLICATION_CREDENTIALS"
    )
    assert time.monotonic() - began < 25 and directory.names() == []


def test_an_account_that_gets_no_token(token_broker, google, directory, topic, make_loader):
    google.script({"route": "metadata", "status": 404, "times": 99})
    loader = make_loader(token_broker, directory, topic)
    loader.run("load", environment=login(google)).expect(77, "was refused an e-mail address", "service account")
    assert token_broker.logins == []


def test_a_login_of_gcloud_needs_a_name(token_broker, directory, topic, make_loader, tmp_path):
    credentials = tmp_path / "credentials.json"
    user = {"type": "authorized_user", "client_id": "i", "client_secret": "hunter2", "refresh_token": "hunter2"}
    credentials.write_text(json.dumps(user))
    loader = make_loader(token_broker, directory, topic)
    found = loader.run("load", environment={**LOGIN, "GOOGLE_APPLICATION_CREDENTIALS": str(credentials)})
    found.expect(64, "--kafka-sasl-username", "KAFKA_SASL_USERNAME", "the login of gcloud")
    assert "hunter2" not in found.errors


def test_tokens_that_expire_while_it_follows(token_broker, directory, topic, make_loader):
    google = Services("--token-lifetime", "10s")
    try:
        loader = make_loader(token_broker, directory, topic)
        running = loader.start("load", "--follow", "--follow-interval", "1s", environment=login(google))
        # A connection either outlives its token and is closed, or shows a new one in time.
        eventually("three tokens were shown", lambda: len({claims["exp"] for claims in token_broker.logins}) >= 3)
        late = [topic.interaction(moment(10)) for _ in range(20)]
        topic.flush()
        eventually("what came then is stored", lambda: set(late) <= find(directory, topic.name)[0].keys())
        running.send(signal.SIGTERM)
        found = running.finish().expect(75)
        assert not found.logged("no token for Kafka")
    finally:
        google.close()
    loader.verify().expect(0)
    assert_exactly_once(directory, topic)
