import Bytes
import Interactions
import Loading
import Support
import TestSupport
import Testing

@Suite struct PartitionSessionTests {
    let bench = Workbench()

    private func tail(_ plan: Plan) -> ChainTail { ChainTail(last: plan, progress: nil, generation: nil) }

    /// Six records of hour 0 and 1 in one chunk, as an earlier owner announced it.
    private func announced() throws -> Chunk {
        try bench.chunk((0..<6).map { SampleRecord($0, hour: $0 % 2) }, start: 0, end: 6, writer: "former")
    }

    private func recovered(_ plan: Plan, missing: Set<String>, low: Int64 = 0, high: Int64) throws -> RecoveredPartition
    {
        try RecoveredPartition(
            partition: Sample.partition, tail: tail(plan), missing: missing,
            facts: PartitionFacts(low: low, high: high, committed: nil), capturedAt: bench.clock.now(), topic: "t",
            now: bench.clock.now())
    }

    @Test func missingFilesAreMadeAgainAndThenReadingGoesOn() throws {
        let former = try announced()
        let second = try #require(former.plan.files.last).name
        let session = try bench.session(recovered(former.plan, missing: [second], high: 8))
        #expect(session.ledger.position == 1)
        for offset in 1..<8 { #expect(try session.take(SampleRecord(Int64(offset), hour: Int64(offset % 2)))) }
        let (chunk, isPlanned) = try #require(session.takeChunk())
        #expect(isPlanned && chunk.plan == former.plan)
        #expect(chunk.contents.mapValues(\.joined) == [second: former.contents[second]?.joined])
        #expect(session.takeRequest() == nil)
        try session.reachEnd(at: 8, now: 0)
        try session.settleIfDrained(now: 0)
        let next = try #require(session.takeChunk()).chunk.plan
        #expect((next.start, next.end, next.files.map(\.records)) == (6, 8, [1, 1]))
        #expect(session.ledger.phase == .stopped)
        #expect(session.takeLost().isEmpty)
    }

    @Test func whatIsStoredAlreadyTakesNoMemoryAgain() throws {
        let former = try announced()
        let second = try #require(former.plan.files.last).name
        let session = try bench.session(recovered(former.plan, missing: [second], high: 6))
        #expect(try session.take(SampleRecord(2)))
        #expect(session.bytesHeld == 0)
        #expect(try session.take(SampleRecord(3, hour: 1)))
        #expect(session.bytesHeld == ChunkMemory.rawBlockSize)
    }

    @Test func aChunkIsCompletedAtTheEndOfThePartitionToo() throws {
        let former = try announced()
        let session = try bench.session(recovered(former.plan, missing: Set(former.contents.keys), high: 6))
        for offset in 0..<6 { _ = try session.take(SampleRecord(Int64(offset), hour: Int64(offset % 2))) }
        #expect(!session.hasRequests)
        try session.reachEnd(at: 6, now: 0)
        #expect(try #require(session.takeChunk()).chunk.contents.count == 2)
    }

    @Test func whileAChunkIsCompletedNothingIsCut() throws {
        let former = try announced()
        let session = try bench.session(recovered(former.plan, missing: Set(former.contents.keys), high: 9))
        _ = try session.take(SampleRecord(0))
        try session.cut(.memory, now: 0)
        session.stop()
        try session.cut(.revoked, now: 0)
        #expect(!session.hasRequests)
    }

    @Test func aPlanWithAllItsFilesIsOnlyConfirmed() throws {
        let former = try announced()
        let session = try bench.session(recovered(former.plan, missing: [], high: 6))
        let (chunk, isPlanned) = try #require(session.takeChunk())
        #expect(isPlanned && chunk.contents.isEmpty && chunk.plan == former.plan)
        #expect((session.ledger.position, session.ledger.phase) == (6, .reading))
    }

    @Test func whatRetentionTookOfAnAnnouncedChunkIsLost() throws {
        let former = try announced()
        let session = try bench.session(recovered(former.plan, missing: Set(former.contents.keys), low: 3, high: 7))
        for offset in 3..<7 { _ = try session.take(SampleRecord(Int64(offset), hour: Int64(offset % 2))) }
        let (chunk, isPlanned) = try #require(session.takeChunk())
        #expect(!isPlanned && chunk.plan.link == LinkID(start: 0, amendment: 1))
        #expect(chunk.plan.lost.map { OffsetRange($0.start, $0.end) } == [OffsetRange(0, 3)])
        #expect(session.takeLost() == chunk.plan.lost)
        #expect(session.takeLost().isEmpty)
    }

    /// Retention overtakes the announced chunk and what follows it, while both are being read.
    @Test func lossBehindTheAnnouncedChunkIsToldToo() throws {
        let former = try announced()
        let session = try bench.session(recovered(former.plan, missing: Set(former.contents.keys), high: 20))
        _ = try session.take(SampleRecord(0))
        try session.loseOffsets(before: 10, now: bench.clock.now())
        let amended = try #require(session.takeChunk()).chunk.plan
        #expect((amended.start, amended.amendment, amended.end) == (0, 1, 6))
        #expect(amended.lost.map { OffsetRange($0.start, $0.end) } == [OffsetRange(0, 6)])
        #expect(session.ledger.position == 10)
        try session.cut(.memory, now: 0)
        let next = try #require(session.takeChunk()).chunk.plan
        #expect((next.start, next.end) == (6, 10))
        #expect(next.lost.map { OffsetRange($0.start, $0.end) } == [OffsetRange(6, 10)])
        #expect(session.takeLost().map { OffsetRange($0.start, $0.end) } == [OffsetRange(0, 6), OffsetRange(6, 10)])
    }

    @Test func retentionBehindTheWholeChainIsLostOnBothSidesOfItsEnd() throws {
        let former = try announced()
        let session = try bench.session(recovered(former.plan, missing: Set(former.contents.keys), low: 9, high: 9))
        let amended = try #require(session.takeChunk()).chunk.plan
        #expect(amended.files.isEmpty)
        #expect(amended.lost.map { OffsetRange($0.start, $0.end) } == [OffsetRange(0, 6)])
        try session.reachEnd(at: 9, now: 0)
        try session.settleIfDrained(now: 0)
        let next = try #require(session.takeChunk()).chunk.plan
        #expect((next.start, next.end, next.lost.map(\.start)) == (6, 9, [6]))
    }

    /// A former owner told of it already; telling it again would fail every run.
    @Test func lossThatThePlanTellsAlreadyIsNotFoundAgain() throws {
        var former = try announced()
        former.plan.lost = [Sample.loss(0, 1)]
        let session = try bench.session(recovered(former.plan, missing: Set(former.contents.keys), low: 3, high: 7))
        _ = try session.take(SampleRecord(6))
        let amended = try #require(session.takeChunk()).chunk.plan
        #expect(amended.lost.map(\.start) == [0, 0])
        #expect(session.takeLost().map(\.end) == [3])
    }

    @Test func drainedWithoutRecordsStillClosesHours() throws {
        bench.clock.advance(by: 600_000)
        let found = try RecoveredPartition(
            partition: Sample.partition, tail: ChainTail(origin: ChainOrigin(start: 4)), missing: [],
            facts: PartitionFacts(low: 4, high: 4, committed: nil), capturedAt: bench.clock.now(), topic: "t", now: 0)
        let session = try bench.session(found)
        try session.settleIfDrained(now: 0)
        let plan = try #require(session.takeChunk()).chunk.plan
        #expect((plan.start, plan.end, plan.files.isEmpty, plan.closedBefore) == (4, 4, true, Sample.hour(2)))
        #expect(session.takeRequest() == nil)
        // The next run within the hour has nothing to close, and writes no link.
        var tail = found.tail
        tail.follow(plan)
        let again = try bench.session(
            RecoveredPartition(
                partition: Sample.partition, tail: tail, missing: [],
                facts: PartitionFacts(low: 4, high: 4, committed: nil),
                capturedAt: bench.clock.now(), topic: "t", now: 0))
        try again.settleIfDrained(now: 0)
        let request = try #require(again.takeRequest())
        guard case .progress(let position) = request.work else { throw Failure(.failure, "not progress") }
        #expect((position, request.drainedAt) == (4, bench.clock.now()))
    }

    @Test func withoutATrustedClockNothingIsClosed() throws {
        let found = try RecoveredPartition(
            partition: Sample.partition, tail: ChainTail(origin: ChainOrigin(start: 0)), missing: [],
            facts: PartitionFacts(low: 0, high: 1, committed: nil), capturedAt: nil, topic: "t", now: 0)
        let session = try bench.session(found)
        _ = try session.take(SampleRecord(0))
        try session.settleIfDrained(now: 0)
        let request = try #require(session.takeRequest())
        guard case .chunk(let chunk, _) = request.work else { throw Failure(.failure, "no chunk") }
        #expect(chunk.plan.closedBefore == nil && request.drainedAt == nil)
    }

    @Test func whileRecordsAreHeldBackWhatCanBeReadIsStoredAndNothingIsClosed() throws {
        let found = try RecoveredPartition(
            partition: Sample.partition, tail: ChainTail(origin: ChainOrigin(start: 0)), missing: [],
            facts: PartitionFacts(low: 0, high: 1, logEnd: 4, committed: nil), capturedAt: bench.clock.now(),
            topic: "t", now: 0)
        let session = try bench.session(found)
        _ = try session.take(SampleRecord(0))
        try session.reachEnd(at: 1, now: 0)
        try session.settleIfDrained(now: 0)
        #expect(!session.hasRequests && session.standing.heldBack == 3)
        session.leaveHeldBack()
        try session.settleIfDrained(now: 0)
        let request = try #require(session.takeRequest())
        guard case .chunk(let chunk, _) = request.work else { throw Failure(.failure, "no chunk") }
        #expect((chunk.plan.end, chunk.plan.closedBefore) == (1, nil))
        #expect((request.drainedAt, request.logEnd) == (nil, 4))
        #expect(session.standing == PartitionStanding(start: 0, position: 1, logEnd: 4, heldBack: 3))
    }

    @Test func theChunkAfterOneCutForMemoryFollowsIt() throws {
        let found = try RecoveredPartition(
            partition: Sample.partition, tail: ChainTail(origin: ChainOrigin(start: 0)), missing: [],
            facts: PartitionFacts(low: 0, high: 5, committed: nil), capturedAt: bench.clock.now(), topic: "t", now: 0)
        let session = try bench.session(found)
        for offset in [0, 1, 4] {
            _ = try session.take(SampleRecord(Int64(offset)))
            if offset == 1 { try session.cut(.memory, now: 0) }
        }
        try session.cut(.memory, now: 0)
        try session.cut(.memory, now: 0)
        try session.settleIfDrained(now: 0)
        var plans: [Plan] = []
        while let (chunk, _) = session.takeChunk() { plans.append(chunk.plan) }
        #expect(plans.map(\.range) == [OffsetRange(0, 2), OffsetRange(2, 5), OffsetRange(5, 5)])
        #expect(plans.map(\.reason) == [.memory, .memory, .drained])
        #expect(plans.map(\.closedBefore) == [nil, nil, Sample.hour(1)])
        #expect(try session.take(SampleRecord(5)) == false)
    }

    /// From the link on that closed an hour, its records are late: not before.
    @Test func recordsAreLateFromTheLinkOnThatClosedTheirHour() throws {
        let found = try RecoveredPartition(
            partition: Sample.partition, tail: ChainTail(origin: ChainOrigin(start: 0)), missing: [],
            facts: PartitionFacts(low: 0, high: 1, committed: nil), capturedAt: bench.clock.now(), topic: "t", now: 0)
        let session = try bench.session(found, follows: true)
        _ = try session.take(SampleRecord(0))
        _ = try session.take(SampleRecord(1))
        try session.settleIfDrained(now: 0)
        _ = try session.take(SampleRecord(2))
        _ = try session.take(SampleRecord(3, hour: 1))
        try session.cut(.interval, now: 0)
        let first = try #require(session.takeChunk()).chunk.plan
        let second = try #require(session.takeChunk()).chunk.plan
        #expect((first.files.map(\.kind), first.closedBefore) == ([.onTime], Sample.hour(1)))
        #expect((second.rules.lateBefore, second.closedBefore) == (Sample.hour(1), Sample.hour(1)))
        #expect(second.files.map(\.kind) == [.late, .onTime])
    }

    @Test func aPlanWithRulesOfAnotherProgramIsRefused() throws {
        var former = try announced()
        former.plan.rules.eventTimeField = "no pointer"
        let failure = #expect(throws: Failure.self) {
            try bench.session(recovered(former.plan, missing: Set(former.contents.keys), high: 6))
        }
        #expect(failure?.status == .protocolError)
    }
}
