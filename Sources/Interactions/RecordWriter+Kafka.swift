internal import Bytes

extension ByteBuffer {
    /// The member `"_kafka":{…}` of annotated and enveloped lines. Bytes that are UTF-8 become strings, others base64
    /// under a name that says so.
    func append(kafkaMember record: KafkaRecordView, headers: [KafkaHeaderView]) {
        append("\"_kafka\":{")
        append(origin: record)
        append(",")
        append(member: "key", "key_base64", record.key)
        append(",\"headers\":[")
        for (index, header) in headers.enumerated() {
            append(index == 0 ? "{" : ",{")
            append(member: "name", "name_base64", header.name)
            append(",")
            append(member: "value", "value_base64", header.value)
            append("}")
        }
        append("]}")
    }

    /// The members that say which record it was, as every line with them spells them.
    func append(origin record: KafkaRecordView) {
        append(member: "topic", "topic_base64", record.topic)
        append(",\"partition\":")
        append(decimal: Int64(record.partition))
        append(",\"offset\":")
        append(decimal: record.offset)
        append(",\"timestamp\":")
        if let timestamp = record.timestamp { append(decimal: timestamp) } else { append("null") }
        switch record.timestampType {
        case .none: append(",\"timestamp_type\":\"none\"")
        case .create: append(",\"timestamp_type\":\"create\"")
        case .logAppend: append(",\"timestamp_type\":\"log_append\"")
        }
    }

    /// A string under `name` when it is UTF-8, otherwise base64 under `base64Name`; nil is a null under `name`.
    func append(member name: StaticString, _ base64Name: StaticString, _ bytes: UnsafeRawBufferPointer?) {
        let start = count
        append(name: name)
        guard let bytes else { return append("null") }
        guard !append(jsonString: bytes) else { return }
        truncate(to: start)
        append(member: base64Name, base64: bytes)
    }

    func append(member name: StaticString, base64 bytes: UnsafeRawBufferPointer?) {
        append(name: name)
        guard let bytes else { return append("null") }
        append("\"")
        append(base64: bytes)
        append("\"")
    }

    func append(name: StaticString) {
        append("\"")
        append(name)
        append("\":")
    }
}
