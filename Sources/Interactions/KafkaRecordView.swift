package import Support

/// A Kafka record whose bytes belong to somebody else, for as long as a call lasts. Costs nothing to make.
///
/// Headers are not part of it, because most records never need them: who takes a record takes a closure for its headers.
package struct KafkaRecordView {
    /// UTF-8.
    package var topic: UnsafeRawBufferPointer
    package var partition: Int32
    package var offset: Int64
    /// nil when the broker has none.
    package var timestamp: Milliseconds?
    package var timestampType: KafkaTimestampType
    package var key: UnsafeRawBufferPointer?
    /// nil is a tombstone, which is not the same as empty.
    package var value: UnsafeRawBufferPointer?

    package init(
        topic: UnsafeRawBufferPointer, partition: Int32, offset: Int64, timestamp: Milliseconds?,
        timestampType: KafkaTimestampType, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?
    ) {
        (self.topic, self.partition, self.offset) = (topic, partition, offset)
        (self.timestamp, self.timestampType) = (timestamp, timestampType)
        (self.key, self.value) = (key, value)
    }
}

/// One header of a record; its bytes belong to somebody else too.
package struct KafkaHeaderView {
    package var name: UnsafeRawBufferPointer
    package var value: UnsafeRawBufferPointer?

    package init(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        (self.name, self.value) = (name, value)
    }
}

/// Who set a record's timestamp. The raw value is how lines spell it.
package enum KafkaTimestampType: String, Sendable, Codable, CaseIterable {
    case none
    /// The producer, when it made the record.
    case create
    /// The broker, when it stored the record.
    case logAppend = "log_append"
}
