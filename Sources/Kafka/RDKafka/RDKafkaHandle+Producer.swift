internal import CLibrdkafka

extension RDKafkaHandle {
    /// Hands a record to librdkafka, which copies it. Does not wait: a full queue is the error `_QUEUE_FULL`.
    /// - Parameter opaque: comes back with the confirmation.
    func produce(_ topic: String, _ record: ProducerRecord, opaque: UnsafeMutableRawPointer) -> KafkaError? {
        topic.withCString { topic in
            withBytes(record.key) { key in
                withBytes(record.value) { value in
                    var arguments = [
                        argument(RD_KAFKA_VTYPE_TOPIC) { $0.cstr = topic },
                        argument(RD_KAFKA_VTYPE_MSGFLAGS) { $0.i = RD_KAFKA_MSG_F_COPY },
                        argument(RD_KAFKA_VTYPE_OPAQUE) { $0.ptr = opaque },
                        argument(RD_KAFKA_VTYPE_KEY) { $0.mem = .init(ptr: key.start, size: key.count) },
                        argument(RD_KAFKA_VTYPE_VALUE) { $0.mem = .init(ptr: value.start, size: value.count) },
                    ]
                    if let partition = record.partition {
                        arguments.append(argument(RD_KAFKA_VTYPE_PARTITION) { $0.i32 = partition })
                    }
                    if let timestamp = record.timestamp {
                        arguments.append(argument(RD_KAFKA_VTYPE_TIMESTAMP) { $0.i64 = timestamp })
                    }
                    return produce(&arguments, record.headers)
                }
            }
        }
    }

    /// librdkafka owns the list of headers once the record is accepted.
    private func produce(_ arguments: inout [rd_kafka_vu_t], _ headers: [RecordHeader]) -> KafkaError? {
        guard !headers.isEmpty else {
            return KafkaError(taking: rd_kafka_produceva(client, arguments, arguments.count))
        }
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            header.name.withUnsafeBytes { name in
                withBytes(header.value) { value in
                    _ = rd_kafka_header_add(
                        list, name.bindMemory(to: CChar.self).baseAddress, name.count, value.start, value.count)
                }
            }
        }
        arguments.append(argument(RD_KAFKA_VTYPE_HEADERS) { $0.headers = list })
        let error = KafkaError(taking: rd_kafka_produceva(client, arguments, arguments.count))
        if error != nil { rd_kafka_headers_destroy(list) }
        return error
    }

    private func argument(
        _ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_s.__Unnamed_union_u) -> Void
    ) -> rd_kafka_vu_t {
        var argument = rd_kafka_vu_t()
        argument.vtype = type
        set(&argument.u)
        return argument
    }
}

/// Runs `body` with a pointer to the bytes that is nil for nil only: empty is not the same to Kafka.
private func withBytes<Value>(
    _ bytes: [UInt8]?, _ body: ((start: UnsafeMutableRawPointer?, count: Int)) -> Value
) -> Value {
    guard let bytes else { return body((nil, 0)) }
    guard !bytes.isEmpty else {
        return withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { body(($0.baseAddress, 0)) }
    }
    return bytes.withUnsafeBytes { body((UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count)) }
}
