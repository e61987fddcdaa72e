import HTTP
import Support
import Testing
import TestSupport

@testable import Anthropic

/// Message Batches, against a server on loopback.
@Suite struct BatchCallsTests {
    private static func batch(
        _ id: String = "msgbatch_1", status: String = "in_progress", results: String = "null",
        created: String = "2026-11-21T07:30:01Z"
    ) -> String {
        #"{"id":"\#(id)","type":"message_batch","processing_status":"\#(status)","#
            + #""request_counts":{"processing":2,"succeeded":0,"errored":0,"canceled":0,"expired":0},"#
            + #""created_at":"\#(created)","expires_at":"2026-11-22T07:30:01.5Z","ended_at":null,"#
            + #""archived_at":null,"cancel_initiated_at":null,"results_url":\#(results)}"#
    }

    private func body(_ fixture: Fixture) throws -> BatchBody {
        var body = BatchBody()
        #expect(body.add("one", try #require(fixture.template.request(content: "hi", maxTokens: 9))) == .added)
        return body
    }

    @Test func aBatchIsMade() async throws {
        let fixture = try Fixture(LoopbackReply(529), LoopbackReply(429), LoopbackReply(200, text: Self.batch()))
        let body = try body(fixture)
        let batch = try await fixture.client.createBatch(body)
        #expect(batch.id == "msgbatch_1")
        #expect(batch.status == .inProgress)
        #expect(batch.counts.processing == 2)
        #expect(batch.createdAt == 1_795_246_201_000)
        #expect(batch.expiresAt == 1_795_332_601_500)
        #expect(batch.endedAt == nil)
        let requests = fixture.server.requests
        #expect(requests.count == 3, "one that was turned away may come again")
        #expect(requests[2].target == "/v1/messages/batches")
        #expect(requests[2].body.count == body.byteCount)
    }

    @Test(arguments: [
        LoopbackReply(500, text: "oops"), LoopbackReply(504), .fault(.reset), LoopbackReply(200, text: "{}"),
    ])
    func aBatchThatMayHaveBeenMadeIsNotMadeAgain(reply: LoopbackReply) async throws {
        let fixture = try Fixture(reply)
        let body = try body(fixture)
        let error = await #expect(throws: AnthropicError.self) { try await fixture.client.createBatch(body) }
        #expect(error?.mayHaveActed == true)
        #expect(fixture.server.requests.count == 1)
    }

    @Test func aBatchIsFollowedAndCancelled() async throws {
        let fixture = try Fixture { request in
            switch (request.method, request.path) {
            case ("GET", "/v1/messages/batches/msgbatch_1"): LoopbackReply(200, text: Self.batch(status: "ended"))
            case ("POST", "/v1/messages/batches/msgbatch_1/cancel"):
                LoopbackReply(200, text: Self.batch(status: "canceling"))
            default: LoopbackReply(404, text: Fixture.problem("not_found_error", "no such batch"))
            }
        }
        #expect(try await fixture.client.batch("msgbatch_1").status == .ended)
        #expect(try await fixture.client.cancelBatch("msgbatch_1").status == .canceling)
        let error = await #expect(throws: AnthropicError.self) { try await fixture.client.batch("msgbatch_2") }
        #expect(error?.status == 404)
    }

    @Test(arguments: ["", "..", "a/b", "a?b", "ä"])
    func idsThatAreNoneAreNotSent(id: String) async throws {
        let fixture = try Fixture(LoopbackReply(200, text: Self.batch()))
        let error = await #expect(throws: AnthropicError.self) { try await fixture.client.batch(id) }
        #expect(error?.kind == .refused)
        #expect(fixture.server.requests.isEmpty)
    }

    @Test(arguments: [
        "{}", #"{"id":"../x","processing_status":"ended","request_counts":{}}"#, #"{"id":null}"#,
        #"{"id":"b","processing_status":null}"#, #"{"id":"b","processing_status":"ended","request_counts":null}"#,
    ])
    func batchesThatAreNone(body: String) async throws {
        let fixture = try Fixture(LoopbackReply(200, text: body))
        let error = await #expect(throws: AnthropicError.self) { try await fixture.client.batch("b") }
        #expect(error?.kind == .unreadable)
    }

