/// The tools of a request.
struct Tools: Sendable {
    private(set) var blocks: [PromptBlock] = []
    private var schemas: [(name: String, schema: OutputSchema)] = []

    init(_ body: FieldReader) throws(AnthropicFault) {
        for (index, element) in (try body.array("tools") ?? []).enumerated() {
            let tool = try FieldReader(element, at: "tools.\(index)")
            try tool.only(["type", "name", "description", "input_schema", "strict", "cache_control", "input_examples"])
            _ = try tool.choice("type", ["custom"])
            let name = try tool.requiredString("name")
            guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy(isNameCharacter) else {
                throw tool.fault("name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
            }
            guard !schemas.contains(where: { $0.name == name }) else {
                throw .invalid("tools: Tool names must be unique.")
            }
            let input = try tool.required("input_schema")
            guard let object = input.object, object["type"] == "object" else {
                throw tool.fault("input_schema.type", "Input should be 'object'")
            }
            if try tool.bool("strict") == true { _ = try OutputSchema(input, at: "\(tool.place)input_schema") }
            schemas.append((name, OutputSchema(unchecked: object)))
            blocks.append(PromptBlock(bytes: element.bytes, breakpoint: try tool.cacheControl()))
        }
    }

    /// The tool that `tool_choice` forces.
    func forced(_ body: FieldReader, model: ClaudeModel) throws(AnthropicFault) -> MessageRequest.ForcedTool? {
        guard let choice = try body.nested("tool_choice") else { return nil }
        guard !schemas.isEmpty else { throw .invalid("tool_choice may only be specified while providing tools.") }
        try choice.only(["type", "name", "disable_parallel_tool_use"])
        _ = try choice.required("type")
        let kind = try choice.choice("type", ["auto", "any", "tool", "none"])
        guard kind == "any" || kind == "tool" else { return nil }
        guard model.takesForcedTools else {
            throw .invalid("tool_choice: forced tool use ('any' or 'tool') is not supported for this model.")
        }
        let name = kind == "tool" ? try choice.requiredString("name") : schemas[0].name
        guard let tool = schemas.first(where: { $0.name == name }) else {
            throw .invalid("Tool '\(name)' not found in provided tools")
        }
        return MessageRequest.ForcedTool(name: name, schema: tool.schema)
    }
}

/// `[A-Za-z0-9_-]`.
func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}
