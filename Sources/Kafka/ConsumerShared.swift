internal import Synchronization

/// What the reader and the poll thread share.
final class ConsumerShared: Sendable {
    /// Work for the poll thread, which alone touches the loop.
    typealias Command = @Sendable (inout ConsumerLoop) -> Void

    struct Waiter {
        var continuation: CheckedContinuation<[ConsumerEvent], Never>
        var deadline: ContinuousClock.Instant
        var records: Bool
    }

    struct State {
        var mailbox = Mailbox()
        var commands: [Command] = []
        var waiter: Waiter?
        var closers: [CheckedContinuation<Void, Never>] = []
        var rebalance = Rebalance()
        /// The last thing that kept us from the brokers; explains why a call timed out.
        var connectionError: KafkaError?
        /// From here on librdkafka's questions are answered at once.
        var isClosing = false
        /// The poll thread has left; nobody runs commands any more.
        var isClosed = false
        /// Bytes in the mailbox at which the poll thread wants to be woken.
        var wakeAt: Int?
    }

    let state = Mutex(State())
    /// Records that one call of `next` takes, in bytes.
    let maxBytesPerTake: Int

    init(maxBytesPerTake: Int) { self.maxBytesPerTake = maxBytesPerTake }

    /// Gives a waiting reader what there is.
    func deliver() {
        wakeReader { waiter, state in
            let events = state.mailbox.take(records: waiter.records, maxBytes: maxBytesPerTake)
            return events.isEmpty ? nil : events
        }
    }

    /// Lets a reader go whose time is over.
    func expire(_ now: ContinuousClock.Instant) {
        wakeReader { waiter, _ in waiter.deadline <= now ? [] : nil }
    }

    /// Lets a reader go, whatever it waits for.
    func dismissReader() { wakeReader { _, _ in [] } }

    /// Resumes the waiting reader, outside the lock, unless `events` gives nil.
    private func wakeReader(_ events: (Waiter, inout State) -> [ConsumerEvent]?) {
        let resume: (Waiter, [ConsumerEvent])? = state.withLock { state in
            guard let waiter = state.waiter, let events = events(waiter, &state) else { return nil }
            state.waiter = nil
            return (waiter, events)
        }
        if let (waiter, events) = resume { waiter.continuation.resume(returning: events) }
    }

    /// A failure of no partition in particular.
    func report(_ error: KafkaError, isFatal: Bool = false) {
        let isFatal = isFatal || error.isFatal || error.kind == .authentication || error.kind == .authorization
        state.withLock { state in
            if error.kind == .authentication || error.explainsConnection { state.connectionError = error }
            state.mailbox.post(error, isFatal: isFatal)
        }
    }

    /// What the group asks, from the poll thread while it polls.
    /// - Returns: whether the reader will answer; it does not while closing.
    func ask(_ question: Rebalance.Question, _ event: ConsumerEvent) -> Bool {
        state.withLock { state in
            guard !state.isClosing else { return false }
            state.rebalance.ask(question)
            state.mailbox.post(event)
            return true
        }
    }

    func withState<Value: Sendable>(
        _ body: (inout State) throws(KafkaError) -> Value
    ) throws(KafkaError) -> Value {
        let result: Result<Value, KafkaError> = state.withLock { state in
            do throws(KafkaError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Lets go whoever waits for the end of `close`: it has come, or is not waited for any longer.
    func releaseClosers() {
        let closers = state.withLock { state in
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
