import Foundation

/// A message of the stand-in: thinking where the model does, then text or a tool call.
struct MessageReply: Sendable, Equatable {
    var content: [JSONValue] = []
    var stopReason = "end_turn"
    var stopSequence: String?
    var usage: TokenUsage

    /// What a script puts in its place.
    struct Override: Sendable, Equatable {
        var text: String?
        var stopReason: String?

        init(text: String? = nil, stopReason: String? = nil) {
            (self.text, self.stopReason) = (text, stopReason)
        }
    }

    /// - Parameter usage: its input part.
    init(to request: MessageRequest, usage: TokenUsage, override: Override = Override()) {
        self.usage = usage
        var room = request.maxTokens
        if request.thinks { think(request, room: &room) }
        if stopReason != "max_tokens" { speak(request, room: room, override: override) }
        if let reason = override.stopReason { stopReason = reason }
        if stopReason == "refusal", override.text == nil { content.removeAll { $0["type"] == "text" } }
    }

    private mutating func think(_ request: MessageRequest, room: inout Int) {
        let wanted = ["low": 16, "medium": 32, "high": 64, "xhigh": 128, "max": 256][request.effort ?? "medium"] ?? 32
        usage.thinking = min(wanted, room)
        usage.output += usage.thinking
        room -= usage.thinking
        content.append(["type": "thinking", "thinking": "", "signature": "c3RhbmQtaW4="])
        if room == 0 { stopReason = "max_tokens" }
    }

    private mutating func speak(_ request: MessageRequest, room: Int, override: Override) {
        if let tool = request.forcedTool, override.text == nil {
            let input = KeywordAnswer(schema: tool.schema, text: request.userText).value
            usage.output += TokenUsage.tokens(bytes: input.bytes.count)
            content.append([
                "type": "tool_use", "id": "toolu_standin", "name": .string(tool.name), "input": input,
            ])
            stopReason = "tool_use"
            return
        }
        var text = override.text ?? MessageReply.text(for: request)
        if let end = request.stopSequences.compactMap({ text.range(of: $0)?.lowerBound }).min() {
            stopSequence = request.stopSequences.first { text[end...].hasPrefix($0) }
            stopReason = "stop_sequence"
            text = String(text[..<end])
        }
        if TokenUsage.tokens(bytes: text.utf8.count) > room {
            text = String(decoding: text.utf8.prefix(room * 4), as: UTF8.self)
            stopReason = "max_tokens"
        }
        usage.output += TokenUsage.tokens(bytes: text.utf8.count)
        content.append(["type": "text", "text": .string(text)])
    }

    private static func text(for request: MessageRequest) -> String {
        guard let schema = request.schema else { return "This is a stand-in; it has no model." }
        return KeywordAnswer(schema: schema, text: request.userText).value.text
    }

    func json(id: String, model: String, tier: String) -> JSONValue {
        var usage = usage.json.object ?? JSONObject()
        usage["service_tier"] = .string(tier)
        usage["inference_geo"] = "not_available"
        var details: JSONValue = nil
        if stopReason == "refusal" {
            details = ["type": "refusal", "category": nil, "explanation": "A script asked for it."]
        }
        return [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model),
            "content": .array(content), "stop_reason": .string(stopReason), "stop_sequence": .optional(stopSequence),
            "stop_details": details, "usage": .object(usage),
        ]
    }
}
