import Testing

@testable import StandIns

/// A request to `model` that is valid but for the members given.
func messageBody(_ members: JSONValue = [:], model: String = "claude-haiku-5-5") -> JSONValue {
    var body = JSONObject([
        ("model", .string(model)), ("max_tokens", 1000), ("messages", [["role": "user", "content": "hello"]]),
    ])
    for member in members.object?.members ?? [] { body[member.key] = member.value }
    return .object(body)
}

@Suite struct MessageRequestTests {
    private func accepts(_ body: JSONValue, _ version: APIVersion) -> Bool {
        (try? MessageRequest(body, version: version)) != nil
    }

    @Test(arguments: [
        messageBody(["max_tokens": nil]), messageBody(["max_tokens": -1]), messageBody(["max_tokens": "1"]),
        messageBody(["max_tokens": 128_001]), messageBody(["messages": []]), messageBody(["messages": "hello"]),
        messageBody(["messages": [["role": "user", "content": ""]]]),
        messageBody(["messages": [["role": "system", "content": "a"]]]),
        messageBody(["messages": [["role": "user", "content": [["type": "image"]]]]]),
        messageBody(["messages": [["role": "user", "content": [["type": "text", "text": ""]]]]]),
        messageBody(["messages": [["role": "user", "content": "a", "name": "b"]]]),
        messageBody(["messages": [["role": "assistant", "content": "a"], ["role": "user", "content": "a"]]]),
        messageBody(["messages": [["role": "user", "content": "a"], ["role": "assistant", "content": "a"]]]),
        messageBody(["nonsense": 1]), messageBody(["stream": true]), messageBody(["stop_sequences": [" "]]),
        messageBody(["metadata": ["name": "a"]]), messageBody(["service_tier": "fast"]),
        messageBody(["system": [["type": "image"]]]),
        messageBody(["system": [["type": "text", "text": "a", "cache_control": ["type": "ephemeral", "ttl": "2h"]]]]),
        messageBody(["output_config": ["effort": "huge"]]),
        messageBody(["output_config": ["format": ["type": "text"]]]),
        messageBody(["output_format": ["type": "json_schema", "schema": ["type": "string"]]]),
        messageBody(["temperature": 1]), messageBody(["top_k": 1]), messageBody(["top_p": 1]),
        messageBody(["tool_choice": ["type": "auto"]]),
        messageBody(["tools": [["name": "not valid", "input_schema": ["type": "object"]]]]),
        messageBody(["thinking": ["type": "between_tools"]]), messageBody(["thinking": ["type": "enabled"]]),
    ])
    func refuses(body: JSONValue) {
        let fault = #expect(throws: AnthropicFault.self) { try MessageRequest(body, version: .october2026) }
        #expect(fault?.status == 400)
        #expect(fault?.type == "invalid_request_error")
    }

    @Test func nullIsAsGoodAsAbsent() throws {
        let body = messageBody(["system": nil, "tools": nil, "thinking": nil, "temperature": nil])
        #expect(throws: Never.self) { try MessageRequest(body, version: .october2026) }
    }

    @Test func unknownModelIsNotFound() {
        let fault = #expect(throws: AnthropicFault.self) {
            try MessageRequest(messageBody(model: "claude-nonsense"), version: .october2026)
        }
        #expect(fault == AnthropicFault(status: 404, type: "not_found_error", message: "model: claude-nonsense"))
    }

    /// Under the older version it depends on the model.
    @Test(arguments: [
        ("claude-haiku-5-5", JSONValue.integer(1), true), ("claude-haiku-5-5", .number(0.5), false),
        ("claude-opus-4-7", .integer(0), false), ("claude-opus-4-6", .integer(0), true),
        ("claude-haiku-4-5", .number(1.5), false),
    ])
    func temperatureUnderTheOlderVersion(model: String, temperature: JSONValue, isAccepted: Bool) {
        let body = messageBody(["temperature": temperature], model: model)
        #expect(accepts(body, .june2023) == isAccepted)
    }

    @Test(arguments: [
        ("claude-sonnet-5-5", false), ("claude-opus-5-5", false), ("claude-fable-5-1", false),
        ("claude-sonnet-5", true), ("claude-haiku-4-5", true),
    ])
    func forcedTools(model: String, isAccepted: Bool) {
        let tools: JSONValue = [["name": "tag", "input_schema": ["type": "object"]]]
        for choice: JSONValue in [["type": "any"], ["type": "tool", "name": "tag"]] {
            let body = messageBody(["tools": tools, "tool_choice": choice], model: model)
            #expect(accepts(body, .october2026) == isAccepted)
        }
        let auto = messageBody(["tools": tools, "tool_choice": ["type": "auto"]], model: model)
        #expect(throws: Never.self) { try MessageRequest(auto, version: .october2026) }
    }

    @Test(arguments: [
        ("claude-haiku-5-5", "disabled", true), ("claude-sonnet-5-5", "disabled", false),
        ("claude-sonnet-5-5", "between_tools", true), ("claude-opus-5-5", "disabled", false),
        ("claude-opus-5-5", "adaptive", true), ("claude-haiku-4-5", "adaptive", false),
        ("claude-haiku-4-5", "disabled", true),
    ])
    func thinking(model: String, kind: String, isAccepted: Bool) {
        let body = messageBody(["thinking": ["type": .string(kind)]], model: model)
        #expect(accepts(body, .october2026) == isAccepted)
    }

    @Test(arguments: [(1023, false), (1024, true), (1999, true), (2000, false)])
    func budgetOfThinking(tokens: Int, isAccepted: Bool) {
        let thinking: JSONValue = ["type": "enabled", "budget_tokens": .integer(tokens)]
        let body = messageBody(["max_tokens": 2000, "thinking": thinking], model: "claude-haiku-4-5")
        #expect(accepts(body, .october2026) == isAccepted)
    }

    @Test func atMostFourBreakpoints() {
        let block: JSONValue = ["type": "text", "text": "a", "cache_control": ["type": "ephemeral"]]
        for (count, isAccepted) in [(4, true), (5, false)] {
            let body = messageBody(["system": .array(Array(repeating: block, count: count))])
            #expect(accepts(body, .october2026) == isAccepted)
        }
    }

    @Test func noTokensWarmTheCacheOnly() {
        #expect(throws: Never.self) { try MessageRequest(messageBody(["max_tokens": 0]), version: .october2026) }
        let format: JSONValue = ["format": ["type": "json_schema", "schema": ["type": "string"]]]
        #expect(throws: AnthropicFault.self) {
            try MessageRequest(messageBody(["max_tokens": 0, "output_config": format]), version: .october2026)
        }
        #expect(throws: AnthropicFault.self) {
            try MessageRequest(messageBody(["max_tokens": 0]), version: .october2026, use: .batchItem)
        }
    }

    @Test func countingNeedsNoMaxTokensAndTakesNone() throws {
        var body = try #require(messageBody().object)
        #expect(throws: AnthropicFault.self) { try MessageRequest(.object(body), version: .october2026, use: .count) }
        body["max_tokens"] = nil
        #expect(try MessageRequest(.object(body), version: .october2026, use: .count).inputTokens == 2)
    }

    @Test func promptThatIsTooLong() {
        let body = messageBody(
            ["system": .string(String(repeating: "a", count: 800_000))], model: "claude-haiku-4-5")
        #expect(throws: AnthropicFault.self) { try MessageRequest(body, version: .october2026) }
    }
}
