import HTTP
import Support
import Testing

@testable import Anthropic

@Suite struct CallPolicyTests {
    private func error(_ status: Int, _ type: String? = nil, _ message: String = "m") -> AnthropicError {
        AnthropicError(.status(status), type: type, message: message)
    }

    /// Reference: API errors of the Claude API, and what its own clients try again.
    @Test(arguments: [
        (401, "authentication_error", "stop"), (402, "billing_error", "stop"), (403, "permission_error", "stop"),
        (404, "not_found_error", "stop"), (408, nil, "retry"), (409, "conflict_error", "retry"),
        (413, "request_too_large", "this record"), (422, nil, "perhaps this record"),
        (418, nil, "perhaps this record"), (429, "rate_limit_error", "retry"), (500, "api_error", "retry"),
        (502, nil, "retry"), (503, nil, "retry"), (504, "timeout_error", "retry"), (529, "overloaded_error", "retry"),
        (301, nil, "stop"), (307, nil, "stop"),
    ])
    func statuses(status: Int, type: String?, decision: String) {
        #expect(CallPolicy.decision(error(status, type)).kind == decision)
    }

    @Test(arguments: [
        ("Your credit balance is too low to access the Anthropic API.", "stop"),
        ("You have reached your specified API usage limits. You will regain access on 2026-12-01.", "stop"),
        ("This request would exceed your organization's spend limit.", "stop"),
        ("This organization has been disabled.", "stop"), ("Invalid `anthropic-beta` header", "stop"),
        ("The compiled grammar is too large, which would cause performance issues.", "stop"),
        ("Schema is too complex.", "stop"),
        ("output_config.format.schema: For 'object' type, 'additionalProperties' must be false", "stop"),
        ("model: claude-nope is not a model", "stop"), ("temperature: Extra inputs are not permitted", "stop"),
        ("`temperature` may not be set", "stop"), ("This model does not support effort", "stop"),
        ("max_tokens: 900000 > 128000, which is the maximum allowed number of output tokens", "stop"),
        ("prompt is too long: 1200000 tokens > 1000000 maximum", "this record"),
        ("input length and `max_tokens` exceed context limit: 990000 + 20000 > 1000000", "this record"),
        ("Output blocked by content filtering policy", "this record"),
        ("messages: text content blocks must be non-empty", "this record"),
        ("messages.0.content: “my credit balance, an unsupported model and a spend limit”", "this record"),
        ("Something else is wrong", "perhaps this record"), ("", "perhaps this record"),
    ])
    func badRequests(message: String, decision: String) {
        #expect(CallPolicy.decision(error(400, "invalid_request_error", message)).kind == decision)
    }

    @Test func wordsOfSomebodyElseDoNotStopARun() {
        #expect(CallPolicy.decision(error(400, nil, "unsupported: credit balance")).kind == "perhaps this record")
    }

    @Test func theAPIsOwnWordOnTryingAgainCounts() {
        var refused = error(400, "invalid_request_error")
        refused.shouldRetry = true
        refused.retryAfter = .seconds(3)
        #expect(CallPolicy.decision(refused) == .retry(after: .seconds(3)))
        var busy = error(429, "rate_limit_error")
        busy.retryAfter = .seconds(7)
        #expect(CallPolicy.decision(busy) == .retry(after: .seconds(7)))
        busy.shouldRetry = false
        #expect(CallPolicy.decision(busy) == .later)
        #expect(busy.failure.status == .unavailable)
        var wrongKey = error(401, "authentication_error")
        wrongKey.shouldRetry = false
        #expect(CallPolicy.decision(wrongKey).kind == "stop")
    }

    @Test(arguments: HTTPError.Kind.allCases)
    func noAnswer(kind: HTTPError.Kind) {
        let decision = CallPolicy.decision(AnthropicError(HTTPError(kind, request: "POST https://host/v1/messages")))
        switch kind {
        case .resolve, .connect, .stall, .timeout, .reset, .truncated, .queueFull, .protocolViolation, .other:
            #expect(decision == .retry(after: nil))
        case .tooLarge: #expect(decision.kind == "perhaps this record")
        case .tls: #expect(decision.failure?.status == .unavailable)
        case .invalidRequest: #expect(decision.failure?.status == .usage)
        case .cancelled: #expect(decision.failure?.status == .notDrained)
        }
    }

    @Test(arguments: [
        (401, "m", Support.ExitStatus.noPermission, "ANTHROPIC_API_KEY"), (402, "m", .noPermission, "Console"),
        (403, "m", .noPermission, "ANTHROPIC_API_KEY"), (404, "m", .usage, "retired"), (307, "m", .usage, "redirects"),
        (400, "Your credit balance is too low", .noPermission, "Console"),
        (400, "Schema is too complex", .usage, "tags"), (400, "thinking: not now", .usage, "thinking"),
    ])
    func stopsSayWhatToDo(status: Int, message: String, exit: Support.ExitStatus, remedy: String) throws {
        let failure = try #require(CallPolicy.decision(error(status, "t", message)).failure)
        #expect(failure.status == exit)
        #expect(failure.remedy.contains(remedy))
        #expect(failure.message.contains("\(status)"))
        #expect(error(status, "t", message).failure == failure)
    }

    @Test func nobodyOfTheAPIAnswersAtAWrongAddress() {
        #expect(CallPolicy.decision(error(404)).failure?.remedy.contains("ANTHROPIC_BASE_URL") == true)
    }

    @Test(arguments: [
        (AnthropicError.Kind.status(429), false), (.status(529), false), (.status(400), false), (.status(408), true),
        (.status(500), true), (.status(504), true), (.unreadable, true), (.refused, false),
        (.unanswered(.connect), false), (.unanswered(.resolve), false), (.unanswered(.reset), true),
        (.unanswered(.timeout), true), (.unanswered(.truncated), true),
    ])
    func whatMayHaveBeenDone(kind: AnthropicError.Kind, mayHaveActed: Bool) {
        #expect(AnthropicError(kind, message: "").mayHaveActed == mayHaveActed)
    }
}
