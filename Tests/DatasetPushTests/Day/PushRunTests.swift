import Braintrust
import Bytes
import Gzip
import HTTP
import Interactions
import Logging
import Records
import Support
import Synchronization
import Testing
import TestSupport

@testable import DatasetPush

/// Whole runs over a store in memory, against a server on loopback.
@Suite struct PushRunTests {
    private static let day = CivilDate("2026-11-20")!
    private static let file = "13-p00000-00000000000000000000-00000000000000000100"
    private static let late = "13-late-p00000-00000000000000000100-00000000000000000200"
    private let store = InMemoryStore()
    private let fake: FakeBraintrust

    init() throws { fake = try FakeBraintrust() }

    private func put(_ lines: [String], _ stem: String = PushRunTests.file, folder: String = "tagged/t/2026-11-20/")
        throws
    {
        let rope = RopeWriter(pool: BlockPool(blockSize: 1 << 16))
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        try bytes.withUnsafeBytes { try GzipWriter().appendMember(of: $0, to: rope) }
        store.put("\(folder)\(stem).jsonl.gz", rope.finish().joined)
    }

    private static func record(_ number: Int, tags: String = #"["a"]"#, input: String = #""q""#) -> String {
        #"{"id":"i\#(number)","input":\#(input),"output":"o","relevant_tags":\#(tags),"tag_status":"tagged","tagging":{"id":"i\#(number)","model":"m"}}"#
    }

    private static func target(_ id: String, _ tags: String) -> PushTarget {
        PushTarget(Dataset(id: id, name: id, description: "[[relevant_tags: \(tags)]]"))
    }

