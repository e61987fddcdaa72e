"""Fills a new topic: fill.py BROKERS TOPIC PARTITIONS MEGABYTES. Prints how many records there are, and their bytes."""

import json
import sys
import zlib

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from records import Record, records


class Filler:
    def __init__(self, brokers: str, topic: str):
        self.topic = topic
        self.failures = []
        settings = {"bootstrap.servers": brokers, "linger.ms": 50, "batch.size": 1_000_000}
        self.producer = Producer({**settings, "queue.buffering.max.kbytes": 200_000})

    def add(self, partition: int, record: Record) -> None:
        while True:
            try:
                self.producer.produce(
                    self.topic, record.value, record.key, partition, self._delivered, record.timestamp_ms
                )
                return
            except BufferError:
                self.producer.poll(0.1)

    def flush(self) -> None:
        if self.producer.flush(120) or self.failures:
            raise KafkaException(self.failures[0] if self.failures else "not all records were acknowledged")

    def _delivered(self, error, _) -> None:
        if error:
            self.failures.append(error)


def main(brokers: str, topic: str, partitions: int, megabytes: int) -> None:
    admin = AdminClient({"bootstrap.servers": brokers})
    for answer in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        answer.result(30)
    filler, size = Filler(brokers, topic), 0
    for number, record in enumerate(records(megabytes * 1_000_000)):
        filler.add(zlib.crc32(record.key) % partitions, record)
        size += len(record.value)
        if number % 1000 == 0:
            filler.producer.poll(0)
    filler.flush()
    # Of the last batch Tansu counts only the first record as stored, so each partition gets another, of one record.
    for partition in range(partitions):
        filler.add(partition, record)
    filler.flush()
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "fill"})
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, partition))[1] for partition in range(partitions)]
    consumer.close()
    print(json.dumps({"records": sum(ends), "bytes": size}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
