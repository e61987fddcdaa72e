internal import CLibrdkafka
internal import Synchronization

/// What the producer's thread does: hand records to librdkafka as far as its queue has room, and poll for confirmations.
struct ProducerLoop {
    /// The records of one `send` that librdkafka has. Touched by the producer's thread alone.
    private final class Delivery {
        let send: ProducerShared.Send
        var handedOver = 0
        var unconfirmed = 0
        var report = DeliveryReport()
        var error: KafkaError?

        init(_ send: ProducerShared.Send) { self.send = send }

        var isComplete: Bool { handedOver == send.records.count && unconfirmed == 0 }
    }

    private static let maxWait = Duration.milliseconds(100)

    let handle: RDKafkaHandle
    let shared: ProducerShared
    let topic: String
    /// Oldest first. librdkafka holds pointers to them, so they stay until the last confirmation.
    private var deliveries: [Delivery] = []

    init(handle: RDKafkaHandle, shared: ProducerShared, topic: String) {
        (self.handle, self.shared, self.topic) = (handle, shared, topic)
    }

    mutating func run() {
        while true {
            let (sends, isClosing, deadline) = shared.state.withLock { state in
                defer { state.sends = [] }
                return (state.sends, state.isClosing, state.deadline)
            }
            deliveries += sends.map { Delivery($0) }
            handOver()
            let isOver = deadline.map { $0 <= .now } ?? false
            if isClosing, deliveries.isEmpty || isOver { break }
            let hasMore = deliveries.contains { $0.handedOver < $0.send.records.count }
            _ = rd_kafka_poll(handle.client, (hasMore ? .milliseconds(5) : Self.maxWait).wholeMilliseconds)
            finish()
        }
        close()
    }

    /// Called by librdkafka, within a poll, for each record.
    static func confirm(_ message: rd_kafka_message_t) {
        guard let opaque = message._private else { return }
        let delivery = Unmanaged<Delivery>.fromOpaque(opaque).takeUnretainedValue()
        delivery.unconfirmed -= 1
        if let error = KafkaError.check(message.err) {
            delivery.error = delivery.error ?? error
        } else {
            delivery.report.records += 1
            delivery.report.bytes += message.len + message.key_len
            delivery.report.recordsOfPartition[message.partition, default: 0] += 1
        }
    }

    private func handOver() {
        for delivery in deliveries {
            while delivery.handedOver < delivery.send.records.count {
                let record = delivery.send.records[delivery.handedOver]
                let error = handle.produce(topic, record, opaque: Unmanaged.passUnretained(delivery).toOpaque())
                if error?.code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue { return }
                delivery.handedOver += 1
                if let error { delivery.error = delivery.error ?? error } else { delivery.unconfirmed += 1 }
            }
        }
    }

    private mutating func finish() {
        for delivery in deliveries where delivery.isComplete { resume(delivery) }
        deliveries.removeAll { $0.isComplete }
    }

    private func resume(_ delivery: Delivery) {
        guard var error = delivery.error else {
            return delivery.send.continuation.resume(returning: .success(delivery.report))
        }
        if error.kind == .unreachable, let reason = shared.state.withLock({ $0.connectionError }) { error = reason }
        error.message += ": \(delivery.report.records) of \(delivery.send.records.count) records confirmed"
        delivery.send.continuation.resume(returning: .failure(error))
    }

    /// Gives up what is not confirmed; librdkafka then reports each as failed.
    private mutating func close() {
        if !deliveries.isEmpty {
            _ = rd_kafka_purge(handle.client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            _ = rd_kafka_flush(handle.client, 1000)
        }
        for delivery in deliveries {
            delivery.error = delivery.error ?? .closed
            resume(delivery)
        }
        let (sends, closers) = shared.state.withLock { state in
            defer { (state.sends, state.closers) = ([], []) }
            state.isClosed = true
            return (state.sends, state.closers)
        }
        for send in sends { send.continuation.resume(returning: .failure(.closed)) }
        for closer in closers { closer.resume() }
    }
}
