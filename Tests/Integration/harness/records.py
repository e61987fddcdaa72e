"""Records that are produced, and the check that each of them was stored once."""

import base64
import collections
import datetime
import itertools
import json
import random
import re
import threading

from confluent_kafka import Producer

UTC = datetime.timezone.utc
# Midnight before yesterday's: all of that day's hours are over, and within what an event time may differ by.
DAY = (datetime.datetime.now(UTC) - datetime.timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
DATE = DAY.strftime("%Y-%m-%d")

Dead = collections.namedtuple("Dead", "key value headers")

BROKEN_VALUES = (
    b"GET /health HTTP/1.1", b'{"id":"x","text":"\xc3\x28\xff"}', b"[1,2]", b'"text"', b"", None,
    b'{"id":"cut', b'{"deep":' + b"[" * 5000 + b"]" * 5000 + b"}",
)


def moment(hour, minute=0, second=0):
    return DAY + datetime.timedelta(hours=hour, minutes=minute, seconds=second)


def milliseconds(time):
    return int(time.timestamp() * 1000)


class Topic:
    """Produces to one topic, and remembers what must be found: by id, and for what is no interaction by offset."""

    numbers = itertools.count()

    def __init__(self, broker, name, partitions=4, **options):
        self.broker, self.name, self.partitions = broker, name, partitions
        self.random = random.Random(1)
        self.lock = threading.Lock()
        # No attempt is made twice, so no id can be twice in the topic.
        self.producer = Producer(
            {
                "bootstrap.servers": broker.addresses, "retries": 0, "linger.ms": 5, "message.timeout.ms": 20_000,
                "log_level": 0, **options,
            }
        )
        self.delivered, self.uncertain, self.dead = {}, set(), {}

    def produce(self, value, time, *, identifier=None, key=None, headers=None, partition=None):
        """Produces one record; one without an identifier is expected as a dead letter."""

        def delivered(error, message):
            with self.lock:
                if error is not None:
                    self.uncertain.add(identifier)
                elif identifier is not None:
                    self.delivered[identifier] = (message.partition(), message.offset())
                else:
                    letter = Dead(key, value, tuple(headers or ()))
                    self.dead[message.partition(), message.offset()] = letter

        if partition is None:
            partition = self.random.randrange(self.partitions)
        while True:
            try:
                self.producer.produce(
                    self.name, value=value, key=key, headers=headers, partition=partition,
                    timestamp=milliseconds(time), on_delivery=delivered,
                )
                return
            except BufferError:
                self.producer.poll(0.1)

    def interaction(self, time, size=200, text=None, **options):
        identifier = f"i-{next(self.numbers)}"
        if text is None:
            text = "".join(self.random.choices("abcdefgh \u00e9\u4e2d\U0001f389", k=min(size, 10_000)))
            text *= max(1, size // 10_000)
        value = {"id": identifier, "timestamp": time.isoformat(), "text": text, "n": [1.0, -0.0, 12345678901234567890]}
        self.produce(json.dumps(value, ensure_ascii=False).encode(), time, identifier=identifier, **options)
        return identifier

    def interactions(self, count, hours=(9, 10, 11), size=200):
        """Some interactions of each hour, and what is none among them."""
        for index in range(count):
            time = moment(hours[index * len(hours) // count], index % 60, index % 59)
            key = f"k{index}".encode() if index % 3 else None
            self.interaction(time, size, key=key, headers=[("n", b"%d" % index)])
            if index % 100 == 50:
                self.broken(time)

    def broken(self, time):
        for value in BROKEN_VALUES:
            self.produce(value, time, key=b"\x00\xff\n\"", headers=[("h", b"\x00\x01"), ("h", None), ("empty", b"")])

    def flush(self, certain=True):
        assert self.producer.flush(60) == 0
        assert not (certain and self.uncertain), "the producer lost records"


HOUR_OF_FILE = re.compile(
    r"(?:raw|dead-letter)/[^/]+/(?:dt=)?(\d{4}-\d\d-\d\d)/(?:hour=)?(\d\d)[-/]"
    r"(?:late-)?p(\d+)(?:e\d+)?-(\d{20})-(\d{20})\.jsonl\.gz"
)


def find(store, topic_name):
    """Everything stored of a topic: how often each id, and the dead letters by partition and offset."""
    ids, dead = collections.Counter(), collections.defaultdict(list)
    for name in store.files(topic_name):
        date, hour = HOUR_OF_FILE.fullmatch(name).group(1, 2)
        for line in store.lines(name):
            record = json.loads(line)
            record = record.get("value", record)
            ids[record["id"]] += 1
            time = datetime.datetime.fromisoformat(record["timestamp"]).astimezone(UTC)
            assert time.strftime("%Y-%m-%d %H") == f"{date} {hour}", f"{name} holds a record of {time}"
    for name in store.dead_letter_files(topic_name):
        assert HOUR_OF_FILE.fullmatch(name), name
        for line in store.lines(name):
            letter = json.loads(line)
            dead[letter["partition"], letter["offset"]].append(
                Dead(
                    decoded(letter["key_base64"]), decoded(letter["value_base64"]),
                    tuple((header["name"], decoded(header["value_base64"])) for header in letter["headers"]),
                )
            )
    return ids, dead


def decoded(text):
    return None if text is None else base64.b64decode(text, validate=True)


def assert_exactly_once(store, topic, *more):
    """Each record that was produced is stored once, and nothing else is."""
    ids, dead = find(store, topic.name)
    delivered = set().union(*(each.delivered for each in (topic, *more)))
    uncertain = set().union(*(each.uncertain for each in (topic, *more)))
    letters = {place: letter for each in (topic, *more) for place, letter in each.dead.items()}
    missing = sorted(delivered - ids.keys())
    twice = sorted(identifier for identifier, count in ids.items() if count > 1)
    unknown = sorted(ids.keys() - delivered - uncertain)
    assert (missing[:3], twice[:3], unknown[:3]) == ([], [], []), (
        f"{len(missing)} of {len(delivered)} are missing, {len(twice)} are twice, {len(unknown)} are unknown"
    )
    wrong = [place for place, letter in letters.items() if dead[place] != [letter]]
    assert wrong == [], f"dead letters of {wrong[:3]} are not what was produced: {[dead[place] for place in wrong[:3]]}"
    assert_manifests(store, topic.name)


def assert_manifests(store, topic_name):
    """Every manifest counts the lines of exactly the files that its hour has."""
    for name, manifest in store.manifests(topic_name).items():
        listed = {file["name"]: file for part in manifest["parts"] for file in part["files"]}
        folder = re.sub(r"/_manifest\.json$", "/", re.sub(r"(\d\d)\.manifest\.json$", r"\1-", name))
        dead = folder.replace("raw/", "dead-letter/", 1)
        present = {other for other in store.names() if other.startswith((folder, dead)) and other.endswith(".jsonl.gz")}
        assert listed.keys() == present, f"{name}: {listed.keys() ^ present}"
        for file, facts in listed.items():
            assert len(store.lines(file)) == facts["records"], file
