internal import CLibrdkafka

/// Scoped use of librdkafka's list of partitions, all of one topic.
enum PartitionList {
    /// Runs `body` with a list, which must not escape.
    static func with<Value>(
        _ topic: String, _ entries: some Sequence<(partition: Int32, offset: Int64)>,
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Value
    ) -> Value {
        // Never nil: librdkafka ends the process when memory is out.
        let list = rd_kafka_topic_partition_list_new(16)!
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in entries {
            rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = offset
        }
        return body(list)
    }

    static func with<Value>(
        _ topic: String, _ partitions: some Sequence<Int32>,
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Value
    ) -> Value {
        with(topic, partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) }, body)
    }

    static func numbers(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> [Int32] {
        elements(list).map(\.partition)
    }

    /// The first error of a partition in the list.
    static func error(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> KafkaError? {
        elements(list).lazy.compactMap { KafkaError.check($0.err) }.first
    }

    static func elements(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) -> UnsafeMutableBufferPointer<rd_kafka_topic_partition_t> {
        guard let list else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
        return UnsafeMutableBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }
}
