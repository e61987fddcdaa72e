package import Gzip
import Interactions
package import Kafka
package import Logging
import Support

/// What a run does beyond what `SessionRules` says of a single partition.
package struct RunLimits: Sendable {
    package var memoryBudget: Int
    package var targetFileSize: Int
    package var maxDuration: Duration?
    package var noProgressTimeout: Duration
    package var shutdownGrace: Duration
    package var followInterval: Duration
    /// How long an assignment without partitions is waited on before it counts: under cooperative rebalancing a newcomer
    /// gets nothing until the others have given something up.
    package var emptyAssignmentWait: Duration

    package init(
        memoryBudget: Int, targetFileSize: Int, maxDuration: Duration?, noProgressTimeout: Duration,
        shutdownGrace: Duration, followInterval: Duration, emptyAssignmentWait: Duration
    ) {
        (self.memoryBudget, self.targetFileSize, self.maxDuration) = (memoryBudget, targetFileSize, maxDuration)
        (self.noProgressTimeout, self.shutdownGrace) = (noProgressTimeout, shutdownGrace)
        self.followInterval = followInterval
        self.emptyAssignmentWait = emptyAssignmentWait
    }
}

/// One run of `loader load`: a loop that hands Kafka's events and its own tasks' news to the partitions' sessions, and
/// performs what they ask for. One task runs it; tasks that talk to the store post their news to its mailbox.
package final class LoadRun {
    /// How long the loop waits when nothing happens.
    static let turn: Duration = .milliseconds(100)
    /// How long a revoked partition's chunk may take to be stored before the partition is given up without it.
    static let revocationLimit: Duration = .seconds(30)
    /// Another owner may take a partition over this many times before the run calls it a conflict.
    static let supersededLimit = 10

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

    /// Grows with each assignment, so that news of a former ownership is known as such.
    var turnOfOwnership = 0
    var owned: [Int32: OwnedPartition] = [:]
    /// Given by the group, being recovered; nil: no assignment waits for an answer.
    var assigning: Set<Int32>?
    /// Taken by the group; what they hold is being stored.
    var revoking: (partitions: Set<Int32>, until: Duration)?
    /// The group gave this process its share, possibly none, and has not taken all of it back.
    var hasAssignment = false
    /// Since when that is so, or is not so.
    var assignmentSince: Duration = .zero
    var memoryPolicy: MemoryPolicy
    var bytesSinceMemoryCheck = 0
    var isSealing = false
    var capturedAt: Duration = .zero
    var stopping: (reason: StopReason, until: Duration)?
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
        mailbox = RunMailbox { [consumer] in consumer.wake() }
    }

    var uptime: Duration { ContinuousClock.now - started }

    /// A second call would find everything done.
    package func run() async -> RunResult {
        do {
            while !isFinished {
                // While memory is short only rebalances are heard of.
                for event in await consumer.next(timeout: Self.turn, records: !memoryPolicy.isPaused) {
                    try await handle(event)
                }
                for news in mailbox.takeAll() { try await handle(news) }
                try await tick()
            }
            if let stopping, stopping.reason != .stalled, hasUnstored {
                logger.warning("stopped before everything was stored; the next run stores it")
            }
        } catch {
            result.failure = error
        }
        result.stop = result.failure == nil ? stopping?.reason : .failure
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
        owned.values.contains { $0.isStoring || $0.session?.hasRequests == true || $0.session?.isEmpty == false }
    }

    private var isIdle: Bool {
        assigning == nil && revoking == nil && !isSealing
            && owned.values.allSatisfy { !$0.isRecovering && !$0.isStoring && $0.session?.hasRequests != true }
    }

    private var isFinished: Bool {
        if let stopping { return isIdle || uptime >= stopping.until }
        guard hasAssignment, !rules.follows, isIdle else { return false }
        if owned.isEmpty, uptime - assignmentSince < limits.emptyAssignmentWait { return false }
        return owned.values.allSatisfy { $0.session?.ledger.phase == .stopped }
    }

    // MARK: Each turn

    private func tick() async throws(Failure) {
        let now = uptime
        try checkStop(now)
        let wall = clock.now()
        for partition in owned.values {
            guard let session = partition.session else { continue }
            if stopping == nil { try session.settleIfDrained(now: wall) }
            try await cutLargeFile(of: partition, session, wall)
            for range in session.takeLost() { announce(range, of: partition.number) }
        }
        try keepMemory(wall)
        for number in owned.keys { store(number) }
        try await finishRevocation(now)
        try await seekAgain()
        if rules.follows, stopping == nil, now - capturedAt >= limits.followInterval { try captureEnds(now) }
        progress.update(result.counters, lag: lag, isWaitingForGroup: result.groupWait == nil)
    }

    private func checkStop(_ now: Duration) throws(Failure) {
        guard stopping == nil else { return }
        if let limit = limits.maxDuration, now >= limit {
            // What is stored after that has as long as one answer of the store may take.
            try stop(.deadline, within: .seconds(300))
        } else if !hasAssignment, now - assignmentSince >= limits.noProgressTimeout * 2 {
            logger.error("the consumer group gave no partition in time; is another member of it stuck?")
            try stop(.stalled, within: .zero)
        } else if !rules.follows, isStalled(now) {
            try stop(.stalled, within: .seconds(300))
        }
    }

    /// Every partition is done or stands still, and at least one stands still.
    private func isStalled(_ now: Duration) -> Bool {
        guard !memoryPolicy.isPaused, assigning == nil, revoking == nil else { return false }
        let sessions = owned.values.compactMap { $0.isStoring ? nil : $0.session }
        guard sessions.count == owned.count else { return false }
        let stalled = sessions.filter { $0.ledger.isStalled(now: now, limit: limits.noProgressTimeout) }
        guard !stalled.isEmpty,
            sessions.allSatisfy({ session in
                session.ledger.phase == .stopped || stalled.contains { $0 === session }
            })
        else {
            return false
        }
        for session in stalled {
            logger.error(
                "no record came in time although the end is not reached",
                metadata: [
                    "partition": "\(session.partition)", "position": "\(session.ledger.position)",
                    "end": "\(session.ledger.capture.end)", "timeout": "\(limits.noProgressTimeout)",
                ])
        }
        return true
    }

    func stop(_ reason: StopReason, within grace: Duration) throws(Failure) {
        guard stopping == nil else { return }
        stopping = (reason, uptime + grace)
        logger.notice("stopping", metadata: ["reason": "\(reason.rawValue)"])
        let cutReason: CutReason = reason == .signal ? .signal : .deadline
        for partition in owned.values {
            partition.session?.stop()
            try partition.session?.cut(cutReason, now: clock.now())
        }
    }

    private func cutLargeFile(of partition: OwnedPartition, _ session: PartitionSession, _ wall: Milliseconds)
        async throws(Failure)
    {
        guard session.largestFile >= limits.targetFileSize else { return }
        if partition.isStoring || session.hasRequests {
            try await pause(partition)
        } else {
            try session.cut(.fileSize, now: wall)
        }
    }

    private func keepMemory(_ wall: Milliseconds) throws(Failure) {
        guard bytesSinceMemoryCheck >= limits.memoryBudget / 256 || memoryPolicy.isPaused else { return }
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
                    isBusy: partition.isStoring || $0.hasRequests || $0.isCompleting)
            }
        }
        let storing = owned.values.reduce(0) { $0 + $1.bytesStoring + ($1.session?.bytesRequested ?? 0) }
        switch memoryPolicy.decide(holdings: holdings, storing: storing) {
        case .none, .pause, .resume: break
        case .cut(let number): try owned[number]?.session?.cut(.memory, now: wall)
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
    /// The ownership that news must belong to.
    var turn: Int
    var session: PartitionSession?
    var tail: ChainTail?
    var isRecovering = true
    var isStoring = false
    var bytesStoring = 0
    var isPaused = false
    /// Reading has to go on elsewhere, but a rebalance came in between.
    var needsSeek = false
    var superseded = 0

    init(number: Int32, turn: Int) { (self.number, self.turn) = (number, turn) }
}
