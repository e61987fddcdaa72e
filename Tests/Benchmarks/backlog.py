"""What both Python programs do the same way: read each partition from its start to the end that it has now."""

from typing import Iterator

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition


def backlog(brokers: str, topic: str, batch: int) -> Iterator[list[Message]]:
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"bench-{topic}", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    ends = {}
    for partition in partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        if high > low:
            ends[partition] = high
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    unread = set(ends)
    while unread:
        messages = consumer.consume(batch, timeout=0.1)  # a longer one would wait for a full batch at the end
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
        yield [message for message in messages if message.offset() < ends[message.partition()]]
        for message in messages:
            if message.offset() + 1 >= ends[message.partition()]:
                unread.discard(message.partition())
    consumer.close()
