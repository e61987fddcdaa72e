import Bytes
import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import Braintrust

/// Queries, against a server on loopback.
@Suite struct QueryTests {
    private static func rows(_ page: BTQLPage) -> [String] {
        page.rows.map { String(decoding: page.body[$0], as: UTF8.self) }
    }

    private func error(_ bench: Bench) async throws -> BraintrustError {
        try #require(await #expect(throws: BraintrustError.self) { try await bench.client.query("select: *") })
    }

    // MARK: - Answers

    @Test func rowsAsTheyWereSent() async throws {
        let bench = try Bench(organization: "Ours") { _ in
            LoopbackReply(
                200,
                text:
                    #"{"schema":{"data":[1]},"data":[ {"id" : "1\n", "n":12345678901234567890.50}, {} ],"cursor":"a\"b"}"#
            )
        }
        let page = try await bench.client.query("select: * | filter: a = 'it''s \"x\"\n'")
        #expect(Self.rows(page) == [#"{"id":"1\n","n":12345678901234567890.50}"#, "{}"])
        #expect(page.cursor == "a\"b")
        #expect(page.text("id", ofRow: page.rows[0]) == "1\n")
        #expect(page.text("n", ofRow: page.rows[0]) == nil)
        #expect(page.text("id", ofRow: page.rows[1]) == nil)
        let request = try #require(bench.server.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/btql")
        #expect(request.header("Authorization") == "Bearer \(Bench.key)")
        #expect(request.header("Content-Type") == "application/json")
        #expect(request.header("x-bt-org-name") == "Ours")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"query":"select: * | filter: a = 'it''s \"x\"\n'","fmt":"json","preview_length":-1}"#)
    }

