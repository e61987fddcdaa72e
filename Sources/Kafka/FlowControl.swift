/// Decides when a consumer takes records from librdkafka, when it leaves them there, and which partitions it pauses,
/// so that the bytes that wait for the reader stay bounded and a slow reader never stops the polling.
struct FlowControl {
    struct Limits {
        /// Bytes waiting at which intake stops.
        var high: Int
        /// Bytes waiting at which it goes on.
        var low: Int
        /// How long records may be left in librdkafka's queue, which also holds up rebalances; nil: not at all.
        var hold: Duration?
    }

    enum Intake: Equatable {
        case take(maxRecords: Int)
        /// Leave the queue alone for this long at most.
        case hold(Duration)
    }

    struct Step: Equatable {
        var pause: [Int32]
        var resume: [Int32]
        var intake: Intake
    }

    static let maxRecords = 1000

    private let limits: Limits
    private(set) var assigned: Set<Int32> = []
    /// What the reader does not want for now.
    private var unwanted: Set<Int32> = []
    /// What librdkafka was told to pause.
    private var paused: Set<Int32> = []
    private var fullSince: ContinuousClock.Instant?
    private var pausesAll = false
    private var averageBytes = 1024

    init(limits: Limits) { self.limits = limits }

    /// Bytes at which the reader should wake the poll thread; nil while it does not wait for room.
    var wakeAt: Int? { fullSince == nil ? nil : limits.low }

    mutating func assign(_ partitions: some Sequence<Int32>) { assigned.formUnion(partitions) }

    /// - Returns: those that librdkafka must be told to resume before they go, since it remembers.
    mutating func unassign(_ partitions: some Sequence<Int32>) -> [Int32] {
        assigned.subtract(partitions)
        unwanted.subtract(partitions)
        return restart(partitions)
    }

    /// These partitions are about to begin anew, unpaused.
    /// - Returns: those that librdkafka must be told to resume before, since it remembers.
    mutating func restart(_ partitions: some Sequence<Int32>) -> [Int32] {
        let restarted = paused.intersection(partitions)
        paused.subtract(restarted)
        return restarted.sorted()
    }

    mutating func want(_ partitions: some Sequence<Int32>, _ wanted: Bool) {
        if wanted { unwanted.subtract(partitions) } else { unwanted.formUnion(partitions) }
    }

    /// librdkafka refused to pause or resume; the next step tries again.
    mutating func refused(_ partitions: some Sequence<Int32>, pause: Bool) {
        if pause { paused.subtract(partitions) } else { paused.formUnion(partitions) }
    }

    /// Learns from what was taken how large records are.
    mutating func took(records: Int, bytes: Int) {
        guard records > 0 else { return }
        averageBytes = max((averageBytes + bytes / records) / 2, 1)
    }

    mutating func step(waitingBytes: Int, now: ContinuousClock.Instant) -> Step {
        if waitingBytes >= limits.high, fullSince == nil { fullSince = now }
        if waitingBytes <= limits.low { (fullSince, pausesAll) = (nil, false) }
        if let fullSince, fullSince.duration(to: now) >= limits.hold ?? .zero { pausesAll = true }

        let target = pausesAll ? assigned : unwanted.intersection(assigned)
        let step = Step(
            pause: target.subtracting(paused).sorted(), resume: paused.subtracting(target).sorted(),
            intake: intake(waitingBytes: waitingBytes, now: now))
        paused = target
        return step
    }

    private func intake(waitingBytes: Int, now: ContinuousClock.Instant) -> Intake {
        if let fullSince, !pausesAll, let hold = limits.hold { return .hold(hold - fullSince.duration(to: now)) }
        let room = max(limits.high - waitingBytes, 0)
        return .take(maxRecords: min(max(room / averageBytes, 1), FlowControl.maxRecords))
    }
}
