import Bytes
import Interactions
import Loading
import ObjectStorage
import Support
import TestSupport
import Testing

@Suite struct ChainStoreTests {
    let bench = Workbench()
    private var chains: ChainStore { bench.chains }
    private var progressName: String { bench.names.progress(of: Sample.partition) }

    @Test func thereIsNoChainAtFirst() async throws {
        #expect(try await chains.tail(of: Sample.partition) == nil)
    }

    @Test func theFirstOriginHoldsForAll() async throws {
        #expect(try await chains.begin(Sample.partition, at: 5).next == LinkID(start: 5))
        #expect(try await chains.begin(Sample.partition, at: 9).next == LinkID(start: 5))
        #expect(try await chains.tail(of: Sample.partition)?.next == LinkID(start: 5))
        #expect(try await chains.tail(of: Partition(0, epoch: 1)) == nil)
    }

    @Test func firstRunsAtTheSameTimeBeginAtTheSameOffset() async throws {
        let chains = chains
        let starts = try await withThrowingTaskGroup(of: Int64.self) { group in
            for start in 0..<8 { group.addTask { try await chains.begin(Sample.partition, at: Int64(start)).position } }
            return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect(starts.count == 1)
    }

    @Test func oneWriterWinsALink() async throws {
        let mine = Sample.plan(0, 10, writer: "me")
        #expect(try await chains.create(mine))
        #expect(try await chains.create(mine))  // a retry knows its own plan again
        #expect(try await chains.create(Sample.plan(0, 8, writer: "other")) == false)
        #expect(try await chains.plan(of: Sample.partition, at: LinkID(start: 0)) == mine)
    }

    @Test func theTailIsReadFromTheLastLinkBehindProgress() async throws {
        _ = try await chains.begin(Sample.partition, at: 0)
        for plan in [Sample.plan(0, 10), Sample.plan(10, 10, closedBefore: 3)] { _ = try await chains.create(plan) }
        var tail = try await chains.tail(of: Sample.partition)
        #expect(tail?.next == LinkID(start: 10, sequence: 1) && tail?.progressGeneration == nil)
        let generation = try await chains.replace(Sample.progress(10), ifGeneration: nil)
        tail = try await chains.tail(of: Sample.partition)
        #expect(tail?.unconfirmed?.link == LinkID(start: 10) && tail?.closedBefore == Sample.hour(3))
        #expect(tail?.progressGeneration == generation)
        _ = try await chains.replace(Sample.progress(10, sequence: 1, closedBefore: 3), ifGeneration: generation)
        #expect(try await chains.tail(of: Sample.partition)?.unconfirmed == nil)
        _ = try await chains.create(Sample.plan(10, 20, sequence: 1, amendment: 1))
        #expect(try await chains.tail(of: Sample.partition)?.unconfirmed?.amendment == 1)
    }

    @Test func damagedProgressIsOnlyALostHint() async throws {
        _ = try await chains.begin(Sample.partition, at: 0)
        _ = try await chains.create(Sample.plan(0, 10))
        let generation = bench.store.put(progressName, Array("{".utf8)).generation
        let tail = try await chains.tail(of: Sample.partition)
        #expect(tail?.unconfirmed?.end == 10 && tail?.progressGeneration == generation)
        #expect(try await chains.replace(Sample.progress(10), ifGeneration: generation) != nil)

        bench.store.put(bench.names.progress(of: Partition(1)), Array("{".utf8))
        #expect(try await chains.tail(of: Partition(1)) == nil)
        _ = try await chains.begin(Partition(1), at: 3)
        #expect(try await chains.tail(of: Partition(1))?.progressGeneration != nil)
    }

    /// Else a chain would begin anew, or at an earlier end, and store again what the files of the lost plans have.
    @Test func progressNamesAPlanThatHasToBeThere() async throws {
        _ = try await chains.begin(Sample.partition, at: 0)
        for plan in [Sample.plan(0, 10), Sample.plan(10, 20)] { _ = try await chains.create(plan) }
        var progress = Sample.progress(20)
        progress.lastStart = 10
        _ = try await chains.replace(progress, ifGeneration: nil)
        #expect(try await chains.tail(of: Sample.partition)?.next == LinkID(start: 20))
        let names = bench.names
        let plan = names.plan(of: Sample.partition, at: LinkID(start: 10))
        let earlier = names.plan(of: Sample.partition, at: LinkID(start: 0))
        for name in [plan, earlier, names.origin(of: Sample.partition)] {
            bench.store.remove(name)
            let failure = await #expect(throws: Failure.self) { try await chains.tail(of: Sample.partition) }
            #expect(failure?.message == "memory://store/\(plan): the plan is gone" && failure?.status == .protocolError)
        }
    }

    @Test func lossIsKnownFromTheLinksWhenProgressIsNot() async throws {
        _ = try await chains.begin(Sample.partition, at: 0)
        for plan in [
            Sample.plan(0, 10, lost: [Sample.loss(3, 5)]), Sample.plan(10, 20, lost: [Sample.loss(10, 12)]),
            Sample.plan(20, 30), Sample.plan(30, 40, lost: [Sample.loss(31, 32)]),
        ] { _ = try await chains.create(plan) }
        func lost() async throws -> [[Int64]] {
            try #require(try await chains.tail(of: Sample.partition)).lost.map { [$0.start, $0.end] }
        }
        #expect(try await lost() == [[3, 5], [10, 12], [31, 32]])
        let generation = bench.store.put(progressName, Array("{".utf8)).generation
        #expect(try await lost() == [[3, 5], [10, 12], [31, 32]])
        // One that is behind: what it does not speak of is read.
        var behind = Sample.progress(10, lost: [Sample.loss(3, 5)])
        behind.lastStart = 0
        _ = try await chains.replace(behind, ifGeneration: generation)
        #expect(try await lost() == [[10, 12], [31, 32]].reduce(into: [[3, 5]]) { $0.append($1) })
    }

    @Test func theLayoutIsSettledByTheFirstRunAndHoldsForAll() async throws {
        try await chains.settleLayout()
        try await chains.settleLayout()
        let before = bench.store.objects
        var other = bench
        other.names = ObjectNames(topic: Sample.topic, layout: .hive)
        let failure = await #expect(throws: Failure.self) { try await other.chains.settleLayout() }
        #expect(failure?.status == .usage)
        #expect(failure?.message == "t is stored in memory://store with --partition-layout plain, not hive")
        #expect(bench.store.objects == before)
        other.names = ObjectNames(topic: "another", layout: .hive)
        try await other.chains.settleLayout()
    }

    @Test func ofTwoFirstRunsWithDifferentLayoutsOneIsRefused() async throws {
        var other = bench
        other.names = ObjectNames(topic: Sample.topic, layout: .hive)
        let (winner, loser) = (bench.chains, other.chains)
        bench.store.before { operation, _ throws(Failure) in
            guard operation == .create else { return }
            bench.store.before(nil)
            try await winner.settleLayout()
        }
        let failure = await #expect(throws: Failure.self) { try await loser.settleLayout() }
        #expect(failure?.status == .usage)
    }

    @Test func newerProgressIsAnError() async throws {
        bench.store.put(progressName, Array(#"{"version":2}"#.utf8))
        let failure = await #expect(throws: Failure.self) { try await chains.tail(of: Sample.partition) }
        #expect(failure?.message.contains("version 2") == true && failure?.status == .protocolError)
    }

    @Test func aListedPlanMustBeThereAndBeItself() async throws {
        _ = try await chains.create(Sample.plan(0, 10))
        let name = bench.names.plan(of: Sample.partition, at: LinkID(start: 0))
        let strangers = [
            Sample.plan(1, 10), Sample.plan(0, 10, sequence: 1), Sample.plan(0, 10, amendment: 1),
            Sample.plan(0, 10, partition: Partition(1)), Sample.plan(0, -1),
        ]
        for stranger in strangers {
            bench.store.put(name, ObjectCoding.encode(stranger))
            let failure = await #expect(throws: Failure.self) { try await chains.tail(of: Sample.partition) }
            #expect(failure?.message == "memory://store/\(name): the plan is not the one that its name says")
        }
        bench.store.remove(name)
        let failure = await #expect(throws: Failure.self) {
            try await chains.plan(of: Sample.partition, at: LinkID(start: 0))
        }
        #expect(failure?.message == "memory://store/\(name): the plan is gone")
    }

    @Test func progressThatSomebodyWroteMeanwhileIsNotOverwritten() async throws {
        let mine = try #require(try await chains.replace(Sample.progress(10), ifGeneration: nil))
        #expect(try await chains.replace(Sample.progress(11), ifGeneration: nil) == nil)
        #expect(try await chains.replace(Sample.progress(12), ifGeneration: mine) != nil)
        #expect(try await chains.replace(Sample.progress(13), ifGeneration: mine) == nil)
        #expect(try await chains.progress(of: Sample.partition).progress?.chainEnd == 12)
    }

    @Test func theLinksOfAChunkAreThoseAtItsStart() async throws {
        for plan in [
            Sample.plan(1, 1), Sample.plan(1, 10, sequence: 1), Sample.plan(1, 10, sequence: 1, amendment: 1),
            Sample.plan(10, 100), Sample.plan(0, 1),
        ] { _ = try await chains.create(plan) }
        _ = try await chains.begin(Sample.partition, at: 0)
        #expect(
            try await chains.links(of: Sample.partition, startingAt: 1)
                == [LinkID(start: 1), LinkID(start: 1, sequence: 1), LinkID(start: 1, sequence: 1, amendment: 1)])
    }
}
