import Bytes
import Foundation
import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import VertexAI

/// The calls, against a server on loopback.
@Suite struct VertexClientTests {
    private static let jobs = "/vertex/v1/projects/p/locations/us-central1/batchPredictionJobs"
    private static let name = "projects/1/locations/us-central1/batchPredictionJobs/2"
    private static let draft = BatchJobDraft(
        displayName: "judge-1", model: "gemini-2.5-flash", inputURIs: ["gs://b/a.jsonl", "gs://b/b.jsonl"],
        outputPrefix: "gs://b/out", labels: ["app": "judge"])

    private let clock = ManualClock()

    private func client(
        _ server: LoopbackServer, authorizer: (any RequestAuthorizer)? = nil, clock: (any Clock<Duration>)? = nil
    ) throws -> VertexClient {
        VertexClient(
            try VertexConfiguration(project: "p", location: "us-central1", baseURL: server.origin + "/vertex"),
            transport: try CurlTransport(), authorizer: authorizer,
            retrying: Retrying(policy: VertexClient.retryPolicy, clock: clock ?? self.clock, random: { 0.5 }))
    }

    /// Answers one after another, the last one for ever.
    private func server(_ replies: LoopbackReply...) throws -> LoopbackServer {
        let rest = Mutex(replies[...])
        return try LoopbackServer { _ in
            rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] }
        }
    }

    private static func job(_ id: Int, _ displayName: String = "judge-1", _ created: String = "") -> String {
        let name = "projects/1/locations/us-central1/batchPredictionJobs/\(id)"
        return
            #"{"name":"\#(name)","displayName":"\#(displayName)","state":"JOB_STATE_RUNNING","createTime":"\#(created)"}"#
    }

    private static func problem(_ status: Int, _ rpc: String, _ rest: String = "") -> LoopbackReply {
        LoopbackReply(status, text: #"{"error":{"code":\#(status),"message":"why\nso.","status":"\#(rpc)"\#(rest)}}"#)
    }

    // MARK: - Batch jobs

    @Test func aJobIsMade() async throws {
        let server = try server(LoopbackReply(200, text: Self.job(2)))
        let made = try await client(server).createBatchJob(Self.draft)
        #expect(made.name == Self.name)
        #expect(made.state == .running)
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == Self.jobs)
        #expect(request.header("Content-Type") == "application/json")
        let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? NSDictionary
        #expect(
            body == [
                "displayName": "judge-1", "model": "publishers/google/models/gemini-2.5-flash",
                "inputConfig": [
                    "instancesFormat": "jsonl", "gcsSource": ["uris": ["gs://b/a.jsonl", "gs://b/b.jsonl"]],
                ],
                "outputConfig": [
                    "predictionsFormat": "jsonl", "gcsDestination": ["outputUriPrefix": "gs://b/out"],
                ],
                "labels": ["app": "judge"],
            ])
    }

    @Test func withoutLabelsThereAreNone() async throws {
        let server = try server(LoopbackReply(200, text: Self.job(2)))
        var draft = Self.draft
        draft.labels = [:]
        _ = try await client(server).createBatchJob(draft)
        #expect(!String(decoding: server.requests[0].body, as: UTF8.self).contains("labels"))
    }

    @Test(arguments: [
        LoopbackReply(408), LoopbackReply(429), LoopbackReply(500), LoopbackReply(503), LoopbackReply.fault(.reset),
        LoopbackReply(200, text: "{}"), LoopbackReply(400), LoopbackReply(404),
    ])
    func aJobIsMadeOnce(reply: LoopbackReply) async throws {
        let server = try server(reply, LoopbackReply(200, text: Self.job(2)))
        let error = try await #require(throws: VertexError.self) { try await client(server).createBatchJob(Self.draft) }
        #expect(server.requests.count == 1)
        #expect(clock.sleeps.isEmpty)
        #expect(error.mayHaveActed == ![429, 400, 404].contains(reply.status))
    }

    @Test func aModelThatIsRetired() async throws {
        let server = try server(Self.problem(404, "NOT_FOUND"))
        let error = try await #require(throws: VertexError.self) { try await client(server).createBatchJob(Self.draft) }
        #expect(error.isNotFound)
        #expect(error.kind == .status(404, rpc: "NOT_FOUND"))
        #expect(error.failure.status == .noInput)
    }

    @Test func aJobIsLookedAt() async throws {
        let server = try server(LoopbackReply(503), LoopbackReply(200, text: Self.job(2)))
        #expect(try await client(server).batchJob(Self.name).name == Self.name)
        #expect(server.requests.map(\.target) == ["/vertex/v1/\(Self.name)", "/vertex/v1/\(Self.name)"])
        #expect(clock.sleeps == [.seconds(0.5)])
    }

    @Test func whoIsStoppedWhileWaitingDidNotFail() async throws {
        let server = try server(LoopbackReply(503))
        let error = try await #require(throws: VertexError.self) {
            try await client(server, clock: CancelledClock()).batchJob(Self.name)
        }
        #expect(error.failure.status == .notDrained)
    }

    @Test func aJobIsCancelled() async throws {
        let server = try server(.fault(.reset), LoopbackReply(200, text: "{}"))
        try await client(server).cancelBatchJob(Self.name)
        #expect(server.requests.map(\.method) == ["POST", "POST"])
        #expect(server.requests.last?.target == "/vertex/v1/\(Self.name):cancel")
    }

    @Test(arguments: ["", "x", "projects/1/locations/europe-west4/batchPredictionJobs/2", "\(name)/../../models/x"])
    func jobsThatAreNotAskedFor(name: String) async throws {
        let server = try server(LoopbackReply(200, text: Self.job(2)))
        let error = try await #require(throws: VertexError.self) { try await client(server).batchJob(name) }
        #expect(error.failure.status == .usage)
        #expect(!error.mayHaveActed && !error.isTransient)
        await #expect(throws: VertexError.self) { try await client(server).cancelBatchJob(name) }
        #expect(server.requests.isEmpty)
    }

    // MARK: - Lists

    @Test func allPagesOldestFirst() async throws {
        let server = try LoopbackServer { request in
            switch request.query["pageToken"] {
            case nil:
                let jobs = [
                    Self.job(3, "judge-1", "2026-11-21T03:00:00Z"), Self.job(9, "judge-10", "2026-11-21T00:00:00Z"),
                ]
                return LoopbackReply(
                    200, text: #"{"batchPredictionJobs":[\#(jobs.joined(separator: ","))],"nextPageToken":"a+b"}"#)
            case "a+b": return LoopbackReply(200, text: #"{"nextPageToken":"c"}"#)
            default:
                let jobs = [
                    Self.job(1, "judge-1", "2026-11-21T01:00:00Z"), Self.job(3, "judge-1", "2026-11-21T03:00:00Z"),
                    Self.job(5, "judge-1"),
                ]
                return LoopbackReply(
                    200, text: #"{"batchPredictionJobs":[\#(jobs.joined(separator: ","))],"nextPageToken":""}"#)
            }
        }
        let jobs = try await client(server).batchJobs(displayName: "judge-1")
        #expect(jobs.map { $0.name.split(separator: "/").last } == ["1", "3", "5"])
        #expect(server.requests.count == 3)
        for request in server.requests {
            #expect(request.path == Self.jobs)
            #expect(request.query["filter"] == #"display_name="judge-1""#)
            #expect(request.query["pageSize"] == "100")
        }
    }

    @Test func namesAreQuoted() async throws {
        let server = try server(LoopbackReply(200, text: "{}"))
        #expect(try await client(server).batchJobs(displayName: #"a"b\c"#).isEmpty)
        #expect(server.requests[0].query["filter"] == #"display_name="a\"b\\c""#)
    }

    @Test func aListThatBeginsAgain() async throws {
        let server = try server(LoopbackReply(200, text: #"{"nextPageToken":"a"}"#))
        let error = try await #require(throws: VertexError.self) {
            try await client(server).batchJobs(displayName: "d")
        }
        #expect(error.kind == .unreadable)
        #expect(server.requests.count == 2)
    }

    @Test func aListThatDoesNotEnd() async throws {
        let server = try LoopbackServer { request in
            LoopbackReply(200, text: #"{"nextPageToken":"\#(request.query["pageToken"] ?? "")x"}"#)
        }
        let error = try await #require(throws: VertexError.self) {
            try await client(server).batchJobs(displayName: "d")
        }
        #expect(error.kind == .unreadable)
        #expect(server.requests.count == 100)
    }

    @Test(arguments: [
        "", "null", "[]", "<html>", #"{"batchPredictionJobs":{}}"#, #"{"batchPredictionJobs":[1]}"#,
        #"{"batchPredictionJobs":[{}]}"#, #"{"nextPageToken":5}"#, String(repeating: "[", count: 1 << 20),
        #"{"a":"# + String(repeating: "[", count: 1 << 20), #"{"batchPredictionJobs":[]"#,
    ])
    func listsThatAreNone(body: String) async throws {
        let server = try server(LoopbackReply(200, text: body))
        let error = try await #require(throws: VertexError.self) {
            try await client(server).batchJobs(displayName: "d")
        }
        #expect(error.kind == .unreadable)
        #expect(error.failure.status == .protocolError)
        #expect(server.requests.count == 1)
    }

    // MARK: - Models

    @Test(arguments: [
        ("gemini-2.5-flash", "projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash"),
        ("projects/q/locations/us-central1/endpoints/7", "projects/q/locations/us-central1/endpoints/7"),
    ])
    func aModelIsAsked(model: String, path: String) async throws {
        let server = try server(LoopbackReply(429), LoopbackReply(200, text: #"{"candidates":[]}"#))
        let answer = try await client(server).generateContent(model: model, body: ByteRope(#"{"contents":[]}"#.utf8))
        #expect(answer == Array(#"{"candidates":[]}"#.utf8))
        #expect(server.requests.last?.target == "/vertex/v1/\(path):generateContent")
        #expect(server.requests.last?.body == Array(#"{"contents":[]}"#.utf8))
    }

    @Test func aModelThatCannotBe() async throws {
        let server = try server(LoopbackReply(200))
        let error = try await #require(throws: VertexError.self) {
            try await client(server).generateContent(model: "a b", body: ByteRope())
        }
        #expect(error.failure.status == .usage)
        #expect(server.requests.isEmpty)
    }

    // MARK: - Failures

    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func triedAgain(status: Int) async throws {
        let server = try server(LoopbackReply(status), LoopbackReply(200, text: Self.job(2)))
        _ = try await client(server).batchJob(Self.name)
        #expect(clock.sleeps == [.seconds(0.5)])
    }

    @Test(arguments: [
        (300, Support.ExitStatus.usage), (400, .failure), (401, .noPermission), (403, .noPermission), (404, .noInput),
        (409, .unavailable), (412, .unavailable), (501, .unavailable),
    ])
    func notTriedAgain(status: Int, exit: Support.ExitStatus) async throws {
        let server = try server(Self.problem(status, status == 404 ? "NOT_FOUND" : "OTHER"))
        let error = try await #require(throws: VertexError.self) { try await client(server).batchJob(Self.name) }
        #expect(server.requests.count == 1)
        #expect(error.failure.status == exit)
        #expect(error.message == "why so")
        #expect(error.description.contains("HTTP status \(status)"))
        #expect(error.isNotFound == (status == 404))
    }

    @Test func theWaitThatTheAPIAsksFor() async throws {
        let delay = #","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7.5s"}]"#
        let server = try server(
            Self.problem(429, "RESOURCE_EXHAUSTED", delay), LoopbackReply(429, headers: ["Retry-After": "9"]),
            LoopbackReply(200, text: Self.job(2)))
        _ = try await client(server).batchJob(Self.name)
        #expect(clock.sleeps == [.seconds(7.5), .seconds(9)])
    }

    @Test func givingUp() async throws {
        let server = try server(Self.problem(429, "RESOURCE_EXHAUSTED"))
        let error = try await #require(throws: VertexError.self) { try await client(server).batchJob(Self.name) }
        #expect(error.kind == .status(429, rpc: "RESOURCE_EXHAUSTED"))
        #expect(error.isTransient)
        #expect(error.failure.status == .unavailable)
        #expect(clock.now.offset <= .seconds(300))
        #expect(server.requests.count > 5)
    }

    @Test func anAPIThatIsNotEnabled() async throws {
        let details = #","details":[5,null,{"reason":7},{"reason":"SERVICE_DISABLED","metadata":{}}]"#
        let server = try server(Self.problem(403, "PERMISSION_DENIED", details))
        let error = try await #require(throws: VertexError.self) { try await client(server).batchJob(Self.name) }
        #expect(error.reasons == ["SERVICE_DISABLED"])
        #expect(error.failure.remedy.contains("aiplatform.googleapis.com"))
    }

    @Test(arguments: [
        "", "Not Found", "<html><title>404</title></html>", #"{"error":"x"}"#, #"{"error":{"status":5}}"#, "[]",
        String(repeating: "[", count: 1 << 20), String(repeating: "é", count: 1 << 18),
    ])
    func errorsThatAreNotTheAPIs(body: String) async throws {
        let server = try server(LoopbackReply(404, text: body))
        let error = try await #require(throws: VertexError.self) { try await client(server).batchJob(Self.name) }
        #expect(error.kind == .status(404, rpc: nil))
        #expect(!error.isNotFound)
        #expect(!error.message.isEmpty && error.message.utf8.count < 2000)
        #expect(error.failure.status == .usage)
    }

    @Test func moreDetailsThanAnyoneReads() async throws {
        let many = Array(repeating: #"{"reason":"R"}"#, count: 10_000).joined(separator: ",")
        let server = try server(Self.problem(400, "INVALID_ARGUMENT", #","details":[\#(many)]"#))
        let error = try await #require(throws: VertexError.self) { try await client(server).batchJob(Self.name) }
        #expect(error.reasons.count == 20)
    }

    @Test func nobodyListens() async throws {
        let server = try server(LoopbackReply(200))
        let client = try client(server)
        server.stop()
        let error = try await #require(throws: VertexError.self) { try await client.createBatchJob(Self.draft) }
        #expect(error.isTransient)
        #expect(error.failure.status == .unavailable)
    }

    // MARK: - Credentials

    @Test func aRefusedTokenIsRefreshedOnceEvenForACreate() async throws {
        let server = try LoopbackServer { request in
            request.header("Authorization") == "Bearer 2" ? LoopbackReply(200, text: Self.job(2)) : LoopbackReply(401)
        }
        let authorizer = CountingAuthorizer()
        let made = try await client(server, authorizer: authorizer).createBatchJob(Self.draft)
        #expect(made.name == Self.name)
        #expect(server.requests.count == 2)
        #expect(authorizer.refusals == 1)
    }

    @Test func tokensThatAreAlwaysRefused() async throws {
        let server = try server(Self.problem(401, "UNAUTHENTICATED"))
        let error = try await #require(throws: VertexError.self) {
            try await client(server, authorizer: CountingAuthorizer()).batchJob(Self.name)
        }
        #expect(server.requests.count == 2)
        #expect(error.failure.status == .noPermission)
    }

    @Test func withoutCredentialsNothingIsSent() async throws {
        let server = try server(LoopbackReply(200, text: Self.job(2)))
        let failure = Failure(.noPermission, "there are none")
        let error = try await #require(throws: VertexError.self) {
            try await client(server, authorizer: CountingAuthorizer(failure)).batchJob(Self.name)
        }
        #expect(error.kind == .unsent(failure))
        #expect(error.failure == failure)
        #expect(server.requests.isEmpty)
    }
}

/// Each token is good until it is refused.
private final class CountingAuthorizer: RequestAuthorizer {
    private let failure: Failure?
    private let refused = Mutex(0)

    init(_ failure: Failure? = nil) { self.failure = failure }

    var refusals: Int { refused.withLock { $0 } }

    func authorization() async throws(Failure) -> HTTPHeaders {
        if let failure { throw failure }
        return ["Authorization": "Bearer \(refusals + 1)"]
    }

    func refused(_ authorization: HTTPHeaders) { refused.withLock { $0 += 1 } }
}
