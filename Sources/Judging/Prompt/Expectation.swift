internal import Prompts
internal import Support
internal import YAML

/// What a test case of the prompt file says about the right answer.
package struct Expectation: Sendable, Equatable, Codable {
    /// Of the test case.
    package var name: String
    /// One of these; empty: any.
    package var verdicts: [String]
    package var severities: [String]
    /// All of these.
    package var categories: [String]

    package init(name: String, verdicts: [String], severities: [String] = [], categories: [String] = []) {
        (self.name, self.verdicts) = (name, verdicts)
        (self.severities, self.categories) = (severities, categories)
    }

    /// What is wrong with an answer, in a few words; nil when nothing is.
    package func problem(_ answer: VerdictAnswer, _ schema: VerdictSchema) -> String? {
        func oneOf(_ texts: [String]) -> String { texts.joined(separator: " or ") }
        let verdict = schema.verdicts[answer.verdict]
        if !verdicts.isEmpty, !verdicts.contains(verdict) { return "\(verdict) instead of \(oneOf(verdicts))" }
        let severity = answer.severity.map { schema.severities[$0] } ?? "unknown"
        if !severities.isEmpty, !severities.contains(severity) {
            return "severity \(severity) instead of \(oneOf(severities))"
        }
        let named = Set(answer.categories.map { schema.categories[$0] })
        let missing = categories.filter { !named.contains($0) }
        return missing.isEmpty ? nil : "without \(missing.joined(separator: ", "))"
    }
}

extension Expectation {
    /// - Parameter problems: gets what is wrong with the test case's `expected`.
    init(_ test: PromptTest, _ schema: VerdictSchema, problems: inout [String]) {
        self.init(name: test.name, verdicts: [])
        guard let expected = test.expected else {
            problems.append("line \(test.line): the test case lacks 'expected'")
            return
        }
        guard case .map(let members) = expected.content else {
            problems.append("line \(expected.line): 'expected' is wrong; expected verdict, severity, categories")
            return
        }
        for (key, value) in members {
            switch key.text {
            case "verdict": verdicts = choices(value, "verdict", schema.verdicts, &problems)
            case "severity": severities = choices(value, "severity", schema.severities, &problems)
            case "categories": categories = choices(value, "categories", schema.categories, &problems)
            default:
                problems.append(
                    "line \(key.line): unknown key '\(printable(key.text ?? "", limit: 40))' in 'expected'; "
                        + "expected verdict, severity, categories")
            }
        }
        if members.isEmpty { problems.append("line \(expected.line): 'expected' is empty") }
    }
}

/// One text or a list of them, each one of the schema's.
private func choices(_ value: YAMLValue, _ key: String, _ known: [String], _ problems: inout [String]) -> [String] {
    let given = value.items ?? [value]
    return given.compactMap { item in
        if let text = item.text, known.contains(text) { return text }
        let shown = printable(item.text ?? "", limit: 40)
        problems.append(
            "line \(item.line): '\(key)' cannot be '\(shown)'; the schema has \(known.joined(separator: ", "))")
        return nil
    }
}
