internal import CLibrdkafka
internal import Support
internal import Synchronization

/// A consumer of one topic. A thread of its own polls librdkafka all the time, so that the group knows that it lives
/// however long its reader takes; what was read waits in a bounded mailbox.
///
/// One reader calls `next` and answers `.assigned` with `assign` and `.revoked` with `completeRevocation`: in between
/// it can recover from, or write to, the store. Brokers wait for the answer as long as `max.poll.interval.ms` says.
package final class KafkaConsumer: Sendable {
    private let configuration: KafkaConsumerConfiguration
    private let handle: RDKafkaHandle
    /// Sees records of open transactions too; nil: `handle` does.
    private let uncommitted: RDKafkaHandle?
    private let shared: ConsumerShared
    /// Runs the calls that wait for a broker.
    private let control: BlockingThreads
    private let login: Task<Void, Never>?

    private init(
        _ configuration: KafkaConsumerConfiguration, handle: RDKafkaHandle, uncommitted: RDKafkaHandle?,
        shared: ConsumerShared, control: BlockingThreads
    ) {
        (self.configuration, self.handle, self.shared, self.control) = (configuration, handle, shared, control)
        self.uncommitted = uncommitted
        let clients = [handle, uncommitted].compactMap { $0 }
        login = TokenLoop.start(configuration.tokens, clients) { shared.report($0) }
    }

    deinit { stop() }

    /// Creates the client and its thread; connects in the background.
    /// - Parameter onLog: called on librdkafka's threads.
    package static func start(
        _ configuration: KafkaConsumerConfiguration, onLog: @escaping @Sendable (KafkaLogLine) -> Void
    ) throws(KafkaError) -> KafkaConsumer {
        let properties = RDKafkaConfiguration()
        try properties.set(
            required: configuration.required, optional: KafkaConsumerConfiguration.optional,
            user: configuration.properties, reserved: KafkaConsumerConfiguration.reserved)
        properties.setRebalanceCallback()
        let canHold = properties.knows("fetch.queue.backoff.ms")

        let shared = ConsumerShared(maxBytesPerTake: configuration.bufferBytes / 16)
        let handle = try RDKafkaHandle(
            RD_KAFKA_CONSUMER, properties, context: callbacks(shared, topic: configuration.topic, onLog: onLog))
        let uncommitted = try uncommitted(configuration, onLog: onLog)
        let backPressure = configuration.backPressure ?? (canHold ? .hold : .pause)
        let limits = FlowControl.Limits(
            high: configuration.bufferBytes / 4, low: configuration.bufferBytes / 8,
            hold: backPressure == .hold ? .seconds(1) : nil)
        do throws(Failure) {
            let control = try BlockingThreads(name: "kafka-control", count: 1)
            try startThread(named: "kafka-poll") {
                var loop = ConsumerLoop(handle: handle, shared: shared, topic: configuration.topic, limits: limits)
                loop.run()
            }
            return KafkaConsumer(
                configuration, handle: handle, uncommitted: uncommitted, shared: shared, control: control)
        } catch {
            throw KafkaError(.other, message: error.message)
        }
    }

    /// librdkafka has one isolation level for a client, so the true end of a partition takes a client of its own: in no
    /// group, and only asked.
    private static func uncommitted(
        _ configuration: KafkaConsumerConfiguration, onLog: @escaping @Sendable (KafkaLogLine) -> Void
    ) throws(KafkaError) -> RDKafkaHandle? {
        guard configuration.isolationLevel == .readCommitted else { return nil }
        let properties = RDKafkaConfiguration()
        var asking = configuration
        asking.isolationLevel = .readUncommitted
        let ofGroup: Set = ["group.id", "group.instance.id", "partition.assignment.strategy"]
        try properties.set(
            required: asking.required.filter { !ofGroup.contains($0.name) }, user: configuration.properties,
            reserved: KafkaConsumerConfiguration.reserved)
        return try RDKafkaHandle(RD_KAFKA_CONSUMER, properties, context: CallbackContext(onLog: onLog))
    }

    private static func callbacks(
        _ shared: ConsumerShared, topic: String, onLog: @escaping @Sendable (KafkaLogLine) -> Void
    ) -> CallbackContext {
        CallbackContext(
            onLog: onLog,
            onError: { shared.report($0) },
            onRebalance: { client, isAssignment, partitions in
                let (question, event): (Rebalance.Question, ConsumerEvent) =
                    isAssignment
                    ? (.assign(partitions), .assigned(partitions))
                    : (.revoke(partitions), .revoked(partitions, lost: rd_kafka_assignment_lost(client) != 0))
                guard !shared.ask(question, event) else { return }
                RDKafkaHandle.giveUp(client, topic, isAssignment ? [] : partitions)
            })
    }

    /// Joins the group. Without it, partitions are whatever `assign` says.
    package func subscribe() async throws(KafkaError) {
        let topic = configuration.topic
        try await onPollThread { loop throws(KafkaError) in
            try loop.handle.subscribe(topic)
            loop.isSubscribed = true
        }
    }

    // MARK: - Reading

    /// What has happened since the last call; empty when nothing did within `timeout`, when the task is cancelled, or
    /// after `close`. One reader at a time.
    /// - Parameter records: false leaves records and ends of partitions where they are, for a reader that has no
    ///   memory for them now but must still hear of rebalances.
    package func next(timeout: Duration, records: Bool = true) async -> [ConsumerEvent] {
        let (events, isClosed) = take(records: records)
        if !events.isEmpty || isClosed || timeout <= .zero { return events }
        let deadline = ContinuousClock.now.advanced(by: timeout)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = ConsumerShared.Waiter(continuation: continuation, deadline: deadline, records: records)
                wait(waiter, isCancelled: Task.isCancelled)
            }
        } onCancel: {
            shared.dismissReader()
        }
    }

    private func take(records: Bool) -> (events: [ConsumerEvent], isClosed: Bool) {
        let (events, isClosed, wakes) = shared.state.withLock { state in
            let events = state.mailbox.take(records: records, maxBytes: shared.maxBytesPerTake)
            let wakes = state.wakeAt.map { state.mailbox.bytes <= $0 } ?? false
            if wakes { state.wakeAt = nil }
            return (events, state.isClosed, wakes)
        }
        if wakes { handle.wake() }
        return (events, isClosed)
    }

    private func wait(_ waiter: ConsumerShared.Waiter, isCancelled: Bool) {
        shared.dismissReader()
        let isWaiting = shared.state.withLock { state in
            guard !isCancelled, !state.isClosed else { return false }
            state.waiter = waiter
            return true
        }
        guard isWaiting else { return waiter.continuation.resume(returning: []) }
        shared.deliver()  // what came between the look and the wait
        if ContinuousClock.now.duration(to: waiter.deadline) < ConsumerLoop.maxWait { handle.wake() }
    }

    /// Memory of the records that wait for the reader.
    package var waitingBytes: Int { shared.state.withLock { $0.mailbox.bytes } }

    /// Ends the waiting of `next`, if somebody waits.
    package func wake() { shared.dismissReader() }

    /// Stops fetching partitions; what has been read of them already is still delivered.
    package func pause(_ partitions: [Int32]) async throws(KafkaError) {
        try await onPollThread { $0.flow.want(partitions, false) }
    }

    /// Goes on fetching partitions where it stopped.
    package func resume(_ partitions: [Int32]) async throws(KafkaError) {
        try await onPollThread { $0.flow.want(partitions, true) }
    }

    // MARK: - Partitions

    /// Starts reading: answers `.assigned` with exactly its partitions, or sets the partitions of a consumer that has
    /// not subscribed. Throws `.staleMember` when the group has moved on meanwhile: the next event says how.
    package func assign(_ starts: [PartitionStart]) async throws(KafkaError) {
        try await onPollThread { loop throws(KafkaError) in try loop.assign(starts) }
    }

    /// Gives the partitions of `.revoked` up. From then on no record of them is delivered.
    package func completeRevocation() async throws(KafkaError) {
        try await onPollThread { loop throws(KafkaError) in try loop.completeRevocation() }
    }

    /// Moves an assigned partition. From then on only records from the new offset on are delivered.
    package func seek(_ start: PartitionStart, timeout: Duration = .seconds(10)) async throws(KafkaError) {
        let deadline = ContinuousClock.now.advanced(by: timeout)
        while true {
            do throws(KafkaError) {
                return try await onPollThread { loop throws(KafkaError) in try loop.seek(start) }
            } catch {
                // Just after an assignment librdkafka is not ready yet.
                guard error.code == RD_KAFKA_RESP_ERR__STATE.rawValue, ContinuousClock.now < deadline else {
                    throw error
                }
                _ = try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private func onPollThread<Value: Sendable>(
        _ body: @escaping @Sendable (inout ConsumerLoop) throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        let result: Result<Value, KafkaError> = await withCheckedContinuation { continuation in
            let isAccepted = shared.state.withLock { state in
                guard !state.isClosed else { return false }
                state.commands.append { loop in
                    guard !loop.shared.state.withLock({ $0.isClosing }) else {
                        return continuation.resume(returning: .failure(.closed))
                    }
                    continuation.resume(returning: Result { () throws(KafkaError) in try body(&loop) })
                }
                return true
            }
            if isAccepted { handle.wake() } else { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    // MARK: - Questions to the brokers

    /// The numbers of the topic's partitions.
    package func partitions(timeout: Duration = .seconds(30)) async throws(KafkaError) -> [Int32] {
        let (handle, shared, topic) = (handle, shared, configuration.topic)
        let deadline = ContinuousClock.now.advanced(by: timeout)
        return try await onControlThread { () throws(KafkaError) in
            while true {
                let remaining = ContinuousClock.now.duration(to: deadline)
                do throws(KafkaError) {
                    // In slices, to see between them that there is no use in waiting.
                    if let found = try handle.partitions(topic, wait: min(remaining, .seconds(1))) { return found }
                } catch {
                    if error.kind == .unknownTopic {
                        throw KafkaError(
                            .unknownTopic, code: error.code, name: error.name, message: "topic \(topic) does not exist")
                    }
                    guard error.isRetriable else { throw error }
                    let reason = shared.state.withLock { $0.connectionError }
                    if let reason, reason.kind == .authentication { throw reason }
                    if remaining <= .seconds(1) { throw reason ?? error }
                }
            }
        }
    }

    /// What the brokers have of a partition.
    package func watermarks(_ partition: Int32, timeout: Duration = .seconds(30)) async throws(KafkaError) -> Watermarks
    {
        let (handle, uncommitted, topic) = (handle, uncommitted, configuration.topic)
        return try await onControlThread { () throws(KafkaError) in
            let readable = try handle.watermarks(topic, partition, wait: timeout)
            uncommitted?.serve()
            let logEnd = try uncommitted?.watermarks(topic, partition, wait: timeout).high ?? readable.high
            return Watermarks(low: readable.low, high: readable.high, logEnd: logEnd)
        }
    }

    /// The group's committed offsets; partitions without one are left out.
    package func committed(
        _ partitions: [Int32], timeout: Duration = .seconds(30)
    ) async throws(KafkaError) -> [Int32: Int64] {
        let (handle, topic) = (handle, configuration.topic)
        return try await onControlThread { () throws(KafkaError) in
            try handle.committed(topic, partitions, wait: timeout)
        }
    }

    /// Commits the offsets of the next records to read.
    package func commit(_ offsets: [Int32: Int64], timeout: Duration = .seconds(10)) async -> CommitOutcome {
        guard !offsets.isEmpty else { return .committed }
        let (handle, topic) = (handle, configuration.topic)
        do throws(KafkaError) {
            try await onControlThread { () throws(KafkaError) in try handle.commit(topic, offsets, wait: timeout) }
            return .committed
        } catch {
            return error.kind == .staleMember || error.kind == .fenced ? .stale(error) : .failed(error)
        }
    }

    private func onControlThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        try await control.run { [shared] () -> Result<Value, KafkaError> in
            guard !shared.state.withLock({ $0.isClosing }) else { return .failure(.closed) }
            return Result { () throws(KafkaError) in try body() }
        }.get()
    }

    // MARK: - End

    /// Leaves the group, giving up all partitions; waits for that no longer than `timeout`. Batches stay valid.
    package func close(timeout: Duration = .seconds(10)) async {
        stop()
        let patience = Task { [shared] in
            if (try? await Task.sleep(for: timeout)) != nil { shared.releaseClosers() }
        }
        await withCheckedContinuation { continuation in
            let isClosed = shared.state.withLock { state in
                if !state.isClosed { state.closers.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() }
        }
        patience.cancel()
    }

    private func stop() {
        login?.cancel()
        shared.state.withLock { $0.isClosing = true }
        handle.wake()
    }
}