    // MARK: - Listing

    @Test func allPagesOfAList() async throws {
        let fixture = try Fixture { request in
            switch request.query["after_id"] {
            case nil: LoopbackReply(200, text: #"{"data":[\#(Self.batch("b3")),\#(Self.batch("b2"))],"has_more":true}"#)
            case "b2": LoopbackReply(200, text: #"{"data":[\#(Self.batch("b1"))],"has_more":false,"first_id":null}"#)
            default: LoopbackReply(400)
            }
        }
        #expect(try await fixture.client.batches(since: 0).map(\.id) == ["b3", "b2", "b1"])
        #expect(fixture.server.requests.first?.query["limit"] == "100")
    }

    @Test func aListIsReadAsFarBackAsWanted() async throws {
        let old = Self.batch("b1", created: "2026-11-20T00:00:00Z")
        let fixture = try Fixture(LoopbackReply(200, text: #"{"data":[\#(Self.batch("b2")),\#(old)],"has_more":true}"#))
        #expect(try await fixture.client.batches(since: 1_795_246_201_000).map(\.id) == ["b2"])
        #expect(fixture.server.requests.count == 1)
    }

    @Test func aListThatDoesNotEnd() async throws {
        let same = try Fixture(LoopbackReply(200, text: #"{"data":[\#(Self.batch())],"has_more":true}"#))
        let error = await #expect(throws: AnthropicError.self) { try await same.client.batches(since: 0) }
        #expect(error?.kind == .refused)
        #expect(same.server.requests.count == 2)
        let endless = try Fixture { request in
            let number = Int((request.query["after_id"] ?? "b0").dropFirst()) ?? 0
            return LoopbackReply(200, text: #"{"data":[\#(Self.batch("b\(number + 1)"))],"has_more":true}"#)
        }
        await #expect(throws: AnthropicError.self) { try await endless.client.batches(since: 0) }
        #expect(endless.server.requests.count == 100)
    }

    // MARK: - Results

    private static let lines = #"{"custom_id":"a","result":{"type":"expired"}}"# + "\n"

    /// Behind a gateway the API names its own host, to which the key must not go.
    @Test(arguments: [
        #""https://api.anthropic.com/v1/messages/batches/msgbatch_1/results""#, #""//evil.example/x""#, #""""#, "null",
        "5",
    ])
    func resultsComeFromTheSameServer(url: String) async throws {
        let fixture = try Fixture(LoopbackReply(200, text: Self.lines))
        let batch = try ended(at: url)
        #expect(Array(try await fixture.client.results(of: batch)).map(\.customID) == ["a"])
        #expect(fixture.server.requests.map(\.target) == ["/v1/messages/batches/msgbatch_1/results"])
    }

    @Test func resultsHaveALimit() async throws {
        let fixture = try Fixture(LoopbackReply(200, text: Self.lines), maxResultBytes: Self.lines.utf8.count - 1)
        let batch = try ended()
        let error = await #expect(throws: AnthropicError.self) { try await fixture.client.results(of: batch) }
        #expect(error?.kind == .unanswered(.tooLarge))
    }

    @Test func resultsThatBreakOffAreFetchedAgain() async throws {
        let fixture = try Fixture(
            LoopbackReply(200, body: Array(Self.lines.utf8), fault: .cutBody(9)), LoopbackReply(200, text: Self.lines))
        let batch = try ended()
        #expect(Array(try await fixture.client.results(of: batch)).count == 1)
    }

    private func ended(at url: String = "null") throws -> Batch {
        let text = Self.batch(status: "ended", results: url)
        return try #require(
            HTTPResponse(status: 200, headers: [:], body: Array(text.utf8)).decodedBody(Batch.self))
    }
}
