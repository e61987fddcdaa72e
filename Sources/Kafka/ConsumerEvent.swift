/// What a consumer tells its reader.
package enum ConsumerEvent: Sendable {
    /// Records of one partition, in order.
    case records(RecordBatch)
    /// Everything of the partition that the isolation level lets through has been delivered. `offset` is the position
    /// there: behind control records and aborted ones, which are never delivered.
    case endOfPartition(partition: Int32, offset: Int64)
    /// The group gives these partitions, possibly none; answer with `assign`. Until then nothing of them is read.
    case assigned([Int32])
    /// The group takes these partitions; answer with `completeRevocation`. `lost`: another member may already have
    /// them, so nothing may be committed any more.
    case revoked([Int32], lost: Bool)
    /// The partition stands still until it is sought or assigned again.
    case partitionError(partition: Int32, KafkaError)
    /// Something that librdkafka keeps trying to overcome, such as a broker that is down.
    case problem(KafkaError)
    /// Nothing more will come: credentials refused, topic unknown, member fenced.
    case fatal(KafkaError)
}

/// Where reading a partition starts.
package struct PartitionStart: Sendable, Equatable {
    /// Kafka's logical offset for the oldest record that the broker still has.
    package static let beginning: Int64 = -2

    package var partition: Int32
    /// The offset of the first record wanted, or `beginning`.
    package var offset: Int64

    package init(partition: Int32, offset: Int64) { (self.partition, self.offset) = (partition, offset) }
}

/// What a broker has of a partition.
package struct Watermarks: Sendable, Equatable {
    /// The first offset that can be read.
    package var low: Int64
    /// The offset behind the last one that can be read under the consumer's isolation level.
    package var high: Int64
    /// The offset behind the last one that is there: beyond `high` while a transaction is open. Asked for after `high`.
    package var logEnd: Int64
}

/// What came of a commit, which is only a hint: no outcome stops a job.
package enum CommitOutcome: Sendable, Equatable {
    case committed
    /// The group has moved on: this member may not commit for these partitions any more.
    case stale(KafkaError)
    case failed(KafkaError)
}

/// A line of librdkafka's own log. `severity` as in syslog: 3 error, 4 warning, 6 information, 7 debug.
package struct KafkaLogLine: Sendable {
    package var severity: Int
    package var facility: String
    package var message: String
}
