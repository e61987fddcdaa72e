/// The JSON schemas that structured output takes: a subset, checked before the model is asked.
struct OutputSchema: Sendable, Equatable {
    var root: JSONObject

    private static let keywords: Set<String> = [
        "type", "enum", "const", "anyOf", "allOf", "$ref", "$defs", "description", "title", "properties", "required",
        "additionalProperties", "items", "minItems", "format",
    ]
    private static let types: Set<String> = ["object", "array", "string", "integer", "number", "boolean", "null"]
    private static let formats: Set<String> = [
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    ]
    /// Optional properties and unions make the grammar grow; the API refuses too many.
    private static let bytesMax = 256 * 1024

    init(_ json: JSONValue, at place: String) throws(AnthropicFault) {
        guard let object = json.object else { throw .invalid("\(place): Input should be a valid dictionary") }
        guard json.bytes.count <= OutputSchema.bytesMax else {
            throw .invalid("Schema is too complex. Try reducing the number of properties or simplifying the schema.")
        }
        root = object
        try check(object, at: place, resolving: [])
    }

    /// Of a tool that is not strict: any JSON schema will do.
    init(unchecked root: JSONObject) { self.root = root }

    /// The schema that a `$ref` names: `#/$defs/Name`.
    func definition(_ reference: String) -> JSONObject? {
        guard reference.hasPrefix("#/$defs/") else { return nil }
        return root["$defs"]?[String(reference.dropFirst("#/$defs/".count))]?.object
    }

    private func check(_ schema: JSONObject, at place: String, resolving: [String]) throws(AnthropicFault) {
        for key in schema.keys where !OutputSchema.keywords.contains(key) {
            throw .invalid(
                "\(place): For '\(schema["type"]?.string ?? "any")' type, property '\(key)' is not supported")
        }
        if let reference = schema["$ref"] {
            guard let name = reference.string, let target = definition(name) else {
                throw .invalid("\(place): Could not resolve $ref \(reference.text)")
            }
            guard !resolving.contains(name) else {
                throw .invalid("\(place): Recursive schemas are not supported: \(name)")
            }
            return try check(target, at: place, resolving: resolving + [name])
        }
        for union in ["anyOf", "allOf"] {
            guard let variants = schema[union] else { continue }
            guard let array = variants.array, !array.isEmpty else { throw .invalid("\(place): \(union) is empty") }
            for variant in array { try checkNested(variant, at: place, resolving: resolving) }
        }
        for key in ["enum", "const"] { try checkLiterals(schema, key, at: place) }
        for member in schema["$defs"]?.object?.members ?? [] {
            try checkNested(member.value, at: "\(place).$defs.\(member.key)", resolving: resolving)
        }
        for type in try typeNames(schema, at: place) { try check(schema, of: type, at: place, resolving: resolving) }
    }

    private func checkNested(_ json: JSONValue, at place: String, resolving: [String]) throws(AnthropicFault) {
        guard let object = json.object else { throw .invalid("\(place): Input should be a valid dictionary") }
        try check(object, at: place, resolving: resolving)
    }

    private func checkLiterals(_ schema: JSONObject, _ key: String, at place: String) throws(AnthropicFault) {
        guard let value = schema[key] else { return }
        let literals = key == "const" ? [value] : value.array ?? []
        guard !literals.isEmpty, literals.allSatisfy({ $0.array == nil && $0.object == nil }) else {
            throw .invalid("\(place): \(key) takes strings, numbers, booleans and null only")
        }
    }

    private func typeNames(_ schema: JSONObject, at place: String) throws(AnthropicFault) -> [String] {
        guard let type = schema["type"] else {
            guard ["anyOf", "allOf", "enum", "const"].contains(where: { schema[$0] != nil }) else {
                throw .invalid("\(place): Schema type is missing")
            }
            return []
        }
        let names = type.string.map { [$0] } ?? type.array?.compactMap(\.string) ?? []
        guard !names.isEmpty, names.allSatisfy(OutputSchema.types.contains) else {
            throw .invalid("\(place): type \(type.text) is not supported")
        }
        return names
    }

    private func check(
        _ schema: JSONObject, of type: String, at place: String, resolving: [String]
    ) throws(AnthropicFault) {
        switch type {
        case "object":
            guard schema["additionalProperties"] == false else {
                throw .invalid("\(place): For 'object' type, 'additionalProperties' must be explicitly set to false")
            }
            let properties = schema["properties"]?.object ?? JSONObject()
            for member in properties.members {
                try checkNested(member.value, at: "\(place).properties.\(member.key)", resolving: resolving)
            }
            for name in schema["required"]?.array ?? [] where properties[name.string ?? ""] == nil {
                throw .invalid("\(place): required property \(name.text) is not among the properties")
            }
        case "array":
            if let items = schema["items"] { try checkNested(items, at: "\(place).items", resolving: resolving) }
            if let least = schema["minItems"], least != 0, least != 1 {
                throw .invalid("\(place): For 'array' type, 'minItems' values other than 0 or 1 are not supported")
            }
        case "string":
            if let format = schema["format"], !OutputSchema.formats.contains(format.string ?? "") {
                throw .invalid("\(place): For 'string' type, format \(format.text) is not supported")
            }
        default: break
        }
    }
}
