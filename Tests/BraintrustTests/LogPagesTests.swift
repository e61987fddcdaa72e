import Bytes
import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import Braintrust

/// Logs page by page, against a server that holds rows `p001`, `p002`, ….
@Suite struct LogPagesTests {
    private static func page(_ keys: [String], cursor: String? = nil) -> LoopbackReply {
        let rows = keys.map { #"{"id":"\#($0)","_pagination_key":"\#($0)"}"# }.joined(separator: ",")
        return LoopbackReply(200, text: #"{"data":[\#(rows)],"cursor":\#(cursor.map { "\"\($0)\"" } ?? "null")}"#)
    }

    private static func key(_ number: Int) -> String { "p" + padded(number, 6) }

    private static func limit(_ query: String) -> Int {
        Int(query[(query.lastIndex(of: " ") ?? query.startIndex)...].dropFirst()) ?? -1
    }

    private static func number(after query: String) -> Int {
        guard let range = query.firstRange(of: "_pagination_key > 'p") else { return -1 }
        return Int(query[range.upperBound...].prefix(6)) ?? -1
    }

    /// Answers as the service does; fails for pages that are larger than `most`.
    private static func reply(_ request: LoopbackRequest, count: Int, most: Int = .max, status: Int = 504)
        -> LoopbackReply
    {
        let query = request.bodyMember("query") ?? ""
        let limit = limit(query)
        guard limit <= most else { return LoopbackReply(status, text: "too slow") }
        let numbers = ((number(after: query) + 1)..<count).prefix(limit)
        return page(numbers.map(key), cursor: numbers.count == limit ? "c" : nil)
    }

    private func keys(_ pages: inout LogPages) async throws -> [[String]] {
        var result: [[String]] = []
        while let page = try await pages.next() {
            #expect(!page.rows.isEmpty)
            result.append(page.rows.compactMap { page.text("id", ofRow: $0) })
        }
        return result
    }

    private func error(_ bench: Bench) async throws -> BraintrustError {
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 2)
        return try #require(
            await #expect(throws: BraintrustError.self) { while try await pages.next() != nil {} })
    }

    private static func queries(_ bench: Bench) -> [String] {
        bench.server.requests.map { $0.bodyMember("query") ?? "" }
    }

    @Test(arguments: [(1, 0), (2, 0), (3, 1)])
    func anAnswerThatIsNotWholeIsAskedForAgain(times: Int, partial: Int) async throws {
        let asked = Mutex(0)
        let bench = try Bench { request in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            guard count <= times else { return Self.reply(request, count: 1) }
            return LoopbackReply(
                200, text: #"{"data":[],"cursor":null,"realtime_state":{"type":"exhausted_timeout"}}"#)
        }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil)
        #expect(try await keys(&pages) == (partial == 0 ? [[Self.key(0)]] : []))
        #expect(pages.partialPages == partial)
        #expect((pages.doubt == nil) == (partial == 0))
    }

    @Test func allRowsOnce() async throws {
        let bench = try Bench { Self.reply($0, count: 5) }
        var pages = LogPages(bench.client, projectID: "it's", since: 0, until: 1_000, pageSize: 2)
        #expect(try await keys(&pages) == [["p000000", "p000001"], ["p000002", "p000003"], ["p000004"]])
        #expect(pages.lastKey == "p000004")
        #expect(try await pages.next() == nil)
        let start =
            "select: * | from: project_logs('it''s') spans | filter: created >= '1970-01-01T00:00:00.000Z'"
            + " and created < '1970-01-01T00:00:01.000Z'"
        #expect(
            Self.queries(bench) == [
                start + " | sort: _pagination_key asc | limit: 2",
                start + " and _pagination_key > 'p000001' | sort: _pagination_key asc | limit: 2",
                start + " and _pagination_key > 'p000003' | sort: _pagination_key asc | limit: 2",
            ])
    }

