/// A piece of the prompt, in the order in which the cache sees it: tools, system, messages.
struct PromptBlock: Sendable, Equatable {
    enum Lifetime: String, Sendable { case fiveMinutes = "5m", oneHour = "1h" }

    var bytes: [UInt8]
    /// The prompt up to here is to be cached.
    var breakpoint: Lifetime?
}

extension FieldReader {
    /// `cache_control` of a block or of the whole request.
    func cacheControl() throws(AnthropicFault) -> PromptBlock.Lifetime? {
        guard let control = try nested("cache_control") else { return nil }
        try control.only(["type", "ttl"])
        _ = try control.required("type")
        _ = try control.choice("type", ["ephemeral"])
        return try control.choice("ttl", ["5m", "1h"]).flatMap(PromptBlock.Lifetime.init) ?? .fiveMinutes
    }

    /// The text of a text block.
    func textBlock() throws(AnthropicFault) -> String {
        try only(["type", "text", "cache_control", "citations"])
        let text = try requiredString("text")
        guard !text.isEmpty else { throw .invalid("\(place)text: text content blocks must be non-empty") }
        return text
    }
}

/// One turn of the conversation.
struct Turn: Sendable, Equatable {
    var isUser: Bool
    /// What its text blocks say.
    var text: String
    var blocks: [PromptBlock]

    init(_ json: JSONValue, at place: String, version: APIVersion) throws(AnthropicFault) {
        let reader = try FieldReader(json, at: place)
        try reader.only(["role", "content"])
        _ = try reader.required("role")
        isUser = try reader.choice("role", ["user", "assistant"]) == "user"
        let content = try reader.required("content")
        if let string = content.string {
            guard !string.isEmpty else { throw .invalid("\(place): all messages must have non-empty content") }
            (text, blocks) = (string, [PromptBlock(bytes: Array(string.utf8))])
            return
        }
        guard let array = content.array else { throw reader.fault("content", "Input should be a valid string or list") }
        guard !array.isEmpty else { throw .invalid("\(place): all messages must have non-empty content") }
        (text, blocks) = ("", [])
        for (index, element) in array.enumerated() {
            let block = try FieldReader(element, at: "\(place).content.\(index)")
            text += try Turn.text(of: block, isUser: isUser, version: version)
            blocks.append(PromptBlock(bytes: element.bytes, breakpoint: try block.cacheControl()))
        }
    }

    private static func text(
        of block: FieldReader, isUser: Bool, version: APIVersion
    ) throws(AnthropicFault) -> String {
        switch try block.requiredString("type") {
        case "text":
            if isUser, version == .october2026, let citations = block["citations"], citations != [] {
                throw block.fault("citations", "not permitted on user text blocks under this API version")
            }
            return try block.textBlock()
        case "tool_use" where !isUser:
            try block.only(["type", "id", "name", "input", "cache_control"])
            for key in ["id", "name", "input"] { _ = try block.required(key) }
        case "tool_result" where isUser:
            try block.only(["type", "tool_use_id", "content", "is_error", "cache_control"])
            _ = try block.required("tool_use_id")
        case "thinking" where !isUser:
            try block.only(["type", "thinking", "signature"])
            for key in ["thinking", "signature"] { _ = try block.required(key) }
        case let type:
            throw block.fault("type", "'\(type)' blocks are not permitted here, or not served by the stand-in")
        }
        return ""
    }
}

/// Values of the header `anthropic-version`.
enum APIVersion: String, Sendable, CaseIterable {
    case june2023 = "2023-06-01"
    case october2026 = "2026-10-21"
}
