import Interactions
import Loading
import Support
import TestSupport
import Testing

@Suite struct HourStatusTests {
    let bench = Workbench()

    private func report(_ hours: ClosedRange<Int64>, epoch: Int = 0, ends: [Int32: Int64] = [:]) async throws
        -> StatusReport
    {
        try await StatusReader(chains: bench.chains, sealer: bench.sealer).report(
            hours: hours.map(Sample.hour), epoch: epoch, logEnds: ends)
    }

    @Test func theTableAnswersWhetherAnHourIsComplete() async throws {
        bench.clock.advance(by: 600_000)
        var records = (0..<3).map { SampleRecord($0, hour: $0) }
        records.append(SampleRecord(3, timestamp: Sample.hour(1).start, value: "broken"))
        try await bench.load(records, high: 4)
        _ = try await bench.sealer.seal([Partition(0)])
        records.append(SampleRecord(4, hour: 0))
        try await bench.load(records, high: 5)
        try await bench.load([], high: 0, partition: Partition(1))
        #expect(
            try await report(-1...3, ends: [0: 17]).table == """
                t in memory://store

                HOUR (UTC)     FILES  RECORDS  LATE  DEAD  BYTES  STATE                OFFSETS
                2025-12-31T23      0        0     0     0      0  nothing stored       \("")
                2026-01-01T00      2        2     1     0     70  sealed (revision 2)  0:0-5
                2026-01-01T01      2        1     0     1    221  sealed               0:1-4
                2026-01-01T02      1        1     0     0     35  open: all            0:2-3
                2026-01-01T03      0        0     0     0      0  open: all            \("")

                PARTITION  POSITION  LOG END  LAG  CLOSED BEFORE  DRAINED AT
                p00000            5       17   12  2026-01-01T02  2026-01-01T02:10:00.000Z
                p00001            0        0    0  2026-01-01T02  2026-01-01T02:10:00.000Z

                """)
    }

    @Test func anHourStatesWhyItIsNotSealed() {
        let files = [Partition(0): [Sample.file(hour: 1, 0, 3), Sample.file(.late, hour: 1, 7, 9)]]
        func status(_ closed: Int64?, lost: [LostRange] = [], manifest: HourManifest? = nil) -> HourStatus {
            HourStatus(
                hour: Sample.hour(1), manifest: manifest, files: files,
                progress: [Partition(0): Sample.progress(3, closedBefore: closed, lost: lost)])
        }
        func state(_ hour: HourStatus) -> Substring? {
            let table = StatusReport(store: "s", topic: "t", hours: [hour], partitions: []).table
            return table.split(separator: "\n").dropFirst(2).first.map { $0.dropFirst("2026-01-01T01  2  ".count) }
        }
        #expect(status(1).openPartitions == [Partition(0)] && status(nil).openPartitions == [Partition(0)])
        #expect(status(2).openPartitions == [] && !status(2).isSealed)
        #expect(state(status(1))?.contains("open: p0 ") == true)
        #expect(state(status(2))?.contains("closed, not sealed yet") == true)
        let lossy = status(
            2, lost: [Sample.loss(3, 4, openFrom: 1, foundIn: 2), Sample.loss(5, 6, openFrom: 2, foundIn: 2)])
        #expect(lossy.lost.map(\.start) == [3])
        #expect(state(lossy)?.contains("closed, not sealed yet, with lost offsets") == true)
        #expect((lossy.parts[0].offsets, lossy.records, lossy.lateRecords) == (OffsetRange(0, 9), 5, 2))
        // What a manifest says of loss is the truth from then on.
        let manifest = HourManifest(topic: "t", hour: Sample.hour(1), parts: [], sealedAtMs: 0)
        #expect(status(2, lost: [Sample.loss(3, 4, foundIn: 2)], manifest: manifest).lost == [])
    }

    @Test func whatKeepsAnHourOpenIsOfTheTopicsCurrentLife() {
        let files = [Partition(0, epoch: 0): [Sample.file(hour: 1, 0, 3)]]
        func hour(epoch: Int, partitions: Set<Partition> = []) -> HourStatus {
            HourStatus(
                hour: Sample.hour(1), manifest: nil, files: files, progress: [:], epoch: epoch, partitions: partitions)
        }
        #expect(hour(epoch: 0).openPartitions == [Partition(0)])
        #expect(hour(epoch: 1).openPartitions == [])
        let named: Set = [Partition(0, epoch: 1), Partition(7, epoch: 1)]
        #expect(hour(epoch: 1, partitions: named).openPartitions == named.sorted())
    }

    @Test func offsetsOfManyPartitionsAreCutShort() {
        let partitions = (0..<6).map { Partition($0) }
        let hour = HourStatus(
            hour: Sample.hour(0), manifest: nil,
            files: Dictionary(
                uniqueKeysWithValues: partitions.map { ($0, [Sample.file(hour: 0, 0, 2, partition: $0)]) }),
            progress: [:])
        let table = StatusReport(store: "s", topic: "t", hours: [hour], partitions: []).table
        #expect(table.contains("0:0-2 1:0-2 2:0-2 3:0-2 +2\n"))
    }

    @Test func partitionsThatKeepAnHourOpenAreShownAsRanges() {
        func state(open: [Int32], of count: Int32) -> Substring? {
            let progress = (0..<count).map { number in
                Sample.progress(
                    1, closedBefore: open.contains(number) ? 0 : 1, partition: Partition(number))
            }
            let hour = HourStatus(
                hour: Sample.hour(0), manifest: nil, files: [:],
                progress: Dictionary(uniqueKeysWithValues: progress.map { ($0.partition, $0) }))
            let table = StatusReport(store: "s", topic: "t", hours: [hour], partitions: []).table
            let line = table.split(separator: "\n").first { $0.hasPrefix("2026") }
            return line?.firstIndex(of: "o").map { line?[$0...] ?? "" }
        }
        #expect(state(open: Array(0..<40), of: 40)?.hasPrefix("open: all") == true)
        #expect(state(open: [0], of: 1)?.hasPrefix("open: p0 ") == true)
        #expect(state(open: Array(3..<39), of: 40)?.hasPrefix("open: p3-38 ") == true)
        #expect(
            state(open: [0, 1, 3, 7, 8, 9, 20, 30, 31], of: 40)?.hasPrefix("open: p0-1 p3 p7-9 p20 +2 ") == true)
    }

    @Test func aSealedHourWhoseFilesAreGoneIsDamaged() async throws {
        bench.clock.advance(by: 600_000)
        try await bench.load([SampleRecord(0), SampleRecord(1, hour: 1)], high: 2)
        _ = try await bench.sealer.seal([Partition(0)])
        #expect(try await report(0...1).hours.map(\.state) == [.sealed, .sealed])
        let name = try #require(bench.ids.keys.first { $0.hour == Sample.hour(0) }).name(bench.names)
        bench.store.remove(name)
        let found = try await report(0...1)
        #expect(found.hours.map(\.state) == [.damaged, .sealed])
        #expect((found.hours[0].missingFiles, found.hours[0].files, found.hours[0].isSealed) == (1, 0, true))
        #expect(found.table.contains("damaged: 1 of its files missing"))
    }

    @Test func onlyTheEpochAskedForHasSomethingToSayOfPartitions() async throws {
        try await bench.load([SampleRecord(0)], high: 1)
        try await bench.load([SampleRecord(0)], high: 1, partition: Partition(0, epoch: 1))
        bench.store.put(bench.names.progress(of: Partition(7, epoch: 1)), Array("{".utf8))
        #expect(try await report(0...0, epoch: 1).partitions.map(\.partition) == [Partition(0, epoch: 1)])
        // Both epochs' records are in the hour.
        #expect(try await report(0...0, epoch: 1).hours[0].records == 2)
    }

    @Test func lagIsOfTheEndNowIfTheBrokersWereAsked() {
        let progress = Sample.progress(5, position: 7)
        #expect(PartitionStatus(progress: progress, logEnd: nil).lag == 0)
        #expect(PartitionStatus(progress: progress, logEnd: 9).lag == 2)
        #expect(PartitionStatus(progress: progress, logEnd: 3).lag == 0)
    }
}
