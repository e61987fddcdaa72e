/// The body of `POST /v1/messages`, checked as the API documents it.
struct MessageRequest: Sendable, Equatable {
    enum Use: Sendable, Equatable { case message, batchItem, count }

    var model: ClaudeModel
    var maxTokens: Int
    /// The format of structured output.
    var schema: OutputSchema?
    var effort: String?
    /// Whether thinking blocks come before the text.
    var thinks: Bool
    /// The tool that must be called.
    var forcedTool: ForcedTool?
    var stopSequences: [String] = []
    var turns: [Turn] = []
    /// The whole prompt: tools, system, messages.
    var prompt: [PromptBlock] = []

    struct ForcedTool: Sendable, Equatable {
        var name: String
        var schema: OutputSchema
    }

    /// What the last user turn says.
    var userText: String { turns.last { $0.isUser }?.text ?? "" }

    private static let messageFields: Set<String> = [
        "model", "max_tokens", "messages", "system", "tools", "tool_choice", "output_config", "thinking",
        "stop_sequences", "metadata", "cache_control", "service_tier", "inference_geo", "stream", "container",
        "diagnostics", "speed", "temperature", "top_p", "top_k",
    ]
    private static let countFields: Set<String> = [
        "model", "messages", "system", "tools", "tool_choice", "output_config", "thinking", "cache_control",
    ]
    private static let turnsMax = 100_000

    init(
        _ json: JSONValue, version: APIVersion, betas: Set<String> = [], use: Use = .message
    ) throws(AnthropicFault) {
        let body = try FieldReader(json, at: "")
        if body["output_format"] != nil, !betas.contains("structured-outputs-2025-11-13") {
            throw body.fault("output_format", "This field is deprecated. Use 'output_config.format' instead.")
        }
        try body.only(
            (use == .count ? MessageRequest.countFields : MessageRequest.messageFields).union(["output_format"]))
        let id = try body.requiredString("model")
        let turns = try MessageRequest.turns(body, version: version)
        var maxTokens = 0
        if use != .count {
            guard let limit = try body.integer("max_tokens") else { throw body.fault("max_tokens", "Field required") }
            maxTokens = limit
        }
        guard let model = ClaudeModel.named(id) else { throw .notFound("model: \(id)") }
        self.model = model
        self.maxTokens = maxTokens
        self.turns = turns
        (effort, schema) = try MessageRequest.output(body, model: model)
        let tools = try Tools(body)
        forcedTool = try tools.forced(body, model: model)
        thinks = try MessageRequest.thinking(body, model: model, maxTokens: use == .count ? nil : maxTokens)
        if model.takesForcedTools, forcedTool != nil, body["thinking"] != nil, thinks {
            throw .invalid("Thinking may not be enabled when tool_choice forces tool use.")
        }
        try MessageRequest.checkSampling(body, model: model, version: version)
        if use != .count { try checkMaxTokens(body, use: use) }
        try readRest(body, use: use)
        try checkTurns()
        try assemblePrompt(body, tools: tools)
    }

    private static func turns(_ body: FieldReader, version: APIVersion) throws(AnthropicFault) -> [Turn] {
        guard let array = try body.array("messages") else { throw body.fault("messages", "Field required") }
        guard !array.isEmpty else { throw body.fault("messages", "at least one message is required") }
        guard array.count <= turnsMax else {
            throw body.fault("messages", "at most \(turnsMax) messages are permitted")
        }
        var turns: [Turn] = []
        for (index, element) in array.enumerated() {
            turns.append(try Turn(element, at: "messages.\(index)", version: version))
        }
        return turns
    }

    private static func output(
        _ body: FieldReader, model: ClaudeModel
    ) throws(AnthropicFault) -> (effort: String?, schema: OutputSchema?) {
        let config = try body.nested("output_config")
        try config?.only(["effort", "format"])
        let effort = try config?.choice("effort", ["low", "medium", "high", "xhigh", "max"])
        if effort != nil, !model.takesEffort { throw .invalid("This model does not support the effort parameter.") }
        let old = try body.nested("output_format")
        let new = try config?.nested("format")
        if old != nil, new != nil {
            throw .invalid("output_format: cannot be given together with 'output_config.format'")
        }
        guard let format = new ?? old else { return (effort, nil) }
        try format.only(["type", "schema"])
        _ = try format.required("type")
        _ = try format.choice("type", ["json_schema"])
        return (effort, try OutputSchema(try format.required("schema"), at: "\(format.place)schema"))
    }

