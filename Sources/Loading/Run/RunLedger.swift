package import Interactions
package import Support

/// Which partitions a run owns, what it owes the group, and when it is over. Pure: events and times in, actions out;
/// `LoadRun` performs them.
package struct RunLedger: Sendable {
    package enum Action: Sendable, Equatable {
        /// Find out where the partition stands; the answer comes with this turn.
        case recover(Int32, turn: Int)
        /// Read these from where they stand: the group waits for it.
        case answerAssignment([Int32])
        /// Read on where the partition stands now.
        case seek(Int32)
        /// Take nothing more of the partition, and store what was read.
        case cut(Int32, CutReason)
        /// Forget what was read, with all that waits to be stored.
        case drop(Int32)
        /// The partition is no longer this process's.
        case release(Int32)
        /// Give back what the group took.
        case completeRevocation
        /// Ask for the partitions' ends anew.
        case captureEnds
        /// Ask the store for its time.
        case compareClocks
        /// Say that the run ends, and why.
        case tellStopping(StopReason)
        /// Say that nothing came of these in time.
        case tellStalled([Int32])
        /// Say that the group gave nothing in time.
        case tellNoPartitions
    }

    package struct Limits: Sendable {
        package var maxDuration: Duration?
        package var noProgressTimeout: Duration
        package var shutdownGrace: Duration
        /// nil: the run ends when all is read.
        package var followInterval: Duration?
        /// How long an assignment without partitions is waited on before it counts: under cooperative rebalancing a newcomer
        /// gets nothing until the others have given something up.
        package var emptyAssignmentWait: Duration

        package init(
            maxDuration: Duration?, noProgressTimeout: Duration, shutdownGrace: Duration, followInterval: Duration?,
            emptyAssignmentWait: Duration
        ) {
            (self.maxDuration, self.noProgressTimeout) = (maxDuration, noProgressTimeout)
            (self.shutdownGrace, self.followInterval) = (shutdownGrace, followInterval)
            self.emptyAssignmentWait = emptyAssignmentWait
        }
    }

    /// What a partition's session says of itself.
    package struct SessionState: Sendable {
        /// Nothing more is taken.
        package var isStopped: Bool
        /// Something waits to be stored.
        package var hasRequests: Bool
        /// Nothing came for too long.
        package var isStalled: Bool
        /// It waits for another partition.
        package var isHeld: Bool

        package init(
            isStopped: Bool = false, hasRequests: Bool = false, isStalled: Bool = false, isHeld: Bool = false
        ) {
            (self.isStopped, self.hasRequests) = (isStopped, hasRequests)
            (self.isStalled, self.isHeld) = (isStalled, isHeld)
        }
    }

    private struct Owned {
        /// The ownership that news must belong to.
        var turn: Int
        var isRecovering = true
        /// When recovery is tried again.
        var recoverAt: Duration?
        var failures = 0
        var isStoring = false
        /// Reading has to go on elsewhere, but a rebalance came in between.
        var needsSeek = false
        var superseded = 0
    }

    /// How long a revoked partition's chunk may take to be stored before the partition is given up without it.
    package static let revocationLimit: Duration = .seconds(30)
    /// What is stored after the end of a run has as long as one answer of the store may take.
    package static let storeLimit: Duration = .seconds(300)
    /// Other owners may take a partition over this many times before the run calls it a conflict.
    package static let supersededLimit = 10
    /// A following run tries to recover a partition this many times.
    package static let recoveryLimit = 10
    /// How often a following run compares its clock with the store's.
    package static let clockInterval: Duration = .seconds(3600)

    private let topic: String
    private let limits: Limits
    package private(set) var stopping: (reason: StopReason, until: Duration)?
    /// Since the start until the group first gave out partitions.
    package private(set) var groupWait: Duration?
    /// Of all chunks that are being stored, also of partitions that are no longer owned.
    package private(set) var bytesStoring = 0
    private var owned: [Int32: Owned] = [:]
    /// Grows with each assignment, so that news of a former ownership is known as such.
    private var turn = 0
    /// Given by the group, being recovered; nil: no assignment waits for an answer.
    private var assigning: Set<Int32>?
    /// Taken by the group; what they hold is being stored.
    private var revoking: (partitions: Set<Int32>, until: Duration)?
    /// The group gave this process its share, possibly none, and has not taken all of it back.
    private var hasAssignment = false
    /// Since when that is so, or is not so.
    private var assignmentSince: Duration = .zero
    private var capturedAt: Duration = .zero
    private var comparedAt: Duration = .zero

    /// - Parameter topic: for messages.
    package init(topic: String, limits: Limits) { (self.topic, self.limits) = (topic, limits) }

    package var follows: Bool { limits.followInterval != nil }
    package func isCurrent(_ number: Int32, _ turn: Int) -> Bool { owned[number]?.turn == turn }
    package func turn(of number: Int32) -> Int? { owned[number]?.turn }
    package func isStoring(_ number: Int32) -> Bool { owned[number]?.isStoring == true }
    /// What comes of the partition is not what it needs next.
    package func needsSeek(_ number: Int32) -> Bool { owned[number]?.needsSeek == true }

    // MARK: The group

    /// An assignment that was not answered yet is void.
    package mutating func assigned(_ partitions: [Int32], now: Duration) -> [Action] {
        let former = owned.keys.filter { partitions.contains($0) || assigning?.contains($0) == true }.sorted()
        for number in former { owned[number] = nil }
        (hasAssignment, assignmentSince) = (true, now)
        groupWait = groupWait ?? now
        turn += 1
        let turn = turn
        for number in partitions { owned[number] = Owned(turn: turn) }
        assigning = partitions.isEmpty ? nil : Set(partitions)
        let released = former.map { Action.release($0) }
        guard !partitions.isEmpty else { return released + [.answerAssignment([])] }
        return released + partitions.map { .recover($0, turn: turn) }
    }

    /// The run knows where a partition stands.
    package mutating func recovered(_ number: Int32, turn: Int) -> [Action] {
        guard isCurrent(number, turn) else { return [] }
        owned[number]?.isRecovering = false
        owned[number]?.failures = 0
        // What is missing of the last chunk is read by the next owner.
        guard stopping == nil else { return [] }
        guard let assigning, assigning.contains(number) else { return [.seek(number)] }
        guard !assigning.contains(where: { owned[$0]?.isRecovering == true }) else { return [] }
        self.assigning = nil
        return [.answerAssignment(assigning.sorted())]
    }

    /// Brokers or the store are away. A run that follows tries again at the next interval, but not forever.
    package mutating func failedToRecover(
        _ number: Int32, turn: Int, _ failure: Failure, now: Duration
    ) throws(Failure) -> [Action] {
        guard isCurrent(number, turn), var partition = owned[number] else { return [] }
        partition.failures += 1
        guard let interval = limits.followInterval, failure.status == .unavailable,
            partition.failures < Self.recoveryLimit
        else { throw failure }
        // A new turn: what is still being stored of the partition is not what is recovered then.
        self.turn += 1
        (partition.turn, partition.isStoring) = (self.turn, false)
        (partition.isRecovering, partition.recoverAt) = (true, now + interval)
        owned[number] = partition
        return [.drop(number)]
    }

    package mutating func revoked(_ partitions: [Int32], lost: Bool, now: Duration) -> [Action] {
        // An assignment that was not answered yet is void.
        let void = (assigning ?? []).subtracting(partitions).sorted()
        for number in void { owned[number] = nil }
        assigning = nil
        revoking = (Set(partitions).union(revoking?.partitions ?? []), now + Self.revocationLimit)
        var actions = void.map { Action.release($0) }
        for number in partitions {
            guard !lost, owned[number]?.isRecovering == false else {
                owned[number] = nil
                actions.append(.release(number))
                continue
            }
            actions.append(.cut(number, .revoked))
        }
        return actions
    }

    /// - Parameter isDone: false: a rebalance came in between; once it is answered the seek is tried again. If it takes the
    ///   partition, there is nothing left to seek.
    package mutating func sought(_ number: Int32, isDone: Bool) { owned[number]?.needsSeek = !isDone }

    // MARK: The store

    package mutating func storing(_ number: Int32, bytes: Int) {
        owned[number]?.isStoring = true
        bytesStoring += bytes
    }

    /// The store has answered, or was given up: whoever owns the partition by now, these bytes are free.
    package mutating func answered(bytes: Int) { bytesStoring -= bytes }

    /// - Returns: whether the partition is still this ownership's.
    package mutating func stored(_ number: Int32, turn: Int) -> Bool {
        guard isCurrent(number, turn) else { return false }
        owned[number]?.isStoring = false
        return true
    }

    /// Another owner's link stands where this one's should. What was read behind it is void too.
    package mutating func superseded(_ number: Int32, turn: Int) throws(Failure) -> [Action] {
        guard isCurrent(number, turn), var partition = owned[number] else { return [] }
        if stopping != nil || revoking?.partitions.contains(number) == true {
            owned[number] = nil
            return [.drop(number), .release(number)]
        }
        partition.superseded += 1
        guard partition.superseded <= Self.supersededLimit else {
            throw Failure(
                .conflict, "\(topic)/\(number): other owners keep writing its chunks",
                remedy: "make sure that all loaders of this store are in one consumer group")
        }
        self.turn += 1
        (partition.turn, partition.isStoring, partition.isRecovering) = (self.turn, false, true)
        owned[number] = partition
        return [.drop(number), .recover(number, turn: self.turn)]
    }

    // MARK: Time

    /// Ends the run soon, after storing what it can.
    package mutating func stop(_ reason: StopReason, now: Duration) -> [Action] {
        stop(reason, within: reason == .signal ? limits.shutdownGrace : Self.storeLimit, now)
    }

    private mutating func stop(_ reason: StopReason, within grace: Duration, _ now: Duration) -> [Action] {
        if let (first, until) = stopping {
            // A signal leaves less time than a deadline.
            stopping = (first, min(until, now + grace))
            return []
        }
        stopping = (reason, now + grace)
        let cut: CutReason = reason == .signal ? .signal : .deadline
        let readable = owned.keys.sorted().filter { owned[$0]?.isRecovering == false }
        return [.tellStopping(reason)] + readable.map { .cut($0, cut) }
    }

    /// What is due now.
    /// - Parameter isPaused: the run itself has stopped reading.
    package mutating func tick(
        now: Duration, isPaused: Bool, _ sessions: (Int32) -> SessionState
    ) -> [Action] {
        var actions = checkStop(now, isPaused: isPaused, sessions)
        for (number, partition) in owned.sorted(by: { $0.key < $1.key }) {
            guard let at = partition.recoverAt, now >= at, stopping == nil else { continue }
            owned[number]?.recoverAt = nil
            actions.append(.recover(number, turn: partition.turn))
        }
        actions += finishRevocation(now, sessions)
        if assigning == nil, revoking == nil {
            actions += owned.keys.sorted().filter { needsSeek($0) }.map { .seek($0) }
        }
        return actions + follow(now)
    }

    /// What a run that follows does now and then.
    private mutating func follow(_ now: Duration) -> [Action] {
        guard let interval = limits.followInterval, stopping == nil else { return [] }
        var actions: [Action] = []
        if now - comparedAt >= Self.clockInterval {
            comparedAt = now
            actions.append(.compareClocks)
        }
        if now - capturedAt >= interval {
            capturedAt = now
            actions.append(.captureEnds)
        }
        return actions
    }

    private mutating func checkStop(
        _ now: Duration, isPaused: Bool, _ sessions: (Int32) -> SessionState
    ) -> [Action] {
        guard stopping == nil else { return [] }
        if let limit = limits.maxDuration, now >= limit { return stop(.deadline, now: now) }
        if !hasAssignment, now - assignmentSince >= limits.noProgressTimeout * 2 {
            return [.tellNoPartitions] + stop(.stalled, within: .zero, now)
        }
        let stalled = isPaused ? [] : stalled(sessions)
        return stalled.isEmpty ? [] : [.tellStalled(stalled)] + stop(.stalled, now: now)
    }

    /// Those that stand still, when all others are done or wait for them.
    private func stalled(_ sessions: (Int32) -> SessionState) -> [Int32] {
        guard !follows, !owned.keys.contains(where: { isWaiting($0) }) else { return [] }
        let open = owned.keys.filter { !sessions($0).isStopped && !sessions($0).isHeld }.sorted()
        return open.allSatisfy { sessions($0).isStalled } ? open : []
    }

    /// Whether it is this run that a partition waits for, not Kafka: the time does not count as one without progress.
    package func isWaiting(_ number: Int32) -> Bool {
        guard let partition = owned[number] else { return false }
        return assigning != nil || revoking != nil || partition.isRecovering || partition.isStoring
            || partition.needsSeek
    }

    /// Gives revoked partitions back once what they held is stored, or when that takes too long.
    private mutating func finishRevocation(_ now: Duration, _ sessions: (Int32) -> SessionState) -> [Action] {
        guard let (partitions, until) = revoking else { return [] }
        let left = partitions.filter { owned[$0] != nil }.sorted()
        guard now >= until || !left.contains(where: { isStoring($0) || sessions($0).hasRequests }) else { return [] }
        for number in left { owned[number] = nil }
        revoking = nil
        // Without partitions a run is not done: the group is about to share them out anew.
        if owned.isEmpty { (hasAssignment, assignmentSince) = (false, now) }
        return left.map { .release($0) } + [.completeRevocation]
    }

    // MARK: The end

    /// - Parameter isSealing: hours are being sealed.
    package func isFinished(now: Duration, isSealing: Bool, _ sessions: (Int32) -> SessionState) -> Bool {
        let isStored = !isSealing && owned.allSatisfy { !$1.isStoring && !sessions($0).hasRequests }
        if let stopping { return isStored && revoking == nil || now >= stopping.until }
        guard hasAssignment, !follows, isStored, assigning == nil, revoking == nil,
            !owned.values.contains(where: \.isRecovering)
        else { return false }
        if owned.isEmpty, now - assignmentSince < limits.emptyAssignmentWait { return false }
        return owned.keys.allSatisfy { sessions($0).isStopped }
    }
}
