import Braintrust
import HTTP
import Logging
import Support
import Synchronization
import Testing
import TestSupport

@testable import DatasetPush

/// Rows to datasets, against a server on loopback.
@Suite struct DatasetPusherTests {
    private let fake: FakeBraintrust
    private let store = InMemoryStore()

    init() throws { fake = try FakeBraintrust() }

    private func pusher(
        _ datasets: [String] = ["d1"], limit: Int = 1 << 20, isDryRun: Bool = false,
        mayWrite: @escaping @Sendable () -> Bool = { true }
    ) throws -> DatasetPusher {
        let targets = datasets.map {
            PushTarget(Dataset(id: $0, name: "n", description: #"[[relevant_tags: ["a"]]]"#))
        }
        return DatasetPusher(
            try fake.client(), targets: targets, deadLetters: RowDeadLetters(store: store, prefix: "dead/"),
            options: DatasetPusher.Options(payloadLimit: limit, isDryRun: isDryRun),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, mayWrite: mayWrite)
    }

    private func row(_ number: Int, bytes: Int = 0) -> PendingRow {
        let text = String(repeating: "x", count: bytes)
        return PendingRow(
            id: "r\(number)", interaction: "i\(number)", bytes: Array(#"{"id":"r\#(number)","input":"\#(text)"}"#.utf8))
    }

    private func rows(_ count: Int, bytes: Int = 0) -> [PendingRow] { (0..<count).map { row($0, bytes: bytes) } }

    private func counts(_ pusher: DatasetPusher) -> [Int] {
        let counts = pusher.counts[0]
        return [counts.existing, counts.inserted, counts.deadLetters]
    }

    @Test func onlyWhatIsNotThere() async throws {
        fake.put("edited", id: "r1", in: "d1")
        fake.put(interaction: "i3", in: "d1")
        fake.put(interaction: "i4", in: "d2")
        let pusher = try pusher()
        try await pusher.push([(0, rows(5))])
        #expect(fake.rows["d1"]?.keys.sorted() == ["r0", "r1", "r2", "r4"])
        #expect(fake.rows["d1"]?["r1"] == "edited")
        #expect(counts(pusher) == [2, 3, 0])
        try await pusher.push([(0, rows(5))])
        #expect(fake.inserts == [3])
    }

    @Test func manyRowsInFewRequests() async throws {
        let pusher = try pusher()
        try await pusher.push([(0, rows(2500))])
        #expect(fake.asked == [500, 500, 500, 500, 500])
        #expect(fake.inserts == [1000, 1000, 500])
        #expect(fake.rows["d1"]?.count == 2500)
    }

    /// A dataset that has whatever it is asked for, a million rows and more: it is asked, never read.
    @Test func aHugeDataset() async throws {
        fake.fail { call in
            guard case .query = call else { return nil }
            let found = (0..<1000).map { #"{"id":"r\#($0)","input_id":"i\#($0)"}"# }.joined(separator: ",")
            return (LoopbackReply(200, text: #"{"data":[\#(found)],"cursor":null}"#), false)
        }
        let pusher = try pusher()
        try await pusher.push([(0, rows(1000))])
        #expect(fake.inserts.isEmpty)
        #expect(counts(pusher) == [1000, 0, 0])
        #expect(fake.server.requests.allSatisfy { $0.path == "/btql" && $0.body.count < 64 << 10 })
        #expect(fake.server.requests.count == 2)
    }

    @Test func answersInPages() async throws {
        let pages = Mutex(0)
        fake.fail { call in
            guard case .query = call else { return nil }
            let page = pages.withLock { pages in
                pages += 1
                return pages
            }
            return (
                LoopbackReply(
                    200, text: #"{"data":[{"id":"r\#(page)"}],"cursor":\#(page < 3 ? "\"c\(page)\"" : "null")}"#),
                false
            )
        }
        try await pusher().push([(0, rows(5))])
        #expect(fake.rows["d1"]?.keys.sorted() == ["r0", "r4"])
    }

    // MARK: - Sizes

    @Test func withinTheLimit() async throws {
        try await pusher(limit: 10_000).push([(0, rows(50, bytes: 900))])
        #expect(fake.rows["d1"]?.count == 50)
        #expect(fake.largestBody <= 10_000)
        #expect(fake.inserts == [10, 10, 10, 10, 10])
    }

    @Test func halvesWhatIsTooLarge() async throws {
        fake.fail { call in
            guard case .insert(_, let bytes, _, _) = call, bytes > 300_000 else { return nil }
            return (LoopbackReply(413, text: "Payload Too Large"), false)
        }
        let pusher = try pusher(limit: 6 << 20)
        try await pusher.push([(0, rows(40, bytes: 50_000))])
        #expect(fake.rows["d1"]?.count == 40)
        #expect(counts(pusher) == [0, 40, 0])
        // What was learnt counts from then on: five rows of a request, and one query.
        let before = fake.server.requests.count
        try await pusher.push([(0, (100..<140).map { row($0, bytes: 50_000) })])
        #expect(fake.server.requests.count - before == 9)
    }

    /// The refusal was for something else, or of another dataset.
    @Test func aRefusedRequestSaysNothingAboutLargerRows() async throws {
        let pusher = try pusher(limit: 6 << 20)
        let refusals = Mutex(1)
        fake.fail { call in
            guard case .insert = call else { return nil }
            let isRefused = refusals.withLock { left in
                left -= 1
                return left >= 0
            }
            return isRefused ? (LoopbackReply(413), false) : nil
        }
        try await pusher.push([(0, rows(20))])
        try await pusher.push([(0, [row(100, bytes: 500_000), row(101, bytes: 500_000)])])
        #expect(fake.rows["d1"]?.count == 22)
        #expect(counts(pusher) == [0, 22, 0])
        #expect(pusher.payloadLimit > 6_000_000)
    }

    @Test func oneRowThatIsTooLarge() async throws {
        fake.fail { call in
            guard case .insert(_, let bytes, _, _) = call, bytes > 3000 else { return nil }
            return (LoopbackReply(413), false)
        }
        let pusher = try pusher()
        try await pusher.push([(0, [row(1), row(2, bytes: 5000), row(3)])])
        #expect(fake.rows["d1"]?.keys.sorted() == ["r1", "r3"])
        #expect(counts(pusher) == [0, 2, 1])
        #expect(store.names == ["dead/d1-r2.json"])
        let kept = String(decoding: store.objects["dead/d1-r2.json"]?.bytes ?? [], as: UTF8.self)
        #expect(kept.hasPrefix(#"{"reason":"too_large","limit":"#))
        #expect(kept.contains(#","bytes":5022,"dataset_id":"d1","row":{"id":"r2","input":"xxx"#))
        try await pusher.push([(0, [row(2, bytes: 5000)])])
        #expect(store.names.count == 1)
    }

    // MARK: - Failures

    @Test func waitsWhenAskedTooOften() async throws {
        let count = Mutex(0)
        fake.fail { _ in
            let isFirst = count.withLock { count in
                count += 1
                return count % 3 != 0
            }
            return isFirst ? (LoopbackReply(429, headers: ["Retry-After": "20"]), false) : nil
        }
        try await pusher().push([(0, rows(3))])
        #expect(fake.rows["d1"]?.count == 3)
        #expect(fake.clock.sleeps.count == 4)
        #expect(fake.clock.sleeps.allSatisfy { $0 >= .seconds(20) })
    }

    /// The server wrote the rows, and the answer was lost, or is an error: they are there once.
    @Test(arguments: [LoopbackReply(500), .fault(.reset), LoopbackReply(200, body: [0x7B], fault: .cutBody(0))])
    func answersThatAreLost(reply: LoopbackReply) async throws {
        fake.fail { call in
            if case .insert(_, _, 1, _) = call { (reply, true) } else { nil }
        }
        let pusher = try pusher()
        try await pusher.push([(0, rows(3))])
        #expect(fake.rows["d1"]?.count == 3)
        #expect(counts(pusher) == [0, 3, 0])
    }

    /// Half of the inserts succeed, then the service is gone: the next run writes the rest.
    @Test(arguments: [500, 503])
    func halfWayThroughAnInsert(status: Int) async throws {
        fake.fail { call in
            if case .insert(_, _, let number, _) = call, number > 1 { (LoopbackReply(status), false) } else { nil }
        }
        let error = await #expect(throws: Failure.self) { try await pusher().push([(0, rows(1500))]) }
        #expect(error?.status == .unavailable)
        #expect(fake.rows["d1"]?.count == 1000)
        fake.fail { _ in nil }
        let second = try pusher()
        try await second.push([(0, rows(1500))])
        #expect(counts(second) == [1000, 500, 0])
        #expect(fake.inserts == [1000, 500])
    }

    @Test(arguments: [
        (401, Support.ExitStatus.noPermission), (500, .unavailable), (503, .unavailable), (429, .unavailable),
    ])
    func whatEndsTheRun(status: Int, exit: Support.ExitStatus) async throws {
        fake.fail { _ in (LoopbackReply(status, headers: ["Retry-After": "500"]), false) }
        let error = await #expect(throws: Failure.self) {
            try await pusher(["d1", "d2"]).push([(0, rows(3)), (1, rows(3))])
        }
        #expect(error?.status == exit)
    }

    @Test(arguments: [(403, Support.ExitStatus.noPermission), (404, .noInput), (400, .usage)])
    func aDatasetOfItsOwn(status: Int, exit: Support.ExitStatus) async throws {
        fake.fail { call in
            if case .insert("d1", _, _, _) = call { (LoopbackReply(status, text: "no"), false) } else { nil }
        }
        let pusher = try pusher(["d1", "d2"])
        try await pusher.push([(0, rows(3)), (1, rows(3))])
        #expect(pusher.failures.keys.sorted() == [0])
        #expect(pusher.failures[0]?.status == exit)
        #expect(pusher.failures[0]?.message.contains("d1") == true)
        #expect(fake.rows["d2"]?.count == 3)
        let before = fake.server.requests.count
        try await pusher.push([(0, rows(3))])
        #expect(fake.server.requests.count == before)
    }

    /// Rows that the service does not take, among others: as many as a request may have.
    @Test(arguments: [([7], 21), ([0, 1, 2, 3], 25), ([0, 999], 39), ([], 1)], [400, 422])
    func rowsThatAreRefused(_ bad: (numbers: [Int], mostRequests: Int), status: Int) async throws {
        let names = bad.numbers.map { "\"r\($0)\"" }
        fake.refuse(status, rowsWith: names)
        let pusher = try pusher()
        try await pusher.push([(0, rows(1000))])
        #expect(pusher.failures.isEmpty)
        #expect(counts(pusher) == [0, 1000 - names.count, names.count])
        #expect(fake.rows["d1"]?.count == 1000 - names.count)
        #expect(store.names.sorted() == bad.numbers.map { "dead/d1-r\($0).json" })
        #expect(fake.server.requests.count - 2 <= bad.mostRequests)
        for name in store.names {
            let kept = String(decoding: store.objects[name]?.bytes ?? [], as: UTF8.self)
            #expect(kept.hasPrefix(#"{"reason":"refused","message":"Braintrust: HTTP status \#(status): bad row"#))
        }
        // In another run nothing but what is kept tells them from the dataset.
        let again = try self.pusher()
        try await again.push([(0, rows(1000))])
        #expect(again.failures.isEmpty)
        #expect(counts(again) == [1000 - names.count, 0, names.count])
    }

    /// Nothing is kept of a dataset that takes nothing: it may do so tomorrow.
    @Test(arguments: [1, 3, 1000]) func aDatasetThatTakesNothing(count: Int) async throws {
        fake.refuse(400, rowsWith: ["r"])
        let pusher = try pusher()
        try await pusher.push([(0, rows(count))])
        #expect(pusher.failures[0]?.status == .usage)
        #expect(store.names.isEmpty && counts(pusher) == [0, 0, 0])
        #expect(fake.server.requests.count <= Refusals.mostRequests + 2)
    }

    @Test(arguments: [1, 2]) func aDatasetThatRefusesMany(distance: Int) async throws {
        fake.refuse(400, rowsWith: (0..<500).map { "\"r\(distance * $0)\"" })
        let pusher = try pusher()
        try await pusher.push([(0, rows(1000))])
        #expect(pusher.failures[0]?.status == .usage)
        #expect(store.names.isEmpty)
        #expect(fake.server.requests.count < 700)
        // Those that stand together do not keep the others back.
        #expect(fake.rows["d1"]?.count == (distance == 1 ? 500 : nil))
    }

    @Test func malformedAnswers() async throws {
        fake.fail { _ in (LoopbackReply(200, text: #"{"data":null}"#), false) }
        let error = await #expect(throws: Failure.self) { try await pusher().push([(0, rows(3))]) }
        #expect(error?.status == .protocolError)
        #expect(fake.rows.isEmpty)
    }

    // MARK: - Not writing

    @Test func dryRunsOnlyAsk() async throws {
        fake.put("there", id: "r1", in: "d1")
        let pusher = try pusher(isDryRun: true)
        try await pusher.push([(0, rows(3))])
        try await pusher.keep(tooLarge: row(9), of: 0)
        #expect(counts(pusher) == [1, 2, 1])
        #expect(fake.inserts.isEmpty)
        #expect(store.names.isEmpty)
    }

    @Test func whoLostTheLeaseWritesNothing() async throws {
        let error = await #expect(throws: Failure.self) {
            try await pusher(mayWrite: { false }).push([(0, rows(3))])
        }
        #expect(error?.status == .notDrained)
        #expect(fake.inserts.isEmpty)
    }
}
