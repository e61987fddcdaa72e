package import Gzip
import Interactions
package import JobSupport
package import Kafka
package import Logging
import Support

/// What a run does beyond what `SessionRules` says of a single partition.
package struct RunLimits: Sendable {
    package var memoryBudget: Int
    package var targetFileSize: Int
    package var ledger: RunLedger.Limits

    package init(memoryBudget: Int, targetFileSize: Int, ledger: RunLedger.Limits) {
        (self.memoryBudget, self.targetFileSize, self.ledger) = (memoryBudget, targetFileSize, ledger)
    }
}

/// One run of `loader load`: a loop that hands Kafka's events and its own tasks' news to the partitions' sessions, and
/// performs what they ask for. One task runs it; tasks that talk to the store post their news to its mailbox.
package final class LoadRun {
    /// How long the loop waits when nothing happens.
    static let turn: Duration = .milliseconds(100)

    let consumer: KafkaConsumer
    let recovery: Recovery
    let committer: ChunkCommitter
    let sealer: Sealer
    let rules: SessionRules
    let limits: RunLimits
    let epoch: Int
    let clock: StoreClock
    let logger: Logger
    let memory: ChunkMemory
    let mailbox: RunMailbox
    let progress: any LoadObserver
    let started = ContinuousClock.now

    var ledger: RunLedger
    /// The partitions of the ledger, with what is read and stored of them.
    var owned: [Int32: OwnedPartition] = [:]
    var memoryPolicy: MemoryPolicy
    var bytesSinceMemoryCheck = 0
    var isSealing = false
    var result = RunResult()

    package init(
        consumer: KafkaConsumer, recovery: Recovery, committer: ChunkCommitter, sealer: Sealer, rules: SessionRules,
        limits: RunLimits, epoch: Int, clock: StoreClock, gzip: GzipSettings, logger: Logger, progress: any LoadObserver
    ) throws(GzipError) {
        (self.consumer, self.recovery, self.committer, self.sealer) = (consumer, recovery, committer, sealer)
        (self.rules, self.limits, self.epoch, self.clock, self.logger) = (rules, limits, epoch, clock, logger)
        self.progress = progress
        memory = try ChunkMemory(gzip: gzip)
        memoryPolicy = MemoryPolicy(budget: limits.memoryBudget)
        ledger = RunLedger(topic: rules.topic, limits: limits.ledger)
        mailbox = RunMailbox { [consumer] in consumer.wake() }
    }

    var uptime: Duration { ContinuousClock.now - started }

    /// A second call would find everything done.
    package func run() async -> RunResult {
        do {
            while !ledger.isFinished(now: uptime, isSealing: isSealing, state) {
                // While memory is short only rebalances are heard of.
                for event in await consumer.next(timeout: Self.turn, records: !memoryPolicy.isPaused) {
                    try await handle(event)
                }
                for news in mailbox.takeAll() { try await handle(news) }
                try await tick()
            }
            if let stopping = ledger.stopping, stopping.reason != .stalled, hasUnstored {
                logger.warning("stopped before everything was stored; the next run stores it")
            }
        } catch {
            result.failure = error
        }
        result.stop = result.failure == nil ? ledger.stopping?.reason : .failure
        return resultSoFar
    }

    private var resultSoFar: RunResult {
        var result = result
        result.groupWait = ledger.groupWait
        for (number, partition) in owned {
            if let session = partition.session { result.partitions[number] = session.standing }
        }
        return result
    }

    /// May be called from anywhere: the run ends soon, after storing what it can.
    package nonisolated func stopOnSignal() -> @Sendable () -> Void {
        { [mailbox] in mailbox.post(.signal) }
    }

    private var hasUnstored: Bool {
        owned.values.contains { partition in
            ledger.isStoring(partition.number) || partition.session?.hasRequests == true
                || partition.session?.isEmpty == false
        }
    }

    private func state(_ number: Int32) -> RunLedger.SessionState {
        guard let session = owned[number]?.session else { return RunLedger.SessionState() }
        return RunLedger.SessionState(
            isStopped: session.ledger.phase == .stopped, hasRequests: session.hasRequests,
            isStalled: session.ledger.isStalled(now: uptime, limit: limits.ledger.noProgressTimeout),
            isHeld: owned[number]?.isHeld == true)
    }

    // MARK: Each turn

    private func tick() async throws(Failure) {
        let wall = clock.now()
        excuseWaiting()
        if ledger.stopping == nil, !ledger.follows { leaveHeldBack() }
        try await perform(ledger.tick(now: uptime, isPaused: memoryPolicy.isPaused, state))
        for partition in owned.values {
            guard let session = partition.session else { continue }
            if ledger.stopping == nil { try session.settleIfDrained(now: wall) }
            try await cutLargeFile(of: partition, session, wall)
            for range in session.takeLost() { announce(range, of: partition.number) }
        }
        try await keepMemory(wall)
        for number in owned.keys { store(number) }
        progress.update(result.counters, lag: lag, isWaitingForGroup: result.groupWait == nil)
    }

    /// While the run itself does not read a partition, that nothing comes of it is no stall.
    private func excuseWaiting() {
        let now = uptime
        for partition in owned.values {
            let isPaused = memoryPolicy.isPaused || partition.isPaused || partition.isHeld
            if isPaused || ledger.isWaiting(partition.number) { partition.session?.progressed(now: now) }
        }
    }

    /// A transaction that stays open is not waited for any longer.
    private func leaveHeldBack() {
        for (number, partition) in owned {
            guard let session = partition.session, session.ledger.isHeldBack, state(number).isStalled else { continue }
            tellHeldBack(partition, session)
            session.leaveHeldBack()
        }
    }

    /// Performs what the ledger asks for, and what follows from it.
    func perform(_ actions: [RunLedger.Action]) async throws(Failure) {
        for action in actions {
            switch action {
            case .recover(let number, let turn): recover(number, turn: turn)
            case .answerAssignment(let partitions): try await answerAssignment(partitions)
            case .seek(let number): try await seek(number)
            case .cut(let number, let reason):
                owned[number]?.session?.stop()
                try owned[number]?.session?.cut(reason, now: clock.now())
            case .drop(let number): try await drop(number)
            case .release(let number): release(number)
            case .completeRevocation:
                try await asking { () throws(KafkaError) in try await consumer.completeRevocation() }
            case .captureEnds:
                progress.followed(resultSoFar)
                try captureEnds()
            case .compareClocks: compareClocks()
            case .tellStopping(let reason):
                logger.notice("stopping", metadata: ["reason": "\(reason.rawValue)"])
            case .tellStalled(let numbers): tellStalled(numbers)
            case .tellNoPartitions:
                logger.error("the consumer group gave no partition in time; is another member of it stuck?")
            }
        }
    }

    private func tellStalled(_ numbers: [Int32]) {
        for session in numbers.compactMap({ owned[$0]?.session }) {
            logger.error(
                "no record came in time although the end is not reached",
                metadata: [
                    "partition": "\(session.partition)", "position": "\(session.ledger.position)",
                    "end": "\(session.ledger.capture.end)", "timeout": "\(limits.ledger.noProgressTimeout)",
                ])
        }
    }

    func stop(_ reason: StopReason) async throws(Failure) {
        try await perform(ledger.stop(reason, now: uptime))
    }

    private func cutLargeFile(of partition: OwnedPartition, _ session: PartitionSession, _ wall: Milliseconds)
        async throws(Failure)
    {
        guard session.largestFile >= limits.targetFileSize else { return }
        if ledger.isStoring(partition.number) || session.hasRequests {
            try await pause(partition)
        } else {
            try session.cut(.fileSize, now: wall)
        }
    }

    private func keepMemory(_ wall: Milliseconds) async throws(Failure) {
        let isShort = memoryPolicy.isPaused || !memoryPolicy.held.isEmpty
        guard bytesSinceMemoryCheck >= limits.memoryBudget / 256 || isShort else { return }
        bytesSinceMemoryCheck = 0
        let sessions = owned.values.compactMap(\.session)
        // Raw lines are the least dense way to hold records: compress them early when many files are open.
        if sessions.reduce(0, { $0 + $1.rawBytesHeld }) > limits.memoryBudget / 4,
            let largest = sessions.max(by: { $0.rawBytesHeld < $1.rawBytesHeld })
        {
            do { try largest.compressAll() } catch { throw error.failure(rules.topic) }
        }
        let holdings = owned.compactMap { number, partition in
            partition.session.map {
                MemoryPolicy.Holding(
                    partition: number, bytes: $0.bytesHeld,
                    isBusy: ledger.isStoring(number) || $0.hasRequests, isCompleting: $0.isCompleting)
            }
        }
        let storing = sessions.reduce(ledger.bytesStoring) { $0 + $1.bytesRequested }
        switch memoryPolicy.decide(holdings: holdings, storing: storing) {
        case .none, .pause, .resume: break
        case .cut(let number): try owned[number]?.session?.cut(.memory, now: wall)
        }
        let wasHolding = !memoryPolicy.held.isEmpty
        memoryPolicy.hold(holdings, storing: storing)
        if !wasHolding, !memoryPolicy.held.isEmpty {
            logger.notice("memory is short: the chunks that other owners announced are completed in turns")
        }
        for partition in owned.values where partition.isHeld != memoryPolicy.held.contains(partition.number) {
            try await toggleHold(of: partition)
        }
    }

    /// What was fetched of a held partition is dropped, and sought again when its turn comes.
    private func toggleHold(of partition: OwnedPartition) async throws(Failure) {
        partition.isHeld.toggle()
        if partition.isHeld {
            try await asking { () throws(KafkaError) in try await consumer.pause([partition.number]) }
        } else {
            try await asking { () throws(KafkaError) in try await consumer.resume([partition.number]) }
            try await seek(partition.number)
        }
    }

    /// Its file is full and cannot be cut yet: nothing more of the partition is fetched.
    private func pause(_ partition: OwnedPartition) async throws(Failure) {
        guard !partition.isPaused else { return }
        partition.isPaused = true
        try await asking { () throws(KafkaError) in try await consumer.pause([partition.number]) }
    }

    func resume(_ partition: OwnedPartition) async throws(Failure) {
        guard partition.isPaused else { return }
        partition.isPaused = false
        try await asking { () throws(KafkaError) in try await consumer.resume([partition.number]) }
    }

    /// Calls the consumer. That the group has moved on meanwhile is no failure: an event that says how is on its way.
    /// - Returns: whether it was done.
    @discardableResult
    func asking(_ call: () async throws(KafkaError) -> Void) async throws(Failure) -> Bool {
        do {
            try await call()
            return true
        } catch {
            guard error.kind == .staleMember else { throw error.failure }
            return false
        }
    }

    private var lag: Int64 {
        owned.values.reduce(0) { sum, partition in
            sum + (partition.session.map { max(0, $0.ledger.capture.end - $0.ledger.position) } ?? 0)
        }
    }
}

/// What a run knows of a partition that the group gave it.
final class OwnedPartition {
    let number: Int32
    var session: PartitionSession?
    var tail: ChainTail?
    var isPaused = false
    /// Waits for its turn to be completed.
    var isHeld = false
    /// The position from which on records are held back, once that was told.
    var toldHeldBackAt: Int64?

    init(number: Int32) { self.number = number }
}
