import Foundation

/// What stands in for the model: a keyword rule, nothing that understands a text.
///
/// An enumerated value is chosen when a word of it (split at everything but letters and digits; words of less than
/// three characters only when there are no others) occurs as a word of the user's text, in any letter case. Everything
/// else that a schema asks for gets a fixed value.
struct KeywordAnswer: Sendable {
    private let words: Set<String>
    private let schema: OutputSchema

    init(schema: OutputSchema, text: String) {
        self.schema = schema
        words = Set(KeywordAnswer.words(of: text))
    }

    private static func words(of text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// Whether the keyword rule chooses `name`.
    func chooses(_ name: String) -> Bool {
        let all = KeywordAnswer.words(of: name)
        let long = all.filter { $0.count >= 3 }
        return (long.isEmpty ? all : long).contains { words.contains($0) }
    }

    /// A value that obeys the schema.
    var value: JSONValue { value(for: schema.root) }

    private func value(for part: JSONObject) -> JSONValue {
        if let name = part["$ref"]?.string, let target = schema.definition(name) { return value(for: target) }
        if let literal = part["const"] { return literal }
        if let literals = part["enum"]?.array { return literals.first { chooses($0.string ?? "") } ?? literals[0] }
        if let variants = part["anyOf"]?.array ?? part["allOf"]?.array, let first = variants.first?.object {
            return value(for: first)
        }
        switch part["type"]?.string ?? part["type"]?.array?.first?.string {
        case "object":
            let members = part["properties"]?.object?.members ?? []
            return .object(JSONObject(members.map { ($0.key, value(for: $0.value.object ?? JSONObject())) }))
        case "array": return .array(elements(of: part))
        case "integer", "number": return 1
        case "boolean": return true
        case "null": return nil
        default: return .string(KeywordAnswer.example(format: part["format"]?.string))
        }
    }

    private func elements(of part: JSONObject) -> [JSONValue] {
        guard var items = part["items"]?.object else { return [] }
        if let name = items["$ref"]?.string, let target = schema.definition(name) { items = target }
        let least = part["minItems"]?.integer ?? 0
        guard let literals = items["enum"]?.array else { return [value(for: items)] }
        let chosen = literals.filter { chooses($0.string ?? "") }
        return chosen.isEmpty && least > 0 ? [literals[0]] : chosen
    }

    private static func example(format: String?) -> String {
        switch format {
        case "date-time": "2026-01-01T00:00:00Z"
        case "time": "00:00:00Z"
        case "date": "2026-01-01"
        case "duration": "PT1H"
        case "email": "stand-in@example.com"
        case "hostname": "example.com"
        case "uri": "https://example.com/"
        case "ipv4": "192.0.2.1"
        case "ipv6": "2001:db8::1"
        case "uuid": "00000000-0000-4000-8000-000000000000"
        default: "stand-in"
        }
    }
}