    @Test(
        arguments: [
            (#"{"data":[],"cursor":null}"#, nil, nil as String?), (#"{"data":[]}"#, nil, nil),
            (#"{"data":[],"cursor":""}"#, "", nil), (#"{"data":[],"cursor":null}"#, "from-header", "from-header"),
            (#"{"data":[],"cursor":"from-body"}"#, "from-header", "from-body"),
            // Of equal keys the last one counts.
            (#"{"data":[{}],"cursor":"1","data":[],"cursor":"2"}"#, nil, "2"), (#"{"d\u0061ta":[]}"#, nil, nil),
        ] as [(String, String?, String?)])
    func cursors(body: String, header: String?, cursor: String?) async throws {
        let headers = HTTPHeaders(header.map { [("x-bt-cursor", $0)] } ?? [])
        let page = try await Bench(LoopbackReply(200, headers: headers, text: body)).query("q")
        #expect(page.cursor == cursor)
        #expect(page.rows.isEmpty)
    }

    @Test(arguments: [
        ("", "no JSON"), ("<html>", "no JSON"), ("null", "no JSON"), ("[]", "no JSON"), (#"{"data":["#, "no JSON"),
        (#"{"data":[{}],}"#, "no JSON"), ("{\"data\":[{\"a\":\"\u{1}\"}]}", "no JSON"), ("{}", "has no 'data'"),
        (#"{"cursor":null,"schema":{}}"#, "has no 'data'"), (#"{"Data":[]}"#, "has no 'data'"),
        (#"{"data":null}"#, "is null"), (#"{"data":{}}"#, "no list"), (#"{"data":"[]"}"#, "no list"),
        (#"{"data":[null]}"#, "no object"), (#"{"data":[{},1]}"#, "no object"), (#"{"data":[[]]}"#, "no object"),
        (#"{"data":[],"cursor":5}"#, "no text"),
    ])
    func answersThatAreNone(body: String, reason: String) async throws {
        let bench = try Bench(LoopbackReply(200, headers: ["x-request-id": "r1"], text: body))
        let error = try await error(bench)
        #expect(error.kind == .unreadable)
        #expect(error.requestID == "r1")
        #expect(error.message.contains(reason))
        #expect(error.failure.status == .protocolError)
        #expect(bench.server.requests.count == 1)
    }

    @Test func answersThatNestTooDeep() async throws {
        let body = #"{"data":"# + String(repeating: "[", count: 1 << 20)
        let error = try await error(try Bench(LoopbackReply(200, headers: ["x-request-id": "r1"], text: body)))
        #expect(error.kind == .tooDeep && error.requestID == "r1")
        #expect(error.failure.status == .protocolError)
    }

    @Test func notUTF8() async throws {
        let bench = try Bench(LoopbackReply(200, body: Array(#"{"data":[{"a":""#.utf8) + [0xFF] + Array(#""}]}"#.utf8)))
        #expect(try await error(bench).kind == .unreadable)
    }

    @Test func deepRows() async throws {
        let deep = String(repeating: #"{"a":["#, count: 400) + String(repeating: "]}", count: 400)
        let page = try await Bench(LoopbackReply(200, text: #"{"data":[\#(deep)]}"#)).query("q")
        #expect(Self.rows(page) == [deep])
    }

    // MARK: - Literals

    @Test(arguments: [
        ("", "''"), ("a", "'a'"), ("it's", "'it''s'"), ("''", "''''''"), ("a\\'", "'a\\'''"),
        ("x | limit: 5", "'x | limit: 5'"),
        ("é\u{301}\n\"", "'é\u{301}\n\"'"),
    ])
    func literals(text: String, literal: String) {
        #expect(btqlLiteral(text).utf8.elementsEqual(literal.utf8))
    }

    // MARK: - Failures

    @Test(arguments: [408, 500, 502, 503, 504])
    func triedAgain(status: Int) async throws {
        let bench = try Bench(LoopbackReply(status), LoopbackReply(200, text: #"{"data":[]}"#))
        #expect(try await bench.client.query("q").rows.isEmpty)
        #expect(bench.clock.sleeps == [.milliseconds(500)])
    }

    @Test func whoIsStoppedWhileWaitingDidNotFail() async throws {
        let server = try LoopbackServer { _ in LoopbackReply(503) }
        let client = BraintrustClient(
            try BraintrustConfiguration(address: server.origin, key: Bench.key), transport: try CurlTransport(),
            retrying: Retrying(clock: CancelledClock()))
        let error = try await #require(throws: BraintrustError.self) { try await client.query("q") }
        #expect(error.failure.status == .notDrained)
    }

    @Test func waitsWhenAskedTooOften() async throws {
        let bench = try Bench(
            LoopbackReply(429, headers: ["Retry-After": "61"], text: "slow down"),
            LoopbackReply(429, headers: ["Retry-After": "61"], text: "slow down"),
            LoopbackReply(200, text: #"{"data":[]}"#))
        #expect(try await bench.client.query("q").rows.isEmpty)
        #expect(bench.clock.sleeps == [.seconds(61), .seconds(61)])
    }

    @Test func doesNotWaitForEver() async throws {
        let error = try await error(try Bench(LoopbackReply(429, headers: ["Retry-After": "30"], text: "slow down")))
        #expect(error.kind == .status(429))
        #expect(error.failure.status == .unavailable)
        #expect(error.retryAfter == .seconds(30))
    }

    @Test(arguments: [
        (400, Support.ExitStatus.usage, ""), (401, .noPermission, "BRAINTRUST_API_KEY"),
        (403, .noPermission, "BRAINTRUST_ORG_NAME"), (404, .usage, "BRAINTRUST_API_URL"),
        (303, .usage, "BRAINTRUST_API_URL"),
    ])
    func notTriedAgain(status: Int, exit: Support.ExitStatus, remedy: String) async throws {
        let bench = try Bench(LoopbackReply(status, text: #"{"Code":"BTQLError","Message":"why not"}"#))
        let error = try await error(bench)
        #expect(error.kind == .status(status))
        #expect(error.message.contains("why not"))
        #expect(error.failure.status == exit)
        #expect(error.failure.remedy.contains(remedy))
        #expect(bench.server.requests.count == 1)
    }

    @Test func anotherDataPlane() async throws {
        let error = try await error(try Bench(LoopbackReply(421, text: #"{"RedirectUrl":"https://data.example/x"}"#)))
        #expect(error.failure.remedy.hasSuffix("BRAINTRUST_API_URL to https://data.example"))
    }

    @Test(arguments: [
        LoopbackReply.fault(.reset), .fault(.cutHead(10)),
        LoopbackReply(200, body: Array(#"{"data":[]}"#.utf8), fault: .cutBody(5)),
    ])
    func connectionsThatBreak(reply: LoopbackReply) async throws {
        let bench = try Bench(reply, LoopbackReply(200, text: #"{"data":[{}]}"#))
        #expect(try await bench.client.query("q").rows.count == 1)
        #expect(bench.server.requests.count == 2)
    }

    @Test func noAnswerInTime() async throws {
        let bench = try Bench(.fault(.stall), LoopbackReply(200, text: #"{"data":[{}]}"#), timeout: .seconds(1))
        #expect(try await bench.client.query("q").rows.count == 1)
        #expect(bench.server.requests.count == 2)
    }

    /// As a transport tells it when nobody listens, or the certificate is not trusted.
    private struct Unanswered: HTTPTransport {
        let kind: HTTPError.Kind

        func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
            throw HTTPError(kind, request: request.summary)
        }
    }

    @Test(arguments: [
        (HTTPError.Kind.connect, true, "again"), (.resolve, true, "again"), (.timeout, true, "again"),
        (.tls, false, "SSL_CERT_FILE"),
    ])
    func noAnswer(kind: HTTPError.Kind, isTransient: Bool, remedy: String) async throws {
        let clock = ManualClock()
        let client = BraintrustClient(
            try BraintrustConfiguration(key: Bench.key), transport: Unanswered(kind: kind),
            retrying: Retrying(policy: BraintrustClient.retryPolicy, clock: clock, random: { 0.5 }))
        let error = try #require(await #expect(throws: BraintrustError.self) { try await client.query("q") })
        #expect(error.kind == .unanswered(kind))
        #expect(error.isTransient == isTransient)
        #expect(clock.sleeps.isEmpty != isTransient)
        #expect(error.failure.status == .unavailable)
        #expect(error.failure.remedy.contains(remedy))
    }

    // MARK: - Answers that lie elsewhere

    @Test func fetchedFromStorageWithoutTheKey() async throws {
        let bench = try Bench(organization: "Ours") { request in
            request.path == "/btql"
                ? LoopbackReply(
                    303,
                    headers: [
                        "Location": "http://\(request.header("Host") ?? "")/bucket/x?X-Sig=1", "x-bt-cursor": "c",
                    ])
                : LoopbackReply(200, text: #"{"data":[{"id":"1"}]}"#)
        }
        let page = try await bench.client.query("q")
        #expect(Self.rows(page) == [#"{"id":"1"}"#])
        #expect(page.cursor == "c")
        let second = bench.server.requests[1]
        #expect(second.method == "GET")
        #expect(second.target == "/bucket/x?X-Sig=1")
        #expect(second.header("Authorization") == nil)
        #expect(second.header("x-bt-org-name") == nil)
    }

    @Test func addressesThatRanOut() async throws {
        let answers = Mutex(0)
        let bench = try Bench { request in
            guard request.path == "/btql" else {
                return answers.withLock { count in
                    count += 1
                    return count == 1
                        ? LoopbackReply(403, text: "<Error>expired</Error>")
                        : LoopbackReply(200, text: #"{"data":[{}]}"#)
                }
            }
            return LoopbackReply(303, headers: ["Location": "http://\(request.header("Host") ?? "")/x"])
        }
        #expect(try await bench.client.query("q").rows.count == 1)
        #expect(bench.server.requests.map(\.path) == ["/btql", "/x", "/btql", "/x"])
    }

    @Test(arguments: ["http://storage.example/x", "ftp://127.0.0.1/x", "/relative", "https://user@storage.example/x"])
    func addressesThatAreNotSafe(place: String) async throws {
        let bench = try Bench(LoopbackReply(303, headers: ["Location": place]))
        #expect(try await error(bench).kind == .unreadable)
        #expect(bench.server.requests.count == 1)
    }
}
