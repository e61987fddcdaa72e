/// The answer to one request, with what a script or `--row-faults` changed.
struct GeminiReply: Sendable {
    /// What becomes of the usual answer.
    struct Change: Sendable, Equatable {
        var text: String?
        var finishReason: String?
        /// Of a prompt that is blocked: no candidates then.
        var blockReason: String?
        /// The text ends after so many bytes, or half-way; the reason is MAX_TOKENS unless another is given.
        var truncate: ScriptStep.Truncation?
        /// A part that is the model's thought goes first.
        var thinks = false
        /// The text comes in two parts.
        var splits = false
    }

    let json: JSONValue

    init(to request: GeminiRequest, model: GeminiModel, id: String, change: Change = Change()) {
        let promptTokens = TokenUsage.tokens(bytes: request.promptBytes)
        var usage = JSONObject([("promptTokenCount", .integer(promptTokens))])
        var reply = JSONObject()
        if let reason = change.blockReason {
            reply["promptFeedback"] = [
                "blockReason": .string(reason), "blockReasonMessage": "The prompt was blocked (stand-in).",
            ]
            usage["totalTokenCount"] = .integer(promptTokens)
        } else {
            var text = change.text ?? GeminiReply.text(for: request)
            var finishReason = change.finishReason ?? "STOP"
            let thought = change.thinks || request.showsThoughts ? "The stand-in looks for phrases." : nil
            let thoughtTokens = TokenUsage.tokens(bytes: thought?.utf8.count ?? 0)
            var bytesMax = max(0, request.outputTokensMax - thoughtTokens) * 4
            switch change.truncate {
            case .half: bytesMax = min(bytesMax, text.utf8.count / 2)
            case .after(let count): bytesMax = min(bytesMax, count)
            case nil: break
            }
            if text.utf8.count > bytesMax {
                text = GeminiReply.prefix(of: text, bytes: bytesMax)
                finishReason = change.finishReason ?? "MAX_TOKENS"
            }
            let outputTokens = TokenUsage.tokens(bytes: text.utf8.count)
            var parts: [JSONValue] = thought.map { [["text": .string($0), "thought": true]] } ?? []
            parts += GeminiReply.parts(text, splits: change.splits)
            var content = JSONObject([("role", "model")])
            if !parts.isEmpty { content["parts"] = .array(parts) }
            reply["candidates"] = [
                [
                    "content": .object(content), "finishReason": .string(finishReason), "index": 0,
                    "avgLogprobs": .number(-0.1),
                ]
            ]
            usage["candidatesTokenCount"] = .integer(outputTokens)
            if thoughtTokens > 0 { usage["thoughtsTokenCount"] = .integer(thoughtTokens) }
            usage["totalTokenCount"] = .integer(promptTokens + outputTokens + thoughtTokens)
        }
        usage["trafficType"] = "ON_DEMAND"
        reply["usageMetadata"] = .object(usage)
        reply["modelVersion"] = .string(model.id)
        reply["responseId"] = .string(id)
        json = .object(reply)
    }

    private static func text(for request: GeminiRequest) -> String {
        request.schema.map { JudgeAnswer(schema: $0, text: request.text).value.text } ?? "stand-in"
    }

    private static func parts(_ text: String, splits: Bool) -> [JSONValue] {
        guard !text.isEmpty else { return [] }
        guard splits else { return [["text": .string(text)]] }
        let first = prefix(of: text, bytes: text.utf8.count / 2)
        return [["text": .string(first)], ["text": .string(String(text.dropFirst(first.count)))]]
    }

    /// So many bytes at most, without a cut in a character.
    private static func prefix(of text: String, bytes: Int) -> String {
        var count = 0
        return String(
            text.prefix { character in
                count += character.utf8.count
                return count <= bytes
            })
    }
}
