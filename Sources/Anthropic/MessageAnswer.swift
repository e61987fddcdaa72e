internal import HTTP

/// Why the model stopped. Only `endTurn` means that a structured answer is complete.
package enum StopReason: Sendable, Equatable, CustomStringConvertible {
    case endTurn, maxTokens, stopSequence, toolUse, pauseTurn, refusal, contextWindowExceeded
    /// Another name, or an empty one when there is none.
    case other(String)

    package init(_ name: String) {
        switch name {
        case "end_turn": self = .endTurn
        case "max_tokens": self = .maxTokens
        case "stop_sequence": self = .stopSequence
        case "tool_use": self = .toolUse
        case "pause_turn": self = .pauseTurn
        case "refusal": self = .refusal
        case "model_context_window_exceeded": self = .contextWindowExceeded
        default: self = .other(String(name.prefix(60)))
        }
    }

    /// As the API spells it.
    package var description: String {
        switch self {
        case .endTurn: "end_turn"
        case .maxTokens: "max_tokens"
        case .stopSequence: "stop_sequence"
        case .toolUse: "tool_use"
        case .pauseTurn: "pause_turn"
        case .refusal: "refusal"
        case .contextWindowExceeded: "model_context_window_exceeded"
        case .other(let name): name
        }
    }
}

/// What the model answered. Its text is content: it belongs into no log.
package struct MessageAnswer: Sendable, Equatable {
    /// A longer body is refused.
    static let maxBytes = 4 << 20

    package var id: String
    /// The model that answered.
    package var model: String
    /// All text blocks, joined; blocks of other types, as thinking, are left out.
    package var text: String
    package var stopReason: StopReason
    /// nil when the API did not say.
    package var usage: Usage?
    /// For questions to Anthropic about this answer; not for results of a batch.
    package var requestID: String?
    package var limits = RateLimits()
}

extension MessageAnswer: Decodable {
    private enum Key: String, CodingKey { case id, model, content, stop_reason, usage }

    private struct Block: Decodable {
        private enum Key: String, CodingKey { case type, text }

        /// Empty for a block of another type.
        var text: String

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            let type = try? values.decode(String.self, forKey: .type)
            text = type == "text" ? try values.decode(String.self, forKey: .text) : ""
        }
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        // It is paid for: what nobody needs must not make it unreadable.
        id = (try? values.decode(String.self, forKey: .id)) ?? ""
        model = (try? values.decode(String.self, forKey: .model)) ?? ""
        text = try values.decode([Block].self, forKey: .content).map(\.text).joined()
        stopReason = StopReason(try values.decodeIfPresent(String.self, forKey: .stop_reason) ?? "")
        usage = try values.decodeIfPresent(Usage.self, forKey: .usage)
    }
}
