import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import Braintrust

/// The list of tags, against a server on loopback.
@Suite struct ProjectTagsTests {
    private static let key = "sk-bt-0123456789"
    private let clock = ManualClock()

    private func client(_ server: LoopbackServer, organization: String? = nil) throws -> BraintrustClient {
        BraintrustClient(
            try BraintrustConfiguration(address: server.origin + "/", key: Self.key + "\n", organization: organization),
            transport: try CurlTransport(),
            retrying: Retrying(policy: BraintrustClient.retryPolicy, clock: clock, random: { 0.5 }))
    }

    /// Answers one after another, the last one for ever.
    private func server(_ replies: LoopbackReply...) throws -> LoopbackServer {
        let rest = Mutex(replies[...])
        return try LoopbackServer { _ in
            rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] }
        }
    }

    private static func page(_ tags: [String]) -> LoopbackReply {
        LoopbackReply(200, text: #"{"objects":[\#(tags.joined(separator: ","))]}"#)
    }

    private static func tag(_ id: String, name: String = #""spam""#) -> String {
        #"{"id":"\#(id)","project_id":"p","user_id":"u","name":\#(name),"description":null,"color":null}"#
    }

    private func error(_ server: LoopbackServer) async throws -> BraintrustError {
        try #require(await #expect(throws: BraintrustError.self) { try await client(server).projectTags() })
    }

    @Test func allPages() async throws {
        let server = try LoopbackServer { request in
            switch request.query["starting_after"] {
            case nil: Self.page([Self.tag("1"), Self.tag("2")])
            case "2": Self.page([Self.tag("3", name: #""日本 \"x\"""#)])
            default: Self.page([])
            }
        }
        let tags = try await client(server, organization: "Ours & theirs").projectTags(projectID: "p/1")
        #expect(tags.map(\.id) == ["1", "2", "3"])
        #expect(tags[2] == ProjectTag(id: "3", projectID: "p", name: "日本 \"x\"", description: nil))
        let requests = server.requests
        #expect(requests.map { $0.query["starting_after"] } == [nil, "2", "3"])
        for request in requests {
            #expect(request.path == "/v1/project_tag")
            #expect(request.query["limit"] == "1000")
            #expect(request.query["org_name"] == "Ours & theirs")
            #expect(request.query["project_id"] == "p/1")
            #expect(request.headers["Authorization"] == "Bearer \(Self.key)")
        }
    }

    @Test func whatIsNotAskedForIsNotSent() async throws {
        let server = try server(Self.page([]))
        #expect(try await client(server).projectTags().isEmpty)
        #expect(server.requests.map(\.target) == ["/v1/project_tag?limit=1000"])
    }

    @Test func nullsAndOtherTypes() async throws {
        let objects = [
            #"{"id":"1","name":null,"description":null}"#, #"{"id":"2"}"#,
            #"{"id":"3","name":5,"description":["x"],"project_id":{}}"#, #"{"id":"4","name":"","description":"d"}"#,
        ]
        let server = try server(Self.page(objects), Self.page([]))
        #expect(
            try await client(server).projectTags() == [
                ProjectTag(id: "1"), ProjectTag(id: "2"), ProjectTag(id: "3"),
                ProjectTag(id: "4", name: "", description: "d"),
            ])
    }

    @Test func pagesThatOverlap() async throws {
        let server = try server(
            Self.page([Self.tag("1"), Self.tag("2")]), Self.page([Self.tag("2"), Self.tag("3")]), Self.page([]))
        #expect(try await client(server).projectTags().map(\.id) == ["1", "2", "3"])
    }

    @Test func aListThatBeginsAgain() async throws {
        let server = try server(Self.page([Self.tag("1")]))
        let error = try await error(server)
        #expect(error.kind == .unreadable)
        #expect(error.failure.status == .protocolError)
        #expect(server.requests.count == 2)
    }

    @Test func aListThatDoesNotEnd() async throws {
        let server = try LoopbackServer { request in
            Self.page([Self.tag("\((Int(request.query["starting_after"] ?? "0") ?? 0) + 1)")])
        }
        #expect(try await error(server).kind == .unreadable)
        #expect(server.requests.count == 100)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "<html>", #"{"objects":null}"#, #"{"objects":{}}"#, #"{"objects":[1]}"#,
        #"{"objects":[null]}"#, #"{"objects":[{}]}"#, #"{"objects":[{"id":5}]}"#, #"{"objects":[{"id":"1"}"#,
        String(repeating: "[", count: 1 << 20), #"{"objects":"# + String(repeating: "[", count: 1 << 20),
    ])
    func answersThatAreNone(body: String) async throws {
        let error = try await error(try server(LoopbackReply(200, headers: ["x-request-id": "r1"], text: body)))
        #expect(error.kind == .unreadable)
        #expect(error.requestID == "r1")
    }

    // MARK: - Failures

    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func triedAgain(status: Int) async throws {
        let server = try server(LoopbackReply(status), Self.page([]))
        #expect(try await client(server).projectTags().isEmpty)
        #expect(clock.sleeps == [.milliseconds(250)])
    }

    @Test func theServersWishAndTheDeadline() async throws {
        let patient = try server(LoopbackReply(429, headers: ["Retry-After": "7"]), .fault(.reset), Self.page([]))
        #expect(try await client(patient).projectTags().isEmpty)
        #expect(clock.sleeps.first == .seconds(7))
        let server = try server(LoopbackReply(429, headers: ["Retry-After": "3600"], text: "slow down"))
        let error = try await error(server)
        #expect(error.failure.status == .unavailable)
        #expect(error.retryAfter == .seconds(3600))
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [
        (401, Support.ExitStatus.noPermission, "BRAINTRUST_API_KEY"), (403, .noPermission, "BRAINTRUST_ORG_NAME"),
        (404, .usage, "BRAINTRUST_API_URL"), (303, .usage, "BRAINTRUST_API_URL"), (400, .usage, "project's id"),
    ])
    func notTriedAgain(status: Int, exit: Support.ExitStatus, remedy: String) async throws {
        let server = try server(
            LoopbackReply(status, headers: ["x-bt-internal-trace-id": "t1"], text: "why\u{1B} not\n"))
        let error = try await error(server)
        #expect(error.kind == .status(status))
        #expect(error.description == "Braintrust: HTTP status \(status): why\u{FFFD} not (request t1)")
        #expect(error.failure.status == exit)
        #expect(error.failure.remedy.contains(remedy))
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [
        (#"{"RedirectUrl":"https://data.example/x?secret=1"}"#, "https://data.example" as String?),
        (#"{"RedirectUrl":"nonsense"}"#, nil), ("elsewhere", nil),
    ])
    func anotherDataPlane(body: String, address: String?) async throws {
        let error = try await error(try server(LoopbackReply(421, text: body)))
        #expect(error.otherAddress == address)
        #expect(error.failure.status == .usage)
        #expect(address.map { error.failure.remedy.hasSuffix("BRAINTRUST_API_URL to \($0)") } ?? true)
    }

    @Test func longTextsAreCutAndKeysLeftOut() async throws {
        let long = try await error(try server(LoopbackReply(400, text: String(repeating: "é", count: 20_000))))
        #expect(long.message.unicodeScalars.count == 4001)
        let echo = try LoopbackServer { LoopbackReply(401, text: $0.header("Authorization") ?? "") }
        let error = try await error(echo)
        var shown = "\(error) \(error.failure) \(try client(echo))"
        dump(try client(echo), to: &shown)
        dump(error, to: &shown)
        #expect(!shown.contains(Self.key))
    }
}
