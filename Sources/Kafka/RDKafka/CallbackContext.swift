internal import CLibrdkafka

/// What the C callbacks of one client call. They run on the thread that polls the client, except `log`.
final class CallbackContext: Sendable {
    let log: @Sendable (Int, String, String) -> Void
    let onError: @Sendable (KafkaError) -> Void
    let onRebalance: @Sendable (_ handle: OpaquePointer, _ isAssignment: Bool, _ partitions: [Int32]) -> Void
    let onDelivery: @Sendable (rd_kafka_message_t) -> Void

    init(
        onLog: @escaping @Sendable (KafkaLogLine) -> Void,
        onError: @escaping @Sendable (KafkaError) -> Void = { _ in },
        onRebalance: @escaping @Sendable (OpaquePointer, Bool, [Int32]) -> Void = { _, _, _ in },
        onDelivery: @escaping @Sendable (rd_kafka_message_t) -> Void = { _ in }
    ) {
        log = { onLog(KafkaLogLine(severity: $0, facility: $1, message: $2)) }
        (self.onError, self.onRebalance, self.onDelivery) = (onError, onRebalance, onDelivery)
    }

    static func from(_ opaque: UnsafeMutableRawPointer?) -> CallbackContext? {
        opaque.map { Unmanaged<CallbackContext>.fromOpaque($0).takeUnretainedValue() }
    }

    static func of(_ handle: OpaquePointer?) -> CallbackContext? {
        handle.flatMap { from(rd_kafka_opaque($0)) }
    }
}
