internal import Bytes
package import Gzip
package import Interactions
package import Support

/// What the reading of a partition wants stored next. Performed in order, one at a time for a partition.
package struct StoreRequest: Sendable {
    package enum Work: Sendable {
        case chunk(Chunk, isPlanned: Bool)
        /// Nothing was read; only how far the partition is drained has changed.
        case progress(position: Int64)
    }

    package var work: Work
    package var counters: ChunkCounters
    package var logEnd: Int64
    package var drainedAt: Milliseconds?

    /// Bytes of memory that storing it frees.
    package var bytes: Int { if case .chunk(let chunk, _) = work { chunk.bytes } else { 0 } }
}

/// What every partition of a run is read by.
package struct SessionRules: Sendable {
    package var topic: String
    /// `lateBefore` is filled in for each chunk.
    package var plan: PlanRules
    package var allowedLateness: Milliseconds
    package var follows: Bool
    /// Tells this process's plans from others'.
    package var writer: String

    package init(topic: String, plan: PlanRules, allowedLateness: Milliseconds, follows: Bool, writer: String) {
        (self.topic, self.plan, self.allowedLateness) = (topic, plan, allowedLateness)
        (self.follows, self.writer) = (follows, writer)
    }
}

/// One owned partition: takes its records, and says what is to be stored. Knows no broker and no store. Not Sendable.
package final class PartitionSession {
    package let partition: Partition
    package private(set) var ledger: PartitionLedger
    /// The first offset read.
    private let start: Int64
    private let rules: SessionRules
    private let memory: ChunkMemory
    private var builder: ChunkBuilder
    /// The last owner's chunk, while it is read again.
    private var completing: (plan: Plan, missing: Set<String>, earliest: Int64)?
    /// Hours closed by the links that are written or requested so far.
    private var closedBefore: Hour?
    /// Where the links written or requested so far end.
    private var next: LinkID
    private var requests: [StoreRequest] = []
    /// Loss that was found since the last `takeLost`.
    private var lost: [LostRange] = []

    /// - Parameters:
    ///   - now: wall clock.
    ///   - uptime: monotonic.
    /// - Throws: `Failure` when an announced chunk has rules that this program does not know.
    package init(
        _ recovered: RecoveredPartition, rules: SessionRules, memory: ChunkMemory, now: Milliseconds, uptime: Duration
    ) throws(Failure) {
        (partition, start) = (recovered.partition, recovered.start)
        (self.rules, self.memory) = (rules, memory)
        let tail = recovered.tail
        (closedBefore, next) = (tail.closedBefore, tail.next)
        let unfinished = recovered.missing.isEmpty ? nil : tail.unconfirmed
        ledger = PartitionLedger(
            start: recovered.start, completingUntil: unfinished?.end, capture: recovered.capture,
            follows: rules.follows,
            now: uptime)
        builder = try Self.builder(
            rules, partition: recovered.partition, link: unfinished?.link ?? tail.next,
            planRules: unfinished?.rules, lateBefore: tail.closedBefore, memory: memory,
            only: unfinished?.files.filter { recovered.missing.contains($0.name) })
        if let unfinished {
            completing = (unfinished, recovered.missing, recovered.low)
        } else if let plan = tail.unconfirmed {
            // All files are there; only what follows them may be missing.
            request(Chunk(plan: plan, contents: [:]), isPlanned: true, counters: ChunkCounters(), drainedAt: nil)
        }
        if let lost = recovered.lost { lose(lost) }
        try finishCompletingIfRead(at: recovered.start, now: now)
    }

    /// How far the partition was read.
    package var standing: PartitionStanding {
        PartitionStanding(
            start: start, position: ledger.position, logEnd: ledger.capture.logEnd, heldBack: ledger.heldBack)
    }
    package var bytesHeld: Int { builder.bytesHeld }
    package var rawBytesHeld: Int { builder.rawBytesHeld }
    package var largestFile: Int { builder.largestFile }
    package var isEmpty: Bool { builder.isEmpty }
    /// An earlier owner's chunk is read again: until that is done, nothing can be cut.
    package var isCompleting: Bool { completing != nil }
    /// Bytes of the chunks that wait to be stored.
    package var bytesRequested: Int { requests.reduce(0) { $0 + $1.bytes } }

    /// Loss that this session has found since it was asked last.
    package func takeLost() -> [LostRange] {
        defer { lost = [] }
        return lost
    }

    // MARK: Reading

    /// Takes a record if it is wanted.
    /// - Returns: whether it was.
    package func take(_ record: KafkaRecordView, headers: () -> [KafkaHeaderView], now: Milliseconds) throws(Failure)
        -> Bool
    {
        try finishCompletingIfRead(at: record.offset, now: now)
        guard ledger.take(record.offset) else {
            ledger.see(record.offset)
            return false
        }
        do {
            try builder.add(record, headers: headers)
        } catch {
            throw error.failure("\(rules.topic)/\(partition.number)")
        }
        return true
    }

    package func progressed(now: Duration) { ledger.progressed(now: now) }

    package func reachEnd(at offset: Int64, now: Milliseconds) throws(Failure) {
        try finishCompletingIfRead(at: offset, now: now)
        ledger.reachEnd(at: offset)
    }

    /// Kafka no longer has the offsets before `low`.
    package func loseOffsets(before low: Int64, now: Milliseconds) throws(Failure) {
        guard low > ledger.position else { return }
        if let end = completing?.plan.end {
            completing?.earliest = low
            ledger.jump(to: min(low, end))
            try finishCompletingIfRead(at: low, now: now)
        }
        // What follows an announced chunk may be gone too.
        guard low > ledger.position else { return }
        lose(LostRange(start: ledger.position, end: low, reason: .retention, openFrom: closedBefore, foundAtMs: now))
        ledger.jump(to: low)
    }

    package func capture(_ capture: PartitionLedger.Capture) { ledger.capture(capture) }
    package func stop() { ledger.stop() }
    package func leaveHeldBack() { ledger.leaveHeldBack() }
    package func compressAll() throws(GzipError) { try builder.compressAll() }

    // MARK: Storing

    /// What is to be stored next, oldest first; the caller performs it.
    package func takeRequest() -> StoreRequest? { requests.isEmpty ? nil : requests.removeFirst() }
    package var hasRequests: Bool { !requests.isEmpty }

    /// Deals with a captured end that is reached: cuts, and closes hours.
    package func settleIfDrained(now: Milliseconds) throws(Failure) {
        guard ledger.isDrained else { return }
        let closes = ledger.closes(allowedLateness: rules.allowedLateness, already: closedBefore)
        if !builder.isEmpty || closes != closedBefore {
            try cut(.drained, closing: closes, now: now)
        } else {
            requests.append(
                StoreRequest(
                    work: .progress(position: ledger.position), counters: ChunkCounters(),
                    logEnd: ledger.capture.logEnd,
                    drainedAt: ledger.capture.at))
        }
        ledger.settle()
    }

    /// Cuts what has been read so far, if anything, and goes on in a new chunk. While an earlier owner's chunk is being
    /// completed there is nothing to cut: the next owner completes it.
    package func cut(_ reason: CutReason, now: Milliseconds) throws(Failure) {
        guard completing == nil, !builder.isEmpty else { return }
        try cut(reason, closing: closedBefore, now: now)
    }

    private func cut(_ reason: CutReason, closing: Hour?, now: Milliseconds) throws(Failure) {
        let end = ledger.position
        let files = try finish(builder, end: end)
        let plan = Plan(
            topic: rules.topic, partition: partition, link: builder.link, end: end, reason: reason,
            rules: builder.rules,
            files: files.map(\.file), lost: builder.lost, closedBefore: closing, writer: rules.writer, writtenAtMs: now)
        let contents = Dictionary(files.map { ($0.file.name, $0.content) }, uniquingKeysWith: { first, _ in first })
        request(
            Chunk(plan: plan, contents: contents), isPlanned: false, counters: builder.counters,
            drainedAt: reason == .drained ? ledger.capture.at : nil)
        (closedBefore, next) = (closing, plan.next)
        try startChunk()
    }

    private func finishCompletingIfRead(at offset: Int64, now: Milliseconds) throws(Failure) {
        guard let (plan, missing, earliest) = completing, ledger.completes(at: offset) else { return }
        completing = nil
        ledger.finishCompleting()
        let found = try finish(builder, end: plan.end)
        let completion = Completion(
            of: plan, missing: missing, found: found, earliest: earliest, writer: rules.writer, now: now)
        switch completion {
        case .asPlanned(let chunk):
            request(chunk, isPlanned: true, counters: ChunkCounters(completed: chunk), drainedAt: nil)
        case .amended(let chunk):
            lost += chunk.plan.lost.filter { !plan.lost.contains($0) }
            request(chunk, isPlanned: false, counters: ChunkCounters(completed: chunk), drainedAt: nil)
        }
        let pendingLoss = builder.lost
        try startChunk()
        builder.lost = pendingLoss
    }

    private func lose(_ range: LostRange) {
        lost.append(range)
        builder.lost.append(range)
    }

    private func startChunk() throws(Failure) {
        builder = try Self.builder(
            rules, partition: partition, link: next, planRules: nil, lateBefore: closedBefore, memory: memory)
    }

    private func request(_ chunk: Chunk, isPlanned: Bool, counters: ChunkCounters, drainedAt: Milliseconds?) {
        requests.append(
            StoreRequest(
                work: .chunk(chunk, isPlanned: isPlanned), counters: counters, logEnd: ledger.capture.logEnd,
                drainedAt: drainedAt))
    }

    private func finish(_ builder: ChunkBuilder, end: Int64) throws(Failure) -> [(file: PlannedFile, content: ByteRope)]
    {
        do { return try builder.finish(end: end) } catch { throw error.failure("\(rules.topic)/\(partition.number)") }
    }

    private static func builder(
        _ rules: SessionRules, partition: Partition, link: LinkID, planRules: PlanRules?, lateBefore: Hour?,
        memory: ChunkMemory, only files: [PlannedFile]? = nil
    ) throws(Failure) -> ChunkBuilder {
        var effective = planRules ?? rules.plan
        if planRules == nil { effective.lateBefore = lateBefore }
        return try ChunkBuilder(
            topic: rules.topic, partition: partition, link: link, rules: effective, memory: memory, only: files)
    }
}
