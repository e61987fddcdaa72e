import Bytes
import Interactions
import Loading
import ObjectStorage
import Support
import Synchronization
import TestSupport
import Testing

@Suite struct RecoveryTests {
    let bench = Workbench()

    @Test(
        arguments: [
            (LoadStart.earliest, nil, 3), (.latest, nil, 9), (.earliest, 5, 5), (.latest, 5, 5), (.earliest, 0, 0),
            (.earliest, 9, 9), (.latest, 3, 3),
            // Of a former topic of that name.
            (.earliest, 10, 3), (.latest, 10, 9), (.earliest, -1, 3), (.earliest, -1001, 3),
        ] as [(LoadStart, Int64?, Int64)])
    func aChainBeginsAtTheCommittedOffsetOrWhereItIsTold(_ from: LoadStart, _ committed: Int64?, _ origin: Int64)
        async throws
    {
        let found = try await bench.recover(low: 3, high: 9, committed: committed, from: from)
        #expect(found.tail.next == LinkID(start: origin))
        #expect(found.start == max(origin, 3))
        #expect(found.capture == PartitionLedger.Capture(end: 9, at: bench.clock.now()))
        // It is settled once.
        let again = try await bench.recover(low: 3, high: 9, committed: 7, from: .latest)
        #expect(again.tail.next == LinkID(start: origin))
    }

    @Test func theGroupOfAFormerTopicHasNothingToSayInALaterEpoch() async throws {
        let found = try await bench.recover(Partition(0, epoch: 1), low: 3, high: 9, committed: 5)
        #expect(found.tail.next == LinkID(start: 3) && found.lost == nil)
    }

    @Test func offsetsThatAreGoneBeforeTheyWereReadAreLost() async throws {
        try await bench.load([SampleRecord(0)], high: 2)
        let found = try await bench.recover(low: 8, high: 9)
        #expect(found.start == 8)
        #expect(
            found.lost
                == LostRange(
                    start: 2, end: 8, reason: .retention, openFrom: Sample.hour(1), foundAtMs: bench.clock.now()))
        #expect(try await bench.recover(low: 2, high: 9).lost == nil)
    }

    @Test func aTopicThatEndsBeforeItsChainIsAnotherTopic() async throws {
        try await bench.load((0..<5).map { SampleRecord($0) }, high: 5)
        let failure = await #expect(throws: Failure.self) { try await bench.recover(high: 4) }
        #expect(
            failure
                == Failure(
                    .conflict, "t/0 ends at offset 4, but 5 was already stored",
                    remedy:
                        "if these are other brokers than before, correct --kafka-brokers; if the topic was recreated, "
                        + "run with --topic-epoch 1 to begin a new chain for it"))
        #expect(try await bench.recover(high: 5).start == 5)
        let epoch = Partition(0, epoch: 1)
        #expect(try await bench.recover(epoch, high: 4).start == 0)
        try await bench.load([SampleRecord(0), SampleRecord(1)], high: 2, partition: epoch)
        let second = await #expect(throws: Failure.self) { try await bench.recover(epoch, high: 1) }
        #expect(second?.remedy.contains("--topic-epoch 2") == true)
        #expect(bench.allIDs == [0, 0, 1, 1, 2, 3, 4])
    }

    /// Another owner stored what came after this one asked for the end.
    @Test func anEndThatWasAskedForBeforeTheChainWasReadProvesNothing() async throws {
        try await bench.load((0..<5).map { SampleRecord($0) }, high: 5)
        let asked = Mutex(0)
        let recovery = Recovery(chains: bench.chains, from: .earliest, clock: bench.storeClock) { _ in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            return PartitionFacts(low: 0, high: count == 1 ? 3 : 6, committed: nil)
        }
        let found = try await recovery.recover(Sample.partition)
        #expect((found.capture.end, found.start) == (6, 5))
    }

    @Test func missingFilesOfTheLastLinkAreReadAgainFromTheFirstOfThem() async throws {
        let chunk = try bench.chunk((0..<6).map { SampleRecord($0, hour: $0 / 2) }, start: 0, end: 6)
        _ = try await bench.chains.begin(Sample.partition, at: 0)
        _ = try await bench.chains.create(chunk.plan)
        let names = chunk.plan.files.map(\.name)
        bench.store.put(names[0], chunk.contents[names[0]]?.joined ?? [])
        let found = try await bench.recover(high: 6)
        #expect((found.missing, found.start, found.tail.unconfirmed) == ([names[1], names[2]], 2, chunk.plan))
        #expect(try await bench.recover(low: 4, high: 6).start == 4)
        bench.store.put(names[1], [1])
        bench.store.put(names[2], [1])
        let whole = try await bench.recover(high: 6)
        #expect((whole.missing, whole.start) == ([], 6))
        #expect(whole.tail.unconfirmed == chunk.plan)
    }

    @Test func withoutATrustedClockTheCaptureHasNoTime() async throws {
        let skewed = StoreClock(bench.clock, storeTime: 0, asked: bench.clock.now())
        let recovery = Recovery(chains: bench.chains, from: .earliest, clock: skewed) { _ in
            PartitionFacts(low: 0, high: 1, committed: nil)
        }
        #expect(try await recovery.recover(Sample.partition).capture.at == nil)
    }

    @Test func aBrokerThatDoesNotAnswerFailsTheRecovery() async throws {
        let failure = Failure(.unavailable, "no broker")
        let recovery = Recovery(chains: bench.chains, from: .earliest, clock: bench.storeClock) { _ throws(Failure) in
            throw failure
        }
        await #expect(throws: failure) { try await recovery.recover(Sample.partition) }
        #expect(bench.store.names == [])
    }
}
