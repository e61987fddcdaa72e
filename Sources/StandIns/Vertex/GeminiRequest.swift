/// One request to a Gemini model, checked.
struct GeminiRequest: Sendable, Equatable {
    /// As it came, with the document's names.
    let message: JSONObject
    /// What the user says, all of it.
    let text: String
    /// Every text, of which tokens are estimated.
    let promptBytes: Int
    /// What the answer has to obey, as a JSON schema; nil: text.
    let schema: JSONObject?
    let outputTokensMax: Int
    let showsThoughts: Bool

    private static let labelsMax = 64

    init(_ json: JSONValue) throws(VertexFault) {
        message = try VertexSchema.shared.message(json, "GenerateContentRequest")
        let contents = message["contents"]?.array ?? []
        guard !contents.isEmpty else {
            throw .invalid("Unable to submit request because at least one contents field is required.")
        }
        for content in contents {
            guard ["user", "model", nil].contains(content["role"]?.string) else {
                throw .invalid("Please use a valid role: user, model.")
            }
            guard !(content["parts"]?.array ?? []).isEmpty else {
                throw .invalid("Unable to submit request because it must have a text parameter.")
            }
        }
        guard contents.last?["role"]?.string != "model" else {
            throw .invalid("Please ensure that the last content is the user's.")
        }
        func text(of content: JSONValue) -> String {
            (content["parts"]?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
        }
        let texts = contents.map(text)
        self.text = zip(contents, texts).filter { $0.0["role"]?.string != "model" }.map(\.1).joined(separator: "\n")
        promptBytes = (texts + [text(of: message["systemInstruction"] ?? nil)]).reduce(0) { $0 + $1.utf8.count }
        let config = message["generationConfig"] ?? nil
        schema = try GeminiRequest.schema(config)
        try GeminiRequest.check(config)
        outputTokensMax = config["maxOutputTokens"]?.integer ?? 65_536
        showsThoughts = config["thinkingConfig"]?["includeThoughts"] == true
        try GeminiRequest.check(labels: message["labels"]?.object ?? JSONObject(), lengthMax: 63)
    }

    private static func check(_ config: JSONValue) throws(VertexFault) {
        func check(_ key: String, _ range: ClosedRange<Double>) throws(VertexFault) {
            guard let number = config[key]?.double, !range.contains(number) else { return }
            throw .invalid("Unable to submit request because it has a \(key) value of \(number), outside of \(range).")
        }
        try check("temperature", 0...2)
        try check("topP", 0...1)
        try check("maxOutputTokens", 1...65_536)
        guard config["candidateCount"]?.integer ?? 1 == 1 else {
            throw .invalid("candidateCount: the stand-in makes one candidate")
        }
        let thinking = config["thinkingConfig"] ?? nil
        guard thinking["thinkingBudget"] == nil || thinking["thinkingLevel"] == nil else {
            throw .invalid("thinking_budget and thinking_level cannot be given together.")
        }
    }

    /// As a plain JSON schema, whatever form it has.
    private static func schema(_ config: JSONValue) throws(VertexFault) -> JSONObject? {
        let format = config["responseFormat"]?.array?.first?["text"]
        let given = [config["responseSchema"], config["responseJsonSchema"], format?["schema"]].compactMap { $0 }
        guard given.count < 2 else {
            throw .invalid("responseSchema, responseJsonSchema and responseFormat: only one of them can be given.")
        }
        guard let schema = given.first else { return nil }
        guard config["responseMimeType"] == "application/json" || format?["mimeType"] == "APPLICATION_JSON" else {
            throw .invalid("A response schema needs the MIME type application/json.")
        }
        guard schema.object != nil else { throw .invalid("The response schema is no object.") }
        return config["responseSchema"] == nil ? schema.object : plain(schema).object
    }

    /// Types in lower case, and members in the order that was asked for.
    private static func plain(_ schema: JSONValue) -> JSONValue {
        guard var object = schema.object else { return schema }
        object["type"] = object["type"]?.string.map { .string($0.lowercased()) }
        object["items"] = object["items"].map(plain)
        object["anyOf"] = object["anyOf"]?.array.map { .array($0.map(plain)) }
        if let properties = object["properties"]?.object {
            let order = object["propertyOrdering"]?.array?.compactMap(\.string) ?? []
            let ordered = order.filter { properties[$0] != nil } + properties.keys.filter { !order.contains($0) }
            object["properties"] = .object(JSONObject(ordered.map { ($0, plain(properties[$0] ?? nil)) }))
        }
        return .object(object)
    }

    /// At most 64; keys begin with a letter; lower-case letters, digits, `_` and `-` only.
    static func check(labels: JSONObject, lengthMax: Int) throws(VertexFault) {
        func isLabel(_ text: String) -> Bool {
            text.count <= lengthMax
                && text.allSatisfy { $0 == "_" || $0 == "-" || $0.isNumber || ($0.isLetter && !$0.isUppercase) }
        }
        guard labels.members.count <= labelsMax else {
            throw .invalid("Too many labels: \(labels.members.count), at most \(labelsMax).")
        }
        for member in labels.members {
            guard isLabel(member.key), member.key.first?.isLetter == true else {
                throw .invalid("Invalid label key: \(member.key)")
            }
            guard let value = member.value.string, isLabel(value) else {
                throw .invalid("Invalid value of the label \(member.key).")
            }
        }
    }
}
