import Bytes
import Foundation
import HTTP
import Support
import Testing
import TestSupport

@testable import Anthropic

/// One message and the small calls, against a server on loopback.
@Suite struct AnthropicClientTests {
    @Test func aMessage() async throws {
        let headers: HTTPHeaders = ["request-id": "req_1", "anthropic-ratelimit-requests-remaining": "7"]
        let fixture = try Fixture(LoopbackReply(200, headers: headers, text: Fixture.message()))
        let answer = try await fixture.send("hi")
        #expect(answer.text == "{}")
        #expect(answer.requestID == "req_1")
        #expect(answer.limits.requests?.remaining == 7)
        let request = try #require(fixture.server.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/v1/messages")
        #expect(request.headers.all("x-api-key") == [Fixture.key])
        #expect(request.headers["anthropic-version"] == "2026-10-21")
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["authorization"] == nil)
        #expect(request.body == fixture.template.request(content: "hi", maxTokens: 100)?.body.joined)
    }

    @Test(arguments: [
        (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"),
        (403, "permission_error"), (404, "not_found_error"), (409, "conflict_error"), (413, "request_too_large"),
        (429, "rate_limit_error"), (500, "api_error"), (504, "timeout_error"), (529, "overloaded_error"),
    ])
    func everyStatusWithItsBody(status: Int, type: String) async throws {
        let fixture = try Fixture(LoopbackReply(status, text: Fixture.problem(type, "why\\nnot")))
        let error = try #require(await fixture.error())
        #expect(error.status == status)
        #expect(error.type == type)
        #expect(error.message == "why not")
        #expect(error.requestID == "req_body")
        #expect(error.description == "Claude API: HTTP status \(status): \(type): why not (request req_body)")
        #expect(fixture.server.requests.count == 1, "one attempt")
    }

    @Test func headersOfAnError() async throws {
        let fixture = try Fixture(
            LoopbackReply(
                429,
                headers: [
                    "request-id": "req_1", "retry-after-ms": "250", "retry-after": "1", "x-should-retry": "true",
                    "anthropic-ratelimit-tokens-remaining": "0",
                ], text: Fixture.problem("rate_limit_error", "slower")))
        let error = try #require(await fixture.error())
        #expect(error.requestID == "req_1")
        #expect(error.retryAfter == .milliseconds(250))
        #expect(error.shouldRetry == true)
        #expect(error.limits.tokens?.remaining == 0)
    }

    @Test(arguments: [
        "<html><head><title>502 Bad Gateway</title></head>\r\n<body>\u{1B}[31m</body></html>", "", "null", "[]",
        #"{"error":"no object"}"#, #"{"error":{"type":5,"message":"m"}}"#, #"{"message":"no error"}"#,
        String(repeating: "[", count: 1 << 20), #"{"error":{"message":""# + String(repeating: "é", count: 9000),
    ])
    func bodiesOfSomebodyElse(body: String) async throws {
        let fixture = try Fixture(LoopbackReply(502, text: body))
        let error = try #require(await fixture.error())
        #expect(error.status == 502)
        #expect(error.type == nil)
        #expect(error.message.unicodeScalars.count <= 401)
        #expect(!error.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(CallPolicy.decision(error) == .retry(after: nil))
    }

    @Test(arguments: [
        "", "{", "<html></html>", String(repeating: "[", count: 1 << 20), String(Fixture.message().dropLast(9)),
        #"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
    ])
    func successThatIsNone(body: String) async throws {
        let fixture = try Fixture(LoopbackReply(200, headers: ["request-id": "req_1"], text: body))
        let error = try #require(await fixture.error())
        #expect(error.kind == .unreadable)
        #expect(error.requestID == "req_1")
        #expect(CallPolicy.decision(error) == .retry(after: nil))
    }

    @Test(arguments: [
        (LoopbackReply.Fault.reset, HTTPError.Kind.reset), (.cutHead(40), .truncated), (.cutBody(20), .truncated),
    ])
    func brokenConnections(fault: LoopbackReply.Fault, kind: HTTPError.Kind) async throws {
        let fixture = try Fixture(LoopbackReply(200, body: Array(Fixture.message().utf8), fault: fault))
        let error = try #require(await fixture.error())
        #expect(error.kind == .unanswered(kind))
        #expect(CallPolicy.decision(error) == .retry(after: nil))
    }

    @Test func anAnswerLongerThanAnyMessage() async throws {
        let fixture = try Fixture(LoopbackReply(200, body: [UInt8](repeating: 0x20, count: (4 << 20) + 1)))
        #expect(try #require(await fixture.error()).kind == .unanswered(.tooLarge))
    }

    // MARK: - Nothing of it may be shown

    @Test func neitherKeyNorContentIsShown() async throws {
        let content = "My name is Ada, and my card is 4111 1111 1111 1111; please do not tell anybody about it."
        let secrets = [Fixture.key, String(Fixture.key.dropLast(8)), "4111", "Ada"]
        let echo = try Fixture { request in
            LoopbackReply(500, body: Array("seen: ".utf8) + request.body)
        }
        let inside = try Fixture(
            LoopbackReply(400, text: Fixture.problem("invalid_request_error", "messages.0: bad: \(content)")))
        let key = try Fixture { request in
            LoopbackReply(401, text: "wrong key: \(request.header("x-api-key") ?? "") was sent")
        }
        let cutKey = try Fixture { request in
            LoopbackReply(401, text: String(repeating: "x", count: 380) + (request.header("x-api-key") ?? ""))
        }
        for fixture in [echo, inside, key, cutKey] {
            let error = try #require(await fixture.error(sending: content))
            var shown = ""
            dump(error, to: &shown)
            dump(fixture.client, to: &shown)
            shown += "\(error) \(error.failure) \(fixture.client) \(CallPolicy.decision(error))"
            for secret in secrets { #expect(!shown.contains(secret)) }
        }
        #expect(try #require(await key.error()).message == "wrong key: …")
    }

    @Test func keysAreCheckedBeforeTheyAreSent() throws {
        for key in ["", " \n", "two words", "käse", "a\u{0}b"] {
            let failure = try #require(throws: Failure.self) { try AnthropicConfiguration(key: key) }
            #expect(failure.status == .noPermission)
            #expect(failure.message.contains("ANTHROPIC_API_KEY"))
            #expect(key.count < 3 || !failure.description.contains(key))
        }
        let failure = try #require(throws: Failure.self) { try AnthropicConfiguration(address: "http://a.b", key: "k") }
        #expect(failure.status == .usage)
        #expect(try AnthropicConfiguration(key: "k\n").address.description == "https://api.anthropic.com")
    }

    // MARK: - With attempts

    @Test func callsAreTriedAgainAsTheServerWishes() async throws {
        let fixture = try Fixture(
            LoopbackReply(429, headers: ["retry-after": "20"]), LoopbackReply(500),
            LoopbackReply(200, body: [1, 2], fault: .cutBody(1)),
            LoopbackReply(200, text: #"{"data":[]}"#))
        #expect(try await fixture.client.batches(since: 0).isEmpty)
        #expect(fixture.clock.sleeps == [.seconds(20), .seconds(1), .seconds(2)])
    }

    @Test func callsEndAtTheDeadline() async throws {
        let fixture = try Fixture(LoopbackReply(500, text: "down"))
        let error = await #expect(throws: AnthropicError.self) { try await fixture.client.batches(since: 0) }
        #expect(error?.status == 500)
        #expect(error?.failure.status == .unavailable)
        #expect(fixture.clock.now.offset <= .seconds(60))
        #expect(fixture.server.requests.count > 3)
    }

    @Test func whatNoAttemptChangesIsNotTriedAgain() async throws {
        let fixture = try Fixture(LoopbackReply(401))
        await #expect(throws: AnthropicError.self) { try await fixture.client.batches(since: 0) }
        #expect(fixture.server.requests.count == 1)
    }
}