    /// Whether the model thinks. `maxTokens` is nil where the request has none.
    private static func thinking(
        _ body: FieldReader, model: ClaudeModel, maxTokens: Int?
    ) throws(AnthropicFault) -> Bool {
        guard let thinking = try body.nested("thinking") else { return model.thinksByDefault }
        _ = try thinking.required("type")
        let kind = try thinking.choice("type", ClaudeModel.Thinking.allCases.map(\.rawValue))
            .flatMap(ClaudeModel.Thinking.init)
        guard let kind, model.thinking.contains(kind) else {
            throw .invalid("\"thinking.type.\(kind?.rawValue ?? "")\" is not supported for this model.")
        }
        _ = try thinking.choice("display", ["summarized", "omitted"])
        switch kind {
        case .adaptive: try thinking.only(["type", "display"])
        case .disabled, .between_tools: try thinking.only(["type"])
        case .enabled:
            try thinking.only(["type", "display", "budget_tokens"])
            guard let budget = try thinking.integer("budget_tokens") else {
                throw thinking.fault("budget_tokens", "Field required")
            }
            guard budget >= 1024 else { throw thinking.fault("budget_tokens", "Input should be at least 1024") }
            if let maxTokens, budget >= maxTokens {
                throw .invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
            }
        }
        return kind == .adaptive || kind == .enabled
    }

    /// `temperature` and `top_p` may be sent as 1, their default; `top_k` has none.
    private static func checkSampling(
        _ body: FieldReader, model: ClaudeModel, version: APIVersion
    ) throws(AnthropicFault) {
        for key in ["temperature", "top_p", "top_k"] {
            guard let value = body[key] else { continue }
            if version == .october2026 { throw body.fault(key, "Extra inputs are not permitted") }
            guard let number = value.double else { throw body.fault(key, "Input should be a valid number") }
            if key == "top_k" {
                guard value.integer != nil, number >= 0 else {
                    throw body.fault(key, "Input should be a valid integer")
                }
            } else if !(0...1).contains(number) {
                throw body.fault(key, "range: 0..1")
            }
            if !model.takesSampling, key == "top_k" || number != 1 {
                throw .invalid("`\(key)` is not supported for this model.")
            }
        }
    }

    private func checkMaxTokens(_ body: FieldReader, use: Use) throws(AnthropicFault) {
        guard maxTokens >= 0 else { throw body.fault("max_tokens", "Input should be greater than or equal to 0") }
        if maxTokens == 0, use == .batchItem || schema != nil || forcedTool != nil || body["stream"] == true {
            throw body.fault(
                "max_tokens", "0 is not permitted with batches, output_config.format, forced tools or streaming")
        }
        guard maxTokens <= model.outputTokensMax else {
            throw body.fault(
                "max_tokens",
                "\(maxTokens) > \(model.outputTokensMax), which is the maximum allowed number of output tokens for \(model.id)"
            )
        }
    }

    private mutating func readRest(_ body: FieldReader, use: Use) throws(AnthropicFault) {
        if try body.bool("stream") == true {
            throw use == .batchItem
                ? body.fault("stream", "streaming is not permitted in batches")
                : body.fault("stream", "the stand-in does not stream")
        }
        for key in ["container", "diagnostics", "speed"] where body[key] != nil {
            throw body.fault(key, "not served by the stand-in")
        }
        _ = try body.choice("service_tier", ["auto", "standard_only"])
        _ = try body.string("inference_geo")
        if let metadata = try body.nested("metadata") {
            try metadata.only(["user_id"])
            _ = try metadata.string("user_id")
        }
        for (index, element) in (try body.array("stop_sequences") ?? []).enumerated() {
            guard let sequence = element.string, sequence.contains(where: { !$0.isWhitespace }) else {
                throw body.fault("stop_sequences.\(index)", "each stop sequence must contain non-whitespace")
            }
            stopSequences.append(sequence)
        }
    }

    private func checkTurns() throws(AnthropicFault) {
        guard turns[0].isUser else { throw .invalid("messages: first message must use the \"user\" role") }
        if turns.last?.isUser == false, !model.takesPrefill || schema != nil {
            throw .invalid(
                "This model does not support assistant message prefill. The conversation must end with a user message.")
        }
    }

    private mutating func assemblePrompt(_ body: FieldReader, tools: Tools) throws(AnthropicFault) {
        if let schema { prompt.append(PromptBlock(bytes: JSONValue.object(schema.root).bytes)) }
        prompt += tools.blocks
        if let system = body["system"] {
            if let text = system.string {
                prompt.append(PromptBlock(bytes: Array(text.utf8)))
            } else {
                for (index, element) in (try body.array("system") ?? []).enumerated() {
                    let block = try FieldReader(element, at: "system.\(index)")
                    _ = try block.required("type")
                    _ = try block.choice("type", ["text"])
                    let text = try block.textBlock()
                    prompt.append(PromptBlock(bytes: Array(text.utf8), breakpoint: try block.cacheControl()))
                }
            }
        }
        prompt += turns.flatMap(\.blocks)
        if let lifetime = try body.cacheControl() { prompt[prompt.count - 1].breakpoint = lifetime }
        guard prompt.count(where: { $0.breakpoint != nil }) <= 4 else {
            throw .invalid("A maximum of 4 blocks with cache_control may be provided.")
        }
        guard inputTokens <= model.inputTokensMax else {
            throw .invalid("prompt is too long: \(inputTokens) tokens > \(model.inputTokensMax) maximum")
        }
    }

    /// Of the whole prompt, whether cached or not.
    var inputTokens: Int { TokenUsage.tokens(bytes: prompt.reduce(0) { $0 + $1.bytes.count }) }
}
