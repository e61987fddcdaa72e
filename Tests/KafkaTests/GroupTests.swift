@testable import Kafka
import Synchronization
import Testing

@Suite struct GroupTests {
    /// The mock cluster takes three seconds for a first join, and a second less than the session for a rebalance.
    private static let session = [
        (name: "session.timeout.ms", value: "4000"), (name: "heartbeat.interval.ms", value: "200"),
    ]

    @Test func aMemberGetsAllPartitionsAndCommits() async throws {
        let fixture = try Fixture(partitions: 2)
        try await fixture.produce(["a", "b"])
        let consumer = try fixture.consumer()
        try await consumer.subscribe()
        let partitions = try await consumer.nextAssignment()
        #expect(partitions.sorted() == [0, 1])
        #expect(try await consumer.committed(partitions) == [:])

        try await consumer.assignFromBeginning(partitions)
        _ = try await consumer.readToEnd(partitions: 2)
        #expect(await consumer.commit([0: 2]) == .committed)
        #expect(try await consumer.committed(partitions) == [0: 2])
        #expect(try await consumer.watermarks(0) == Watermarks(low: 0, high: 2, logEnd: 2))
        await consumer.close()
    }

    @Test(arguments: AssignmentStrategy.allCases)
    func partitionsMoveWithoutLossOrRepetition(_ strategy: AssignmentStrategy) async throws {
        let fixture = try Fixture(partitions: 4)
        for partition in 0..<4 as Range<Int32> { try await fixture.produce(["before"], partition: partition) }
        let first = try fixture.consumer(strategy: strategy, properties: Self.session)
        try await first.subscribe()
        try await first.assignFromBeginning(try await first.nextAssignment())
        let (before, ends) = try await first.readToEnd(partitions: 4)
        #expect(before.count == 4)

        let second = try fixture.consumer(strategy: strategy, properties: Self.session)
        try await second.subscribe()
        let (revoked, lost) = try await first.nextRevocation()
        #expect(!lost)
        #expect(revoked.count == (strategy == .cooperativeSticky ? 2 : 4))
        if case .failed(let error) = await first.commit(ends) { Issue.record(error) }
        try await first.completeRevocation()

        let log = ReadLog(owned: [Set(0..<4).subtracting(revoked), []])
        async let firstReader: Void = read(first, 0, into: log)
        async let secondReader: Void = read(second, 1, into: log)
        for partition in 0..<4 as Range<Int32> { try await fixture.produce(["after"], partition: partition) }
        _ = try await (firstReader, secondReader)

        let owned = log.owned
        #expect(owned.map(\.count) == [2, 2])
        #expect(owned[0].union(owned[1]) == Set(0..<4))
        #expect(
            log.records.sorted { $0.partition < $1.partition }
                == (0..<4).map { Seen(partition: $0, offset: 1, value: "after") })
        await first.close()
        await second.close()
    }

    /// What two readers see together.
    private final class ReadLog: Sendable {
        private struct State {
            var owned: [Set<Int32>]
            var records: [Seen] = []
        }
        private let state: Mutex<State>

        init(owned: [Set<Int32>]) { state = Mutex(State(owned: owned)) }

        var owned: [Set<Int32>] { state.withLock { $0.owned } }
        var records: [Seen] { state.withLock { $0.records } }
        func next(of partition: Int32) -> Int64 {
            state.withLock { state in state.records.contains { $0.partition == partition } ? 2 : 1 }
        }
        func add(_ records: [Seen]) { state.withLock { $0.records += records } }
        func add(_ partitions: [Int32], to reader: Int) { state.withLock { $0.owned[reader].formUnion(partitions) } }
        func remove(_ partitions: [Int32], from reader: Int) {
            state.withLock { $0.owned[reader].subtract(partitions) }
        }
    }

    /// Follows rebalances until both readers together have read all partitions.
    private func read(_ consumer: KafkaConsumer, _ reader: Int, into log: ReadLog)
        async throws
    {
        let deadline = ContinuousClock.now.advanced(by: .seconds(40))
        while log.records.count < 4 || log.owned.map(\.count) != [2, 2] {
            guard ContinuousClock.now < deadline else { throw NothingCame() }
            for event in await consumer.next(timeout: .milliseconds(100)) {
                switch event {
                case .records(let batch):
                    log.add(batch.seen)
                case .assigned(let partitions):
                    try await consumer.assign(
                        partitions.map { PartitionStart(partition: $0, offset: log.next(of: $0)) })
                    log.add(partitions, to: reader)
                case .revoked(let partitions, _):
                    log.remove(partitions, from: reader)
                    try await consumer.completeRevocation()
                default:
                    break
                }
            }
        }
    }

    /// The member must live on while its reader takes longer than the session timeout to answer.
    @Test func aLateAnswerKeepsTheMembership() async throws {
        let fixture = try Fixture()
        let consumer = try fixture.consumer(properties: Self.session)
        try await consumer.subscribe()
        let partitions = try await consumer.nextAssignment()
        // The wait is for something that must not happen: losing the partitions.
        let lost = try? await consumer.read(within: .seconds(5)) { if case .revoked = $0 { true } else { nil } }
        #expect(lost == nil)
        try await consumer.assignFromBeginning(partitions)
        _ = try await consumer.readToEnd()
        #expect(await consumer.commit([0: 0]) == .committed)
        await consumer.close()
    }

    @Test func nothingOfAPartitionComesAfterItWasGivenUp() async throws {
        let fixture = try Fixture(partitions: 2)
        let text = String(repeating: "x", count: 500)
        for partition in 0..<2 as Range<Int32> {
            try await fixture.produce(Array(repeating: text, count: 3000), partition: partition)
        }
        let first = try fixture.consumer(strategy: .cooperativeSticky, properties: Self.session)
        try await first.subscribe()
        try await first.assignFromBeginning(try await first.nextAssignment())
        let second = try fixture.consumer(strategy: .cooperativeSticky, properties: Self.session)
        try await second.subscribe()

        // The revocation overtakes the records, which the reader has not touched.
        let (revoked, _) = try await first.nextRevocation()
        try await first.completeRevocation()
        var records: [Seen] = []
        try await first.read { event in
            if case .records(let batch) = event { records += batch.seen }
            return records.count >= 3000 ? () : nil
        }
        #expect(revoked.count == 1)
        #expect(records.allSatisfy { !revoked.contains($0.partition) })
        #expect(records.map(\.offset) == Array(0..<3000))
        await first.close()
        await second.close()
    }

    @Test func aCommitOfAMemberThatTheGroupForgotIsStale() async throws {
        let fixture = try Fixture()
        let consumer = try fixture.consumer()
        try await consumer.subscribe()
        try await consumer.assignFromBeginning(try await consumer.nextAssignment())
        fixture.cluster.pushErrors(api: 8, codes: [25])  // OffsetCommit: UNKNOWN_MEMBER_ID
        guard case .stale(let error) = await consumer.commit([0: 0]) else {
            Issue.record("the commit was accepted")
            return
        }
        #expect(error.name == "UNKNOWN_MEMBER_ID")
        // The member has lost its partitions, and the answer to that is still owed.
        #expect(try await consumer.nextRevocation().lost)
        let duration = await ContinuousClock().measure { await consumer.close() }
        #expect(duration < .seconds(5))
    }

    @Test func aCommitDoesNotWaitForeverForTheCoordinator() async throws {
        let fixture = try Fixture()
        let consumer = try fixture.consumer()
        try await consumer.subscribe()
        try await consumer.assignFromBeginning(try await consumer.nextAssignment())
        try fixture.cluster.setBroker(1, isUp: false)
        guard case .failed = await consumer.commit([0: 0], timeout: .milliseconds(500)) else {
            Issue.record("the commit did not fail")
            return
        }
        let duration = await ContinuousClock().measure { await consumer.close(timeout: .milliseconds(500)) }
        #expect(duration < .seconds(5))
    }
}