    @Test func goesOnBehindAKey() async throws {
        let bench = try Bench { Self.reply($0, count: 4) }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, after: "p000001")
        #expect(try await keys(&pages) == [["p000002", "p000003"]])
        #expect(
            Self.queries(bench)[0].contains("created >= '1970-01-01T00:00:00.000Z' and _pagination_key > 'p000001'"))
    }

    @Test func noLogs() async throws {
        let bench = try Bench { Self.reply($0, count: 0) }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil)
        #expect(try await pages.next() == nil)
        #expect(pages.lastKey == nil)
        #expect(bench.server.requests.count == 1)
    }

    @Test func aFullPageWithoutCursorIsNotTheEnd() async throws {
        let bench = try Bench(Self.page(["a", "b"]), Self.page(["c"]), Self.page([]))
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 2)
        #expect(try await keys(&pages) == [["a", "b"], ["c"]])
    }

    @Test func aShortPageWithCursorIsNotTheEnd() async throws {
        let bench = try Bench(Self.page(["a"], cursor: "c"), Self.page(["b"], cursor: "c"), Self.page([], cursor: "c"))
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 2)
        #expect(try await keys(&pages) == [["a"], ["b"]])
        #expect(bench.server.requests.count == 3)
    }

    @Test func manyRows() async throws {
        let bench = try Bench { Self.reply($0, count: 100_001) }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 20_000)
        let found = try await keys(&pages).flatMap { $0 }
        #expect(found == (0..<100_001).map(Self.key))
    }

    // MARK: - Smaller pages

    @Test(arguments: [500, 502, 504])
    func halvesPagesThatFail(status: Int) async throws {
        let bench = try Bench { Self.reply($0, count: 300, most: 60, status: status) }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 200)
        #expect(try await keys(&pages).flatMap { $0 } == (0..<300).map(Self.key))
        #expect(Self.queries(bench).prefix(7).map(Self.limit) == [200, 100, 50, 50, 50, 50, 100])
        #expect(bench.clock.sleeps.isEmpty)
    }

    @Test func halvesPagesThatTakeTooLong() async throws {
        let bench = try Bench(timeout: .seconds(1)) { request in
            Self.limit(request.bodyMember("query") ?? "") > 40 ? .fault(.stall) : Self.reply(request, count: 30)
        }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 80)
        #expect(try await keys(&pages).flatMap { $0 }.count == 30)
        #expect(Self.queries(bench).map(Self.limit) == [80, 40])
    }

    @Test func theSmallestPageIsTriedAgainUntilTheDeadline() async throws {
        let bench = try Bench { _ in LoopbackReply(504, text: "too slow") }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 100)
        let error = await #expect(throws: BraintrustError.self) { try await pages.next() }
        #expect(error?.kind == .status(504))
        #expect(Self.queries(bench).prefix(8).map(Self.limit) == [100, 50, 25, 12, 6, 3, 1, 1])
        #expect(bench.clock.sleeps.count >= 20)
    }

    /// Answers rows of which one is more than any page can bring.
    private static func reply(_ request: LoopbackRequest, count: Int, unreadable: Int, _ fault: LoopbackReply)
        -> LoopbackReply
    {
        let query = request.bodyMember("query") ?? ""
        let numbers = ((number(after: query) + 1)..<count).prefix(limit(query))
        return query.hasPrefix("select: *") && numbers.contains(unreadable) ? fault : page(numbers.map(key))
    }

    @Test(arguments: [0, 7, 9]) func aRowThatCannotBeReadIsLeftOut(number: Int) async throws {
        let depth = BTQLPage.maxRowDepth + 1
        let nested = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        let fault = LoopbackReply(200, text: #"{"data":[\#(nested)]}"#)
        let bench = try Bench { Self.reply($0, count: 10, unreadable: number, fault) }
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 4)
        #expect(try await keys(&pages).flatMap { $0 } == (0..<10).filter { $0 != number }.map(Self.key))
        let unreadable = pages.takeUnreadable()
        #expect(unreadable.map(\.key) == [Self.key(number)] && unreadable.map(\.id) == [Self.key(number)])
        #expect(pages.takeUnreadable().isEmpty)
        #expect(bench.clock.sleeps.isEmpty)
    }

    @Test func whatAnotherTimeMayMendIsNotLeftOut() {
        let lasting: [BraintrustError.Kind] = [.tooDeep, .unanswered(.tooLarge)]
        let others: [BraintrustError.Kind] = [.status(504), .status(500), .unanswered(.timeout), .unreadable]
        #expect(lasting.allSatisfy { BraintrustError($0, message: "").isOfRows })
        #expect(!others.contains { BraintrustError($0, message: "").isOfRows })
    }

    @Test func rowsNestAsDeepAsTheyMay() async throws {
        let depth = BTQLPage.maxRowDepth - 1
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let bench = try Bench(
            LoopbackReply(200, text: #"{"data":[{"id":"a","_pagination_key":"a","input":\#(nested)}]}"#), Self.page([]))
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 4)
        #expect(try await keys(&pages) == [["a"]])
    }

    @Test func anotherFailureChangesNothing() async throws {
        let bench = try Bench(LoopbackReply(503), Self.page(["a"]))
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 100)
        #expect(try await keys(&pages) == [["a"]])
        #expect(Self.queries(bench).map(Self.limit) == [100, 100])
    }

    @Test func goesOnAfterAFailure() async throws {
        let bench = try Bench(Self.page(["a", "b"]), LoopbackReply(400), Self.page(["c"]))
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 2)
        #expect(try await pages.next()?.rows.count == 2)
        await #expect(throws: BraintrustError.self) { try await pages.next() }
        var rest = LogPages(bench.client, projectID: "p", since: nil, until: nil, after: pages.lastKey, pageSize: 2)
        #expect(try await keys(&rest) == [["c"]])
    }

    // MARK: - Keys

    @Test func repeatedKeysAreLeftOut() async throws {
        let bench = try Bench(Self.page(["a", "a"]), Self.page(["a", "b"]), Self.page([]))
        var pages = LogPages(bench.client, projectID: "p", since: nil, until: nil, pageSize: 2)
        #expect(try await keys(&pages) == [["a"], ["b"]])
    }

    @Test func aListThatBeginsAgain() async throws {
        let bench = try Bench(Self.page(["a", "b"]))
        let error = try await error(bench)
        #expect(error.message.contains("begin again"))
        #expect(bench.server.requests.count == 2)
    }

    @Test func keysInNoOrder() async throws {
        #expect(try await error(try Bench(Self.page(["b", "a"]))).message.contains("order"))
    }

    @Test(arguments: [#"{"id":"1"}"#, #"{"_pagination_key":5}"#, #"{"_pagination_key":null}"#])
    func rowsWithoutKey(row: String) async throws {
        let error = try await error(try Bench(LoopbackReply(200, text: #"{"data":[\#(row)]}"#)))
        #expect(error.kind == .unreadable)
        #expect(error.message.contains("_pagination_key"))
    }
}
