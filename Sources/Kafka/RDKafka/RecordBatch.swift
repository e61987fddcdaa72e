internal import CLibrdkafka
package import Support

/// Who set a record's timestamp.
package enum TimestampKind: Sendable { case none, createTime, logAppendTime }

/// One record of a batch. Its bytes are valid only while the batch lives.
package struct RecordView {
    package let offset: Int64
    /// Milliseconds since 1970; meaningless when `timestampKind` is `none`.
    package let timestamp: Milliseconds
    package let timestampKind: TimestampKind
    /// nil: the record has no key.
    package let key: UnsafeRawBufferPointer?
    /// nil: a tombstone, which is not the same as an empty value.
    package let value: UnsafeRawBufferPointer?
    private let message: UnsafePointer<rd_kafka_message_t>

    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        let fields = message.pointee
        offset = fields.offset
        key = fields.key.map { UnsafeRawBufferPointer(start: $0, count: fields.key_len) }
        value = fields.payload.map { UnsafeRawBufferPointer(start: $0, count: fields.len) }
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        timestamp = rd_kafka_message_timestamp(message, &type)
        timestampKind =
            switch type {
            case RD_KAFKA_TIMESTAMP_CREATE_TIME: .createTime
            case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: .logAppendTime
            default: .none
            }
        self.message = message
    }

    /// Bytes of key and value.
    package var byteCount: Int { (key?.count ?? 0) + (value?.count ?? 0) }

    /// The headers in order, in the record's own memory; they are decoded only when asked for.
    package func headerViews() -> [(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?)] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        var headers: [(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?)] = []
        var (name, value, size): (UnsafePointer<CChar>?, UnsafeRawPointer?, Int) = (nil, nil, 0)
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            headers.append(
                (
                    name: UnsafeRawBufferPointer(start: name, count: name.map(count(of:)) ?? 0),
                    value: value.map { UnsafeRawBufferPointer(start: $0, count: size) }
                ))
        }
        return headers
    }

    /// The headers in order, copied.
    package func headers() -> [RecordHeader] {
        headerViews().map { RecordHeader(name: Array($0.name), value: $0.value.map(Array.init)) }
    }

    private func count(of text: UnsafePointer<CChar>) -> Int {
        var count = 0
        while text[count] != 0 { count += 1 }
        return count
    }
}

/// A header of a record. Names are bytes because nothing makes them valid UTF-8.
package struct RecordHeader: Sendable, Equatable {
    package var name: [UInt8]
    package var value: [UInt8]?

    package init(name: [UInt8], value: [UInt8]?) { (self.name, self.value) = (name, value) }
    package init(_ name: String, _ value: String) { self.init(name: Array(name.utf8), value: Array(value.utf8)) }
}

/// Records of one partition, in the order of their offsets, in librdkafka's memory until the last reference goes.
///
/// `@unchecked Sendable`: nothing is written after `init`, and librdkafka frees messages on any thread.
package final class RecordBatch: @unchecked Sendable {
    package let partition: Int32
    package let firstOffset: Int64
    package let lastOffset: Int64
    /// Bytes of all keys and values.
    package let byteCount: Int
    private let messages: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>>
    /// Holds librdkafka, to which the messages belong.
    private let handle: RDKafkaHandle

    /// Takes over messages of one partition, at least one.
    init(_ taken: [UnsafeMutablePointer<rd_kafka_message_t>], handle: RDKafkaHandle) {
        messages = UnsafeMutableBufferPointer.allocate(capacity: taken.count)
        _ = messages.initialize(fromContentsOf: taken)
        self.handle = handle
        partition = messages[0].pointee.partition
        firstOffset = messages[0].pointee.offset
        lastOffset = messages[messages.count - 1].pointee.offset
        byteCount = taken.reduce(0) { $0 + $1.pointee.len + $1.pointee.key_len }
    }

    deinit {
        for message in messages { rd_kafka_message_destroy(message) }
        messages.deallocate()
    }

    package var count: Int { messages.count }

    /// Gives each record to `body`, which must not keep its bytes.
    package func forEach<Failure: Error>(_ body: (RecordView) throws(Failure) -> Void) throws(Failure) {
        for message in messages { try body(RecordView(message)) }
    }
}
