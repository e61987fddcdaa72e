import Bytes
import Interactions
import Loading
import ObjectStorage
import Support
import Synchronization
import TestSupport
import Testing

@Suite struct SealerTests {
    /// Lateness is ten minutes, and it is ten past two: hours 0 and 1 are over.
    let bench = Workbench()
    private let both = [Partition(0), Partition(1)]

    init() { bench.clock.advance(by: 600_000) }

    private func seal(_ partitions: Int32...) async throws -> [Hour] {
        try await bench.sealer.seal(partitions.map { Partition($0) })
    }

    @Test func anHourIsSealedWhenAllPartitionsHaveClosedIt() async throws {
        try await bench.load([SampleRecord(0, hour: 0), SampleRecord(1, hour: 1), SampleRecord(2, hour: 2)], high: 3)
        #expect(try await seal(0, 1) == [])
        try await bench.load([SampleRecord(5, hour: 1)], low: 5, high: 6, partition: Partition(1))
        #expect(try await seal(0, 1) == [Sample.hour(0), Sample.hour(1)])
        #expect(try await seal(0, 1) == [])
        let manifest = try #require(try await bench.manifest(1))
        #expect((manifest.records, manifest.revision, manifest.sealedAtMs) == (2, 1, bench.clock.now()))
        #expect(manifest.parts.map(\.partition) == both && manifest.parts.map(\.chainEnd) == [3, 6])
        #expect(manifest.parts[1].files.map(\.firstOffset) == [5])
        #expect(try await bench.manifest(0)?.parts.map(\.files.count) == [1, 0])
        #expect(try await bench.manifest(2) == nil)
        #expect(try await bench.verifier.verify(date: nil).findings == [])
    }

    @Test func emptyHoursAreSealedToo() async throws {
        try await bench.load([SampleRecord(0, hour: 1)], high: 1)
        #expect(try await seal(0) == [Sample.hour(1)])
        bench.clock.advance(by: 3 * 3_600_000)
        try await bench.load([], high: 1)
        #expect(try await seal(0) == [Sample.hour(2), Sample.hour(3), Sample.hour(4)])
        #expect(try await bench.manifest(4)?.records == 0)
    }

    @Test func withoutHintTheSameHoursAreFoundSealed() async throws {
        try await bench.load([SampleRecord(0, hour: 0)], high: 1)
        #expect(try await seal(0).count == 2)
        let manifests = try await [bench.manifest(0), bench.manifest(1)]
        bench.store.put(bench.names.sealing, Array("{".utf8))
        bench.clock.advance(by: 1)
        #expect(try await seal(0) == [])
        #expect(try await [bench.manifest(0), bench.manifest(1)] == manifests)
        #expect(bench.store.objects[bench.names.sealing].map { $0.bytes.count > 1 } == true)
    }

