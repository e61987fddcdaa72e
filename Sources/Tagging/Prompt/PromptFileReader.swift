import Anthropic
internal import Prompts
internal import Support
internal import YAML

/// Takes the values of a prompt file by key and collects what is wrong. A getter that has no right value gives a stand-in,
/// which must not be used once there are problems.
struct PromptFileReader {
    private(set) var problems: [String] = []
    private var values: [String: YAMLValue] = [:]

    private static let keys = ["name", "version", "model", "max_tokens", "effort", "system", "user"]

    init(_ root: YAMLValue) {
        guard case .map(let members) = root.content else {
            problems.append("line \(root.line): expected the keys \(PromptFileReader.keys.joined(separator: ", "))")
            return
        }
        for (key, value) in members {
            if let name = key.text, PromptFileReader.keys.contains(name) {
                values[name] = value
            } else {
                let shown = printable(key.text ?? "", limit: 40)
                problems.append(
                    "line \(key.line): unknown key '\(shown)'; expected \(PromptFileReader.keys.joined(separator: ", "))"
                )
            }
        }
    }

    /// Letters, digits and `.`, `_`, `-`, `@`.
    mutating func word(_ key: String) -> String {
        value(key, expected: "a word of letters, digits and . _ - @") { text in
            let isWord = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || ".-_@".utf8.contains($0)
            }
            return isWord && (1...128).contains(text.utf8.count) ? text : nil
        } ?? ""
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int {
        value(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        } ?? range.lowerBound
    }

    /// nil as well when the key is not there.
    mutating func effort(_ key: String) -> Effort? {
        guard let given = values[key] else { return nil }
        if case .null = given.content { return nil }
        let choices = Effort.allCases.map(\.rawValue).joined(separator: ", ")
        return value(key, expected: "one of \(choices)", Effort.init)
    }

    mutating func template(_ key: String, names: [String]) -> PromptTemplate {
        let text = value(key, expected: "a text") { $0 }
        let line = values[key]?.textLine ?? 0
        var found: [String] = []
        let template = PromptTemplate(text ?? "", what: key, line: line, names: names, problems: &found)
        if text != nil { problems += found }
        return template
    }

    private mutating func value<Value>(_ key: String, expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let given = values[key] else {
            problems.append("'\(key)' is missing; expected \(expected)")
            return nil
        }
        if let value = given.text.flatMap(parse) { return value }
        problems.append("line \(given.line): '\(key)' is wrong; expected \(expected)")
        return nil
    }
}