    /// A run like a process of its own.
    private func run(
        _ targets: [PushTarget] = [target("d1", #"["a"]"#), target("d2", #"["b","a"]"#)], isDryRun: Bool = false,
        isAgain: Bool = false, layout: PartitionLayout = .plain, limit: Int = 1 << 20, wait: Int = 2,
        judge: InMemoryStore? = nil
    ) async throws -> (report: PushReport, failure: Failure?) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let names = PushNames(raw: ObjectNames(topic: "t", layout: layout))
        let pusher = DatasetPusher(
            try fake.client(), targets: targets,
            deadLetters: RowDeadLetters(store: store, prefix: names.deadLetters),
            options: DatasetPusher.Options(payloadLimit: limit, isDryRun: isDryRun), logger: logger)
        let run = PushRun(
            store: store, names: names, verdicts: VerdictSource(store: judge ?? store, wait: wait), pusher: pusher,
            fields: RecordFields(
                id: JSONPointer("/id")!, input: [JSONPointer("/input")!], output: [JSONPointer("/output")!]),
            failpoints: Failpoints(nil), wallClock: ManualWallClock(5), logger: logger, isDryRun: isDryRun,
            isAgain: isAgain)
        var report = PushReport(store: store.location, topic: "t", startedAt: 0, isDryRun: isDryRun)
        var failure: Failure?
        let day = Self.day.daysSince1970
        do throws(Failure) { try await run.run((day - 2)...day, &report) } catch { failure = error }
        report.take(pusher)
        return (report, failure)
    }

    private func count(_ dataset: String) -> Int { fake.rows[dataset]?.count ?? 0 }

    @Test func eachRecordWhereItIsWanted() async throws {
        try put([
            Self.record(1), Self.record(2, tags: #"["b"]"#), Self.record(3, tags: "[]"),
            Self.record(4, tags: #"["c"]"#),
        ])
        let (report, failure) = try await run()
        #expect(failure == nil)
        #expect((count("d1"), count("d2")) == (1, 2))
        #expect(report.days.map(\.records) == [4])
        #expect(report.datasets.map(\.counts.inserted) == [1, 2])
        let row = try #require(fake.rows["d1"]?[RowID.make(dataset: "d1", interaction: "i1".utf8)])
        #expect(row.contains(#""interaction_id":"i1""#))
        #expect(row.contains(#""file":"\#(Self.file)""#))
        #expect(row.contains(#""line":1"#))
        #expect(store.names.contains("datasets/t/2026-11-20.json"))
    }

    @Test func nothingTwice() async throws {
        try put([Self.record(1), Self.record(1), Self.record(2)])
        #expect(try await run().report.totals.inserted == 4)
        let requests = fake.server.requests.count
        #expect(try await run().report.days.isEmpty)
        #expect(fake.server.requests.count == requests)
        let again = try await run(isAgain: true).report
        #expect(again.totals.inserted == 0)
        #expect(again.totals.existing == again.totals.matched)
    }

    @Test func whatPeopleEditedStays() async throws {
        try put([Self.record(1), Self.record(2)])
        _ = try await run()
        let id = RowID.make(dataset: "d1", interaction: "i1".utf8)
        fake.put("edited", id: id, in: "d1")
        _ = try await run(isAgain: true)
        #expect(fake.rows["d1"]?[id] == "edited")
    }

    @Test func lateFilesAndNewDatasets() async throws {
        try put([Self.record(1), Self.record(2, tags: #"["b"]"#)])
        _ = try await run()
        try put([Self.record(3)], Self.late)
        let late = try await run().report
        #expect(late.days.map(\.records) == [1])
        #expect(count("d1") == 2)
        let more = try await run([
            Self.target("d1", #"["a"]"#), Self.target("d2", #"["b"]"#), Self.target("d3", #"["b"]"#),
        ])
        // d2 wants less by now, which is another wish.
        #expect(more.report.days.map(\.records) == [3])
        #expect(more.report.datasets.map(\.counts.matched) == [0, 1, 1])
        #expect(count("d3") == 1)
    }

    @Test func verdictsAreTold() async throws {
        try put([Self.record(1), Self.record(2)])
        try put(
            [
                #"{"id":"i2","hour":13,"file":"\#(Self.file)","line":2,"status":"judged","verdict":"unsafe","severity":"high","categories":["jailbreak"],"prompt":"p"}"#
            ],
            "verdicts-00000", folder: "judged/t/2026-11-20/")
        let (report, _) = try await run()
        #expect(report.days.map(\.verdicts) == [1])
        let rows = fake.rows["d1"]?.values.sorted() ?? []
        #expect(
            rows.filter { $0.contains(#""verdict":"unsafe""#) && $0.contains(#""interaction_id":"i2""#) }.count == 1)
        #expect(rows.filter { $0.contains("verdict") }.count == 1)
    }

    private func putJudging(_ date: String, files: [String], isReported: Bool, in judge: InMemoryStore? = nil) {
        let names = files.map { "\"raw/t/\(date)/\($0).jsonl.gz\"" }.joined(separator: ",")
        (judge ?? store).put(
            "judge/t/\(date)/state.json",
            Array(#"{"version":1,"rounds":[{"files":[\#(names)]}],"is_reported":\#(isReported)}"#.utf8))
    }

    @Test func filesWaitForTheJudge() async throws {
        try put([Self.record(1)])
        try put([Self.record(2)], Self.late)
        putJudging("2026-11-20", files: [Self.file], isReported: false)
        let (waiting, failure) = try await run()
        #expect(failure == nil && waiting.days.isEmpty && waiting.filesWaiting == 2 && count("d1") == 0)
        // The late file is for the judge's next run.
        putJudging("2026-11-20", files: [Self.file], isReported: true)
        #expect(try await run().report.filesWaiting == 1)
        #expect(count("d1") == 1)
        putJudging("2026-11-20", files: [Self.file, Self.late], isReported: true)
        let last = try await run().report
        #expect(last.filesWaiting == 0 && last.days.map(\.files) == [1] && count("d1") == 2)
    }

    @Test func nobodyWaitsForEver() async throws {
        // The last of the days that are looked at, and days that are asked for by name.
        try put([Self.record(1)], folder: "tagged/t/2026-11-18/")
        putJudging("2026-11-18", files: [Self.file], isReported: false)
        #expect(try await run(wait: 365).report.days.map(\.withoutVerdict) == [1])
        try put([Self.record(2)])
        putJudging("2026-11-20", files: [Self.file], isReported: false)
        #expect(try await run(isAgain: true).report.filesWaiting == 0)
        #expect(count("d1") == 2)
        try put([Self.record(3)], Self.late)
        #expect(try await run(wait: 0).report.filesWaiting == 0)
        #expect(count("d1") == 3)
    }

    @Test func verdictsOfAnotherStore() async throws {
        let judge = InMemoryStore()
        try put([Self.record(1)])
        putJudging("2026-11-20", files: [Self.file], isReported: false, in: judge)
        #expect(try await run(judge: judge).report.filesWaiting == 1)
        putJudging("2026-11-20", files: [Self.file], isReported: true, in: judge)
        let rope = RopeWriter(pool: BlockPool(blockSize: 1 << 16))
        let line = #"{"file":"\#(Self.file)","line":1,"status":"judged","verdict":"safe"}"# + "\n"
        try Array(line.utf8).withUnsafeBytes { try GzipWriter().appendMember(of: $0, to: rope) }
        judge.put("judged/t/2026-11-20/verdicts-00000.jsonl.gz", rope.finish().joined)
        let report = try await run(judge: judge).report
        #expect(report.days.map(\.verdicts) == [1] && report.days.map(\.withoutVerdict) == [0])
        #expect(fake.rows["d1"]?.values.first?.contains(#""verdict":"safe""#) == true)
    }

    @Test(arguments: ["judged/t/2026-11-19/verdicts-00000.jsonl.gz", "datasets/t/2026-11-19.json"])
    func aDamagedDayDoesNotHoldUpTheOthers(name: String) async throws {
        try put([Self.record(1)], folder: "tagged/t/2026-11-19/")
        try put([Self.record(2)])
        store.put(name, [0x1F, 0x8B, 0])
        let (report, failure) = try await run()
        #expect(failure?.status == .protocolError && count("d1") == 1)
        #expect(report.days.map(\.date) == ["2026-11-20"])
        store.remove(name)
        #expect(try await run().failure == nil)
        #expect(count("d1") == 2)
    }

    @Test func recordsThatCannotBePushed() async throws {
        try put([
            Self.record(1), Self.record(2, tags: #""a""#), Self.record(3, tags: #"{"a":1}"#),
            Self.record(4, tags: "null"),
            "not json", Self.record(5, tags: #"["a",5]"#), #"{"relevant_tags":["a"]}"#, "{}",
        ])
        let (report, failure) = try await run()
        #expect(failure == nil)
        #expect(
            report.days.map(\.faults) == [
                ["relevant_tags_no_list": 3, "unreadable": 1, "no_id": 1, "no_relevant_tags": 1]
            ])
        #expect(report.days.map(\.otherTags) == [1])
        #expect(count("d1") == 2)
    }

    @Test func hiveFolders() async throws {
        try put(
            [Self.record(1)], "p00000-00000000000000000000-00000000000000000100",
            folder: "tagged/t/dt=2026-11-20/hour=13/")
        let (report, _) = try await run(layout: .hive)
        #expect(report.totals.inserted == 2)
        #expect(fake.rows["d1"]?.values.first?.contains(#""file":"\#(Self.file)""#) == true)
    }

    @Test func otherObjectsAndDays() async throws {
        try put([Self.record(1)], folder: "tagged/t/2026-11-17/")
        try put([Self.record(1)], folder: "tagged/other/2026-11-20/")
        store.put("tagged/t/_files/2026-11-20/x.json", [])
        store.put("tagged/t/2026-11-20/notes.txt", [])
        let (report, failure) = try await run()
        #expect(failure == nil)
        #expect(report.days.isEmpty)
        #expect(fake.server.requests.isEmpty)
    }

    @Test func nothingThere() async throws {
        #expect(try await run().failure?.status == .noInput)
        try put([Self.record(1)])
        #expect(try await run(layout: .hive).failure?.status == .noInput)
        #expect(fake.server.requests.isEmpty)
    }

    // MARK: - Interruptions

    @Test func failingHalfWayThroughAnInsert() async throws {
        try put((0..<2100).map { Self.record($0) })
        fake.fail { call in
            if case .insert(_, _, let number, _) = call, number > 2 { (LoopbackReply(500), false) } else { nil }
        }
        let first = try await run()
        #expect(first.failure?.status == .unavailable)
        #expect(!store.names.contains("datasets/t/2026-11-20.json"))
        fake.fail { _ in nil }
        let second = try await run()
        #expect(second.failure == nil)
        #expect((count("d1"), count("d2")) == (2100, 2100))
        #expect(fake.inserts.reduce(0, +) == 4200)
    }

    @Test func failingHalfWayThroughAFile() async throws {
        try put((0..<50).map { Self.record($0) })
        try put([Self.record(50)], Self.late)
        let reads = Mutex(0)
        store.before { (operation, name) throws(Failure) in
            guard operation == .readRange, name.hasPrefix("tagged/") else { return }
            let isSecond = reads.withLock { reads in
                reads += 1
                return reads == 2
            }
            if isSecond { throw Failure(.unavailable, "the store is away") }
        }
        #expect(try await run().failure?.status == .unavailable)
        #expect(try await run().failure == nil)
        #expect(count("d1") == 51)
    }

    @Test(arguments: [[UInt8]("no gzip".utf8), []])
    func damagedFiles(bytes: [UInt8]) async throws {
        try put([Self.record(1)], Self.late)
        store.put("tagged/t/2026-11-20/\(Self.file).jsonl.gz", bytes)
        let (_, failure) = try await run()
        #expect(failure?.status == .protocolError)
        #expect(failure?.object == Self.file)
        #expect(count("d1") == 1)
        // Repaired, it is pushed.
        try put([Self.record(2)])
        #expect(try await run().failure == nil)
        #expect(count("d1") == 2)
    }

    @Test func oneDatasetThatIsGone() async throws {
        try put([Self.record(1)])
        fake.fail { call in
            if case .query("d1") = call { (LoopbackReply(404), false) } else { nil }
        }
        let (report, failure) = try await run()
        #expect(failure?.status == .noInput)
        #expect(report.datasets[0].failure != nil)
        #expect(count("d2") == 1)
        fake.fail { _ in nil }
        #expect(try await run().report.datasets.map(\.counts.inserted) == [1, 0])
    }

    @Test func anotherRunWroteTheState() async throws {
        try put([Self.record(1)])
        store.before { (operation, name) throws(Failure) in
            if operation == .replace, name == "datasets/t/2026-11-20.json" { store.put(name, Array("{}".utf8)) }
        }
        #expect(try await run().failure?.status == .notDrained)
    }

    @Test func aStateOfANewerVersion() async throws {
        try put([Self.record(1)])
        store.put("datasets/t/2026-11-20.json", Array(#"{"version":2}"#.utf8))
        #expect(try await run().failure?.status == .protocolError)
        #expect(fake.inserts.isEmpty)
    }

    // MARK: - Sizes and dry runs

    @Test func rowsThatAreTooLarge() async throws {
        let large = #""\#(String(repeating: "x", count: 20_000))""#
        try put([Self.record(1), Self.record(2, input: large), Self.record(3)])
        let (report, failure) = try await run([Self.target("d1", #"["a"]"#)], limit: 10_000)
        #expect(failure == nil)
        #expect((report.totals.matched, report.totals.inserted, report.totals.deadLetters) == (3, 2, 1))
        let name = "datasets/_dead-letter/t/d1-\(RowID.make(dataset: "d1", interaction: "i2".utf8)).json"
        #expect(store.names.contains(name))
    }

    @Test func dryRun() async throws {
        try put([Self.record(1), Self.record(2)])
        fake.put("there", id: RowID.make(dataset: "d1", interaction: "i1".utf8), in: "d1")
        let before = store.names
        let (report, failure) = try await run(isDryRun: true)
        #expect(failure == nil)
        #expect(report.datasets.map(\.counts.inserted) == [1, 2])
        #expect(report.datasets.map(\.counts.existing) == [1, 0])
        #expect(store.names == before)
        #expect(fake.inserts.isEmpty)
    }

    @Test func manyRowsInBoundedMemory() async throws {
        let text = #""\#(String(repeating: "x", count: 200_000))""#
        try put((0..<400).map { Self.record($0, input: text) })
        let (report, failure) = try await run([Self.target("d1", #"["a"]"#)], limit: 6 << 20)
        #expect(failure == nil)
        #expect(report.totals.inserted == 400)
        // 80 MB do not wait at once.
        #expect(fake.inserts.count >= 14)
        #expect(fake.largestBody <= 6 << 20)
    }
}