    @Test func sealersAtTheSameTimeWriteEachManifestOnce() async throws {
        try await bench.load((0..<40).map { SampleRecord($0, hour: -$0) }, high: 40)
        let bench = bench
        let sealed = try await withThrowingTaskGroup(of: [Hour].self) { group in
            for index in 0..<4 {
                let clock = ManualWallClock(Int64(index))  // so that no two write the same manifest
                let sealer = Sealer(
                    chains: bench.chains, failpoints: Failpoints(nil), clock: clock, logger: bench.logger,
                    requestsAtOnce: 3)
                group.addTask { try await sealer.seal([Partition(0)]) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(sealed.sorted() == (-39...1).map(Sample.hour))
        #expect(try await bench.verifier.verify(date: nil).manifests == 41)
    }

    @Test func aLateFileMakesARevision() async throws {
        try await bench.load([SampleRecord(0, hour: 1)], high: 1)
        _ = try await seal(0)
        try await bench.load([SampleRecord(0, hour: 1), SampleRecord(1, hour: 1), SampleRecord(2, hour: 2)], high: 3)
        let manifest = try #require(try await bench.manifest(1))
        #expect((manifest.revision, manifest.records, manifest.lateRecords) == (2, 2, 1))
        #expect(manifest.parts[0].files.map(\.kind) == [.late, .onTime])
        #expect(try await bench.verifier.verify(date: nil).findings == [])
    }

    /// The sealer lists an hour; then a late file comes, whose writer finds no manifest to revise; then the sealer writes it.
    @Test func aLateFileWhoseWriterSawNoManifestIsFoundByTheSealer() async throws {
        try await bench.load([SampleRecord(0, hour: 1)], high: 1)
        let bench = bench
        let name = bench.names.manifest(of: Sample.hour(1))
        let loads = Mutex([1])
        bench.store.before { operation, object throws(Failure) in
            guard operation == .create, object == name, loads.withLock({ $0.popLast() }) != nil else { return }
            do {
                try await bench.load([SampleRecord(1, hour: 1)], high: 2)
            } catch let failure as Failure {
                throw failure
            } catch { throw Failure(.failure, "\(error)") }
        }
        #expect(try await seal(0) == [Sample.hour(1)])
        let manifest = try #require(try await bench.manifest(1))
        #expect((manifest.revision, manifest.records, manifest.lateRecords) == (2, 2, 1))
    }

    /// While one owner revises an hour, another one amends its chunk and stores what is left: the second try must see that.
    @Test func aRevisionThatIsTriedAgainReadsThePlansAgain() async throws {
        try await bench.load([SampleRecord(0)], high: 1)
        _ = try await seal(0)
        let broken = SampleRecord(1, timestamp: Sample.hour(0).start, value: "broken")
        let announced = try bench.chunk([broken, SampleRecord(2), SampleRecord(3)], start: 1, end: 4, lateBefore: 2)
        _ = try await bench.chains.create(announced.plan)
        let dead = try #require(announced.plan.files.first { $0.kind == .deadLetter }).name
        bench.store.put(dead, try #require(announced.contents[dead]).joined)
        var amended = try bench.chunk([broken, SampleRecord(3)], start: 1, end: 4, lateBefore: 2)
        amended.plan.amendment = 1
        let (other, name) = (amended, bench.names.manifest(of: Sample.hour(0)))
        let bench = bench
        bench.store.before { operation, object throws(Failure) in
            guard operation == .replace, object == name else { return }
            bench.store.before(nil)
            _ = try await bench.chains.create(other.plan)
            for (name, content) in other.contents where name != dead { bench.store.put(name, content.joined) }
            bench.store.put(name, bench.store.objects[name]?.bytes ?? [])
        }
        try await bench.sealer.revise([Sample.hour(0)])
        let manifest = try #require(try await bench.manifest(0))
        #expect((manifest.records, manifest.lateRecords, manifest.deadLetters) == (2, 1, 1))
    }

    /// Before the first record of all there is no manifest: a late record there must not stay unannounced for ever.
    @Test func aLateFileOfAnHourThatWasNeverSealedSealsIt() async throws {
        try await bench.load([SampleRecord(0, hour: 1)], high: 1)
        #expect(try await seal(0) == [Sample.hour(1)])
        try await bench.load([SampleRecord(0), SampleRecord(1, hour: -20)], high: 2)
        let manifest = try #require(try await bench.manifest(-20))
        #expect((manifest.revision, manifest.records, manifest.lateRecords) == (1, 1, 1))
        #expect(manifest.parts.map(\.partition) == [Partition(0)])
        #expect(try await bench.manifest(0) == nil)
    }

    /// A late file comes to an older hour while the first sealing goes on, which is killed before it looks once more.
    @Test func aFirstSealingThatWasKilledIsFinishedByTheNext() async throws {
        try await bench.load([SampleRecord(0, hour: 1)], high: 1)
        let bench = bench
        let steps = Mutex(["killed", "late"])
        bench.store.before { operation, object throws(Failure) in
            if operation == .create, object == bench.names.manifest(of: Sample.hour(1)),
                steps.withLock({ $0.last == "late" ? $0.popLast() : nil }) != nil
            {
                do {
                    try await bench.load([SampleRecord(0), SampleRecord(1, hour: -20)], high: 2)
                } catch let failure as Failure {
                    throw failure
                } catch { throw Failure(.failure, "\(error)") }
            }
        }
        bench.store.after { operation, object throws(Failure) in
            guard operation == .replace, object == bench.names.sealing,
                steps.withLock({ $0.last == "killed" ? $0.popLast() : nil }) != nil
            else { return }
            throw Failure(.failure, "killed")
        }
        await #expect(throws: Failure.self) { try await seal(0) }
        #expect(try await bench.manifest(-20) == nil)
        #expect(try await bench.verifier.verify(date: nil).findings.map(\.kind) == [.pending])
        #expect(try await seal(0) == [])
        #expect(try await bench.manifest(-20)?.lateRecords == 1)
        #expect(try await bench.verifier.verify(date: nil).findings == [])
    }

    @Test func hoursWithOnlyDeadLettersAreSealed() async throws {
        try await bench.load(
            [SampleRecord(0, timestamp: Sample.hour(0).start, value: "broken")], high: 1)
        #expect(try await seal(0) == [Sample.hour(0), Sample.hour(1)])
        #expect(try await bench.manifest(0)?.deadLetters == 1)
    }

    /// A partition that the topic got later may hold records of sealed hours.
    @Test func aNewPartitionIsAddedToSealedHours() async throws {
        try await bench.load([SampleRecord(0, hour: 0), SampleRecord(1, hour: 1)], high: 2)
        _ = try await seal(0)
        try await bench.load([SampleRecord(0, hour: 1)], high: 1, partition: Partition(1))
        let manifest = try #require(try await bench.manifest(1))
        #expect((manifest.revision, manifest.records, manifest.lateRecords) == (2, 2, 0))
        #expect(manifest.parts.map(\.partition) == both)
        #expect(try await bench.manifest(0)?.revision == 1)
        #expect(try await seal(0, 1) == [])
    }

    @Test func lossIsListedInTheHoursThatMayHoldIt() async throws {
        try await bench.load([SampleRecord(0, hour: 0)], high: 1)
        bench.clock.advance(by: 3_600_000)
        try await bench.load([SampleRecord(7, hour: 2)], low: 5, high: 8)
        bench.clock.advance(by: 2 * 3_600_000)
        try await bench.load([], low: 5, high: 8)
        _ = try await seal(0)
        var lossy: [Int64] = []
        for hour in 0...4 as ClosedRange<Int64> {
            let lost = try #require(try await bench.manifest(hour)).parts[0].lost
            #expect(lost.allSatisfy { ($0.start, $0.end, $0.reason) == (1, 5, .retention) })
            if !lost.isEmpty { lossy.append(hour) }
        }
        // Hours 0 and 1 were closed when it was found, hour 4 had not begun.
        #expect(lossy == [2, 3])
    }

    /// A day's hours cost one manifest each; everything else is asked for once.
    @Test func sealingADayTakesFewRequests() async throws {
        bench.clock.advance(by: 22 * 3_600_000)
        bench.store.time = bench.clock.now()
        try await bench.load([SampleRecord(0, hour: 0)], high: 1)
        _ = try await seal(0)
        bench.clock.advance(by: 24 * 3_600_000)
        for partition in 0..<3 as Range<Int32> {
            let records = (1...24).map { SampleRecord($0, hour: 24 + $0 % 24) }
            try await bench.load(records, low: partition == 0 ? 0 : 1, high: 25, partition: Partition(partition))
        }
        let requests = Mutex(0)
        bench.store.before { _, _ throws(Failure) in requests.withLock { $0 += 1 } }
        #expect(try await seal(0, 1, 2).count == 24)
        // 24 manifests, 3 progress objects, 2 listings before and after, a listing and a link of each partition, the hint twice.
        #expect(requests.withLock { $0 } == 39)
        bench.store.before(nil)
        #expect(try await bench.verifier.verify(date: nil).findings == [])
    }

    @Test func aDamagedManifestStopsTheLoaderThatWouldReviseIt() async throws {
        try await bench.load([SampleRecord(0, hour: 1)], high: 1)
        _ = try await seal(0)
        bench.store.put(bench.names.manifest(of: Sample.hour(1)), Array("{".utf8))
        let failure = await #expect(throws: Failure.self) { try await bench.load([SampleRecord(1, hour: 1)], high: 2) }
        #expect(failure?.status == .protocolError)
    }
}
