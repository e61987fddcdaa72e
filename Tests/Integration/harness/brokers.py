"""Kafka stand-ins. What each of them gets wrong decides which test uses which."""

import json
import subprocess
import threading

from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType,
)

from harness.processes import Server, executable, free_port

# Members that die are gone after this: the default would make every test of a crash a minute longer.
SESSION_OPTIONS = ("session.timeout.ms=6000", "heartbeat.interval.ms=1000")


class MockCluster:
    """`devcloud kafka`: members that die are evicted, brokers go down and up. It keeps 5 MiB a partition, and knows
    neither transactions nor compaction."""

    kafka_options = SESSION_OPTIONS

    def __init__(self, brokers=1):
        self.server = Server(
            [executable("DEVCLOUD"), "kafka", "--brokers", str(brokers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.lock = threading.Lock()
        self.addresses = json.loads(self.server.process.stdout.readline())["bootstrap_servers"]

    def order(self, command, **values):
        with self.lock:
            self.server.process.stdin.write(json.dumps({"command": command, **values}).encode() + b"\n")
            self.server.process.stdin.flush()
            answer = json.loads(self.server.process.stdout.readline())
        assert answer["ok"], answer

    def create_topic(self, name, partitions=4):
        self.order("create_topic", topic=name, partitions=partitions)

    def close(self):
        self.server.kill()


class Noida:
    """noida-db: transactions, compaction, every codec, large messages, retention. Never evicts a member that died, and
    answers a fetch with the whole backlog."""

    kafka_options = (*SESSION_OPTIONS, "receive.message.max.bytes=2000000000")

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.addresses = f"127.0.0.1:{self.port}"
        self.start()
        self.admin = AdminClient({"bootstrap.servers": self.addresses, "log_level": 0})

    def start(self):
        self.server = Server(
            [
                executable("NOIDA_DB"), "start", "--only", "kafka", "--kafka-port", str(self.port),
                "--data-dir", str(self.directory),
            ],
            port=self.port,
        )

    def create_topic(self, name, partitions=4, **settings):
        # It measures age by the records' own times, and these are of another day.
        config = {"retention.ms": "-1", **{key.replace("_", "."): str(value) for key, value in settings.items()}}
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)
        self.admin.create_topics([topic])[name].result(20)

    def alter_topic(self, name, **settings):
        entries = [
            ConfigEntry(key.replace("_", "."), str(value), incremental_operation=AlterConfigOpType.SET)
            for key, value in settings.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        (done,) = self.admin.incremental_alter_configs([resource]).values()
        done.result(20)

    def delete_topic(self, name):
        self.admin.delete_topics([name])[name].result(20)

    def delete_records(self, topic, before):
        """Of partition 0, as retention would."""
        (done,) = self.admin.delete_records([TopicPartition(topic, 0, before)]).values()
        assert done.result(20).low_watermark == before

    def close(self):
        self.server.kill()
