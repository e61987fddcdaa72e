"""Fills a new topic: fill.py BROKERS TOPIC PARTITIONS MEGABYTES. Prints how many records there are, and their bytes."""

import json
import sys
import zlib

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from records import records


def main(brokers: str, topic: str, partitions: int, megabytes: int) -> None:
    admin = AdminClient({"bootstrap.servers": brokers})
    for created in admin.create_topics([NewTopic(topic, partitions, 1)], request_timeout=30).values():
        created.result()
    failures = []

    def delivered(error, _):
        if error:
            failures.append(error)

    producer = Producer(
        {"bootstrap.servers": brokers, "linger.ms": 50, "batch.size": 1_000_000, "queue.buffering.max.kbytes": 200_000}
    )
    count = size = 0
    for record in records(megabytes * 1_000_000):
        arguments = dict(
            partition=zlib.crc32(record.key) % partitions,
            key=record.key,
            value=record.value,
            timestamp=record.timestamp_ms,
            on_delivery=delivered,
        )
        while True:
            try:
                producer.produce(topic, **arguments)
                break
            except BufferError:
                producer.poll(0.1)
        count += 1
        size += len(record.value)
        if count % 1000 == 0:
            producer.poll(0)
    if producer.flush(120) or failures:
        raise KafkaException(failures[0] if failures else "not all records were acknowledged")
    print(json.dumps({"records": count, "bytes": size}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
