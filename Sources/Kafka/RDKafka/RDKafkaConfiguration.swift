internal import CLibrdkafka

/// A librdkafka configuration until a client takes it over.
struct RDKafkaConfiguration: ~Copyable {
    private let pointer: OpaquePointer
    private var isTaken = false

    init() { pointer = rd_kafka_conf_new() }

    deinit { if !isTaken { rd_kafka_conf_destroy(pointer) } }

    /// Sets what the program needs, then what the user wants. A value is named in an error only when it is no secret.
    func set(
        required: [(name: String, value: String)], optional: [(name: String, value: String)] = [],
        user: [(name: String, value: String)], reserved: [String: String]
    ) throws(KafkaError) {
        for (name, value) in required { try set(name, value) }
        for (name, value) in optional where knows(name) { try set(name, value) }
        for (name, value) in user {
            if let reason = reserved[name] {
                throw KafkaError(.invalidProperty, message: "Kafka property \(name) cannot be set: \(reason)")
            }
            try set(name, value)
        }
    }

    /// Whether the installed librdkafka has the property.
    func knows(_ name: String) -> Bool { value(name) != nil }

    func value(_ name: String) -> String? {
        var size = 512
        var text = [CChar](repeating: 0, count: size)
        return rd_kafka_conf_get(pointer, name, &text, &size) == RD_KAFKA_CONF_OK ? string(text) : nil
    }

    /// The callbacks of every kind of client; `context` is what they find it by and must outlive the client.
    func setCallbacks(_ context: Unmanaged<CallbackContext>) {
        rd_kafka_conf_set_opaque(pointer, context.toOpaque())
        rd_kafka_conf_set_log_cb(pointer) { handle, severity, facility, text in
            guard let facility, let text else { return }
            CallbackContext.of(handle)?.log(
                Int(severity), String(cString: facility), String(cString: text))
        }
        rd_kafka_conf_set_error_cb(pointer) { handle, code, text, opaque in
            guard let context = CallbackContext.from(opaque) else { return }
            let code = rd_kafka_resp_err_t(rawValue: code)
            context.onError(KafkaError(fatal: handle) ?? KafkaError(code, text.map { String(cString: $0) }))
        }
    }

    func setRebalanceCallback() {
        rd_kafka_conf_set_rebalance_cb(pointer) { handle, code, partitions, opaque in
            guard let handle, let context = CallbackContext.from(opaque) else { return }
            context.onRebalance(handle, code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, PartitionList.numbers(partitions))
        }
    }

    func setDeliveryCallback() {
        rd_kafka_conf_set_dr_msg_cb(pointer) { _, message, opaque in
            guard let message, let context = CallbackContext.from(opaque) else { return }
            context.onDelivery(message.pointee)
        }
    }

    /// The client; the configuration is used up.
    consuming func makeClient(_ type: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(type, pointer, &text, text.count) else {
            throw KafkaError(.invalidProperty, message: "Kafka properties do not fit together: \(string(text))")
        }
        isTaken = true
        return client
    }

    private func set(_ name: String, _ value: String) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        switch rd_kafka_conf_set(pointer, name, value, &text, text.count) {
        case RD_KAFKA_CONF_OK:
            return
        case RD_KAFKA_CONF_UNKNOWN:
            throw KafkaError(.invalidProperty, message: "Kafka property \(name) is unknown to librdkafka")
        default:
            let reason = RDKafkaConfiguration.isSecret(name) ? "" : ": \(string(text))"
            throw KafkaError(.invalidProperty, message: "Kafka property \(name) has a value that is not valid\(reason)")
        }
    }

    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "token", "key", ".pem", "jaas", "oauthbearer.config", "username"]
            .contains { fragment in name.lowercased().contains(fragment) }
    }
}

/// Text that a C function wrote, up to its NUL.
func string(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
