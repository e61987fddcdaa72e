internal import CLibrdkafka
internal import Support
internal import Synchronization

/// Produces records to one topic and confirms them. Idempotent: records arrive once and in order.
package final class KafkaProducer: Sendable {
    private let handle: RDKafkaHandle
    private let shared: ProducerShared
    private let login: Task<Void, Never>?

    private init(_ tokens: KafkaTokenProvider?, handle: RDKafkaHandle, shared: ProducerShared) {
        (self.handle, self.shared) = (handle, shared)
        login = TokenLoop.start(tokens, [handle]) { shared.noteConnection($0) }
    }

    deinit { stop() }

    /// Creates the client and its thread; connects in the background.
    /// - Parameter onLog: called on librdkafka's threads.
    package static func start(
        _ configuration: KafkaProducerConfiguration, onLog: @escaping @Sendable (KafkaLogLine) -> Void
    ) throws(KafkaError) -> KafkaProducer {
        let properties = RDKafkaConfiguration()
        try properties.set(
            required: configuration.required, user: configuration.properties,
            reserved: KafkaProducerConfiguration.reserved)
        properties.setDeliveryCallback()
        let shared = ProducerShared()
        let context = CallbackContext(
            onLog: onLog, onError: { error in shared.noteConnection(error) }, onDelivery: ProducerLoop.confirm)
        let handle = try RDKafkaHandle(RD_KAFKA_PRODUCER, properties, context: context)
        do throws(Failure) {
            try startThread(named: "kafka-producer") {
                var loop = ProducerLoop(handle: handle, shared: shared, topic: configuration.topic)
                loop.run()
            }
        } catch {
            throw KafkaError(.other, message: error.message)
        }
        return KafkaProducer(configuration.tokens, handle: handle, shared: shared)
    }

    /// Produces `records` in order and waits until each is confirmed or has failed. Several calls may run at a time.
    /// Throws the first failure; then it is not known how many of the others have arrived.
    @discardableResult
    package func send(_ records: [ProducerRecord]) async throws(KafkaError) -> DeliveryReport {
        guard !records.isEmpty else { return DeliveryReport() }
        let result: Result<DeliveryReport, KafkaError> = await withCheckedContinuation { continuation in
            let isAccepted = shared.state.withLock { state in
                guard !state.isClosing else { return false }
                state.sends.append(ProducerShared.Send(records: records, continuation: continuation))
                return true
            }
            if isAccepted { handle.wake() } else { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    /// Refuses new records, and gives those on their way up to `timeout` to be confirmed.
    package func close(timeout: Duration = .seconds(10)) async {
        stop(timeout: timeout)
        await withCheckedContinuation { continuation in
            let isClosed = shared.state.withLock { state in
                if !state.isClosed { state.closers.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() }
        }
    }

    private func stop(timeout: Duration = .zero) {
        login?.cancel()
        let deadline = ContinuousClock.now.advanced(by: timeout)
        shared.state.withLock { state in
            state.isClosing = true
            state.deadline = min(state.deadline ?? deadline, deadline)
        }
        handle.wake()
    }
}

/// What callers and the producer's thread share.
final class ProducerShared: Sendable {
    struct Send {
        var records: [ProducerRecord]
        var continuation: CheckedContinuation<Result<DeliveryReport, KafkaError>, Never>
    }

    struct State {
        var sends: [Send] = []
        var closers: [CheckedContinuation<Void, Never>] = []
        var isClosing = false
        var isClosed = false
        var deadline: ContinuousClock.Instant?
        /// The last thing that kept us from the brokers; explains why a delivery timed out.
        var connectionError: KafkaError?
    }

    let state = Mutex(State())

    func noteConnection(_ error: KafkaError) {
        guard error.kind == .authentication || error.explainsConnection else { return }
        state.withLock { $0.connectionError = error }
    }
}
