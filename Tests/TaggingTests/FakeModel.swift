import Anthropic
import Bytes
import Foundation
import HTTP
import Support
import Synchronization

@testable import Anthropic
@testable import Tagging

/// Stands for the service: answers by a rule, and counts the calls by what they ask about.
final class FakeModel: Sendable {
    typealias Reply = Result<MessageAnswer, AnthropicError>

    struct Call: Sendable {
        /// The user's turn.
        var content: String
        var maxTokens: Int
        /// Of this content, from 1.
        var number: Int
        /// Of all contents, from 1.
        var total: Int

        /// Whether the record's text has this in it.
        func isAbout(_ text: String) -> Bool { content.contains(text) }
    }

    private struct State {
        var calls: [String: Int] = [:]
        var total = 0
        var underWay = 0
        var peak = 0
    }

    private let state = Mutex(State())
    private let rule: @Sendable (Call) async -> Reply

    init(_ rule: @escaping @Sendable (Call) async -> Reply = { _ in .success(answer(["bug"])) }) { self.rule = rule }

    var calls: Int { state.withLock(\.total) }
    /// How many calls were under way at once, at most.
    var peak: Int { state.withLock(\.peak) }
    /// By the user's turn.
    var callsByContent: [String: Int] { state.withLock(\.calls) }

    func calls(about text: String) -> Int {
        callsByContent.reduce(0) { $1.key.contains(text) ? $0 + $1.value : $0 }
    }

    var send: @Sendable (MessageRequest) async throws(AnthropicError) -> MessageAnswer {
        { [self] (request: MessageRequest) async throws(AnthropicError) -> MessageAnswer in
            guard let body = try? JSONDecoder().decode(Body.self, from: Data(request.body.joined)) else {
                throw AnthropicError(.status(400), type: "invalid_request_error", message: "not JSON")
            }
            let content = body.messages[0].content
            let call = state.withLock { state in
                state.calls[content, default: 0] += 1
                state.total += 1
                state.underWay += 1
                state.peak = max(state.peak, state.underWay)
                return Call(
                    content: content, maxTokens: body.max_tokens, number: state.calls[content] ?? 0, total: state.total)
            }
            defer { state.withLock { $0.underWay -= 1 } }
            return try await rule(call).get()
        }
    }

    private struct Body: Decodable {
        struct Message: Decodable { var content: String }
        var messages: [Message]
        var max_tokens: Int
    }
}

func answer(_ tags: [String], stopReason: StopReason = .endTurn, cost tokens: Int64 = 100) -> MessageAnswer {
    let list = tags.map { "\"\($0)\"" }.joined(separator: ",")
    return answer(text: "{\"tags\":[\(list)]}", stopReason: stopReason, cost: tokens)
}

func answer(text: String, stopReason: StopReason = .endTurn, cost tokens: Int64 = 100) -> MessageAnswer {
    MessageAnswer(
        id: "msg_1", model: TagBench.model, text: text, stopReason: stopReason,
        usage: Usage(input: tokens, output: 10))
}

func refused(_ status: Int, _ type: String = "api_error", _ message: String = "no", retryAfter: Duration? = nil)
    -> FakeModel.Reply
{
    var error = AnthropicError(.status(status), type: type, message: message)
    error.retryAfter = retryAfter
    return .failure(error)
}
