/// What the API says and enforces about a model. The stand-in knows rules, not answers: it has no model.
struct ClaudeModel: Sendable, Equatable {
    enum Thinking: String, Sendable, CaseIterable { case adaptive, between_tools, disabled, enabled }

    var id: String
    var name: String
    var created: String
    /// Values of `thinking.type` that it accepts.
    var thinking: Set<Thinking>
    /// Whether it thinks when nothing is said about it.
    var thinksByDefault: Bool
    var takesForcedTools: Bool
    /// Whether sampling parameters other than the defaults are accepted (under API version 2023-06-01).
    var takesSampling: Bool
    var takesPrefill: Bool
    var takesEffort: Bool
    /// Prompts below are not cached.
    var cacheTokensMin: Int
    var inputTokensMax: Int
    var outputTokensMax: Int

    /// A model of generation 5.5.
    private static func current(
        _ id: String, _ name: String, created: String, thinking: Set<Thinking>, forcedTools: Bool = false, cache: Int
    ) -> ClaudeModel {
        ClaudeModel(
            id: id, name: name, created: created, thinking: thinking, thinksByDefault: true,
            takesForcedTools: forcedTools, takesSampling: false, takesPrefill: false, takesEffort: true,
            cacheTokensMin: cache, inputTokensMax: 1_000_000, outputTokensMax: 128_000)
    }

    /// A model from 4.7 to 5.
    private static func late(_ id: String, _ name: String, created: String, cache: Int) -> ClaudeModel {
        ClaudeModel(
            id: id, name: name, created: created, thinking: [.adaptive, .disabled], thinksByDefault: false,
            takesForcedTools: true, takesSampling: false, takesPrefill: false, takesEffort: true,
            cacheTokensMin: cache, inputTokensMax: 1_000_000, outputTokensMax: 128_000)
    }

    /// A model before 4.7.
    private static func early(
        _ id: String, _ name: String, created: String, cache: Int, effort: Bool = false
    ) -> ClaudeModel {
        ClaudeModel(
            id: id, name: name, created: created, thinking: [.disabled, .enabled], thinksByDefault: false,
            takesForcedTools: true, takesSampling: true, takesPrefill: true, takesEffort: effort,
            cacheTokensMin: cache, inputTokensMax: 200_000, outputTokensMax: 64_000)
    }

    /// Newest first, as the API lists them.
    static let all: [ClaudeModel] = [
        current(
            "claude-haiku-5-5", "Claude Haiku 5.5", created: "2026-10-07", thinking: [.adaptive, .disabled],
            forcedTools: true, cache: 512),
        current(
            "claude-sonnet-5-5", "Claude Sonnet 5.5", created: "2026-10-07", thinking: [.adaptive, .between_tools],
            cache: 1024),
        current("claude-opus-5-5", "Claude Opus 5.5", created: "2026-09-01", thinking: [.adaptive], cache: 1024),
        current("claude-fable-5-2", "Claude Fable 5.2", created: "2026-08-15", thinking: [.adaptive], cache: 512),
        current("claude-fable-5-1", "Claude Fable 5.1", created: "2026-08-01", thinking: [.adaptive], cache: 512),
        late("claude-sonnet-5", "Claude Sonnet 5", created: "2026-06-01", cache: 1024),
        late("claude-opus-5", "Claude Opus 5", created: "2026-06-01", cache: 512),
        late("claude-opus-4-8", "Claude Opus 4.8", created: "2026-05-01", cache: 1024),
        late("claude-opus-4-7", "Claude Opus 4.7", created: "2026-04-01", cache: 2048),
        early("claude-opus-4-6", "Claude Opus 4.6", created: "2026-02-01", cache: 4096, effort: true),
        early("claude-sonnet-4-6", "Claude Sonnet 4.6", created: "2026-02-01", cache: 1024, effort: true),
        early("claude-opus-4-5-20251101", "Claude Opus 4.5", created: "2025-11-01", cache: 4096, effort: true),
        early("claude-haiku-4-5-20251001", "Claude Haiku 4.5", created: "2025-10-01", cache: 4096),
        early("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", created: "2025-09-29", cache: 1024),
    ]

    private static let aliases = [
        "claude-opus-4-5": "claude-opus-4-5-20251101", "claude-haiku-4-5": "claude-haiku-4-5-20251001",
        "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    ]

    /// nil for a model that does not exist, or no longer does.
    static func named(_ id: String) -> ClaudeModel? {
        all.first { $0.id == aliases[id] ?? id }
    }

    var json: JSONValue {
        func support(_ supported: Bool) -> JSONValue { ["supported": .bool(supported)] }
        let kinds = Thinking.allCases.map { ($0.rawValue, support(thinking.contains($0))) }
        return [
            "type": "model", "id": .string(id), "display_name": .string(name),
            "created_at": .string("\(created)T00:00:00Z"), "lifecycle": "active", "deprecated_at": nil,
            "retires_at": nil, "line": nil, "max_input_tokens": .integer(inputTokensMax),
            "max_tokens": .integer(outputTokensMax),
            "capabilities": [
                "batch": support(true), "citations": support(false), "code_execution": support(false),
                "context_management": support(false),
                "effort": [
                    "supported": .bool(takesEffort), "low": support(takesEffort), "medium": support(takesEffort),
                    "high": support(takesEffort), "xhigh": support(takesEffort), "max": support(takesEffort),
                ],
                "image_input": support(false), "pdf_input": support(false),
                "server_tools": [
                    "supported": false, "code_execution": support(false), "web_search": support(false),
                ],
                "structured_outputs": support(true),
                "thinking": [
                    "supported": .bool(thinking != [.disabled]), "types": .object(JSONObject(kinds)),
                ],
            ],
        ]
    }
}
