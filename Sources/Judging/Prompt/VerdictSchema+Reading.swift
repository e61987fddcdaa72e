internal import Prompts
internal import Support
internal import YAML

extension VerdictSchema {
    static let standardEvidence = 300
    private static let evidenceRange = 1...2000
    private static let members = ["verdict", "severity", "categories", "evidence", "confidence"]

    /// Out of the JSON schema of a judge's prompt, which may have more members than these.
    /// - Parameter problems: gets what is wrong with it.
    init(_ schema: YAMLValue, problems: inout [String]) {
        self.init(verdicts: [], severities: [], categories: [], longestEvidence: Self.standardEvidence)
        guard schema["type"]?.text == "object", let properties = schema["properties"] else {
            problems.append("line \(schema.line): 'jsonSchema' has to be of an object with 'properties'")
            return
        }
        let required = Set((schema["required"]?.items ?? []).compactMap(\.text))
        for member in Self.members {
            guard let property = properties[member] else {
                problems.append("line \(properties.line): 'jsonSchema' lacks the member '\(member)'")
                continue
            }
            if !required.contains(member) {
                problems.append("line \(property.line): '\(member)' has to be among 'required'")
            }
            take(member, property, &problems)
        }
    }

    private mutating func take(_ member: String, _ property: YAMLValue, _ problems: inout [String]) {
        switch member {
        case "verdict": verdicts = Self.choices(property, member, atLeast: 2, &problems)
        case "severity": severities = Self.choices(property, member, atLeast: 2, &problems)
        case "categories":
            Self.check(property, member, type: "array", &problems)
            guard let items = property["items"] else {
                return problems.append("line \(property.line): 'categories' lacks 'items'")
            }
            categories = Self.choices(items, member, atLeast: 1, &problems)
        case "evidence":
            Self.check(property, member, type: "string", &problems)
            guard let given = property["maxLength"] else { return }
            guard let length = given.text.flatMap({ Int($0) }), Self.evidenceRange.contains(length) else {
                return problems.append("line \(given.line): 'maxLength' of 'evidence' has to be from 1 to 2000")
            }
            longestEvidence = length
        default: Self.check(property, member, type: "number", &problems)
        }
    }

    private static func check(_ property: YAMLValue, _ member: String, type: String, _ problems: inout [String]) {
        guard property["type"]?.text != type else { return }
        problems.append("line \(property.line): '\(member)' has to be of the type \(type)")
    }

    private static func choices(
        _ property: YAMLValue, _ member: String, atLeast least: Int, _ problems: inout [String]
    ) -> [String] {
        check(property, member, type: "string", &problems)
        let texts = (property["enum"]?.items ?? []).map(\.text)
        let known = texts.compactMap { $0 }.filter { !$0.isEmpty }
        guard known.count == texts.count, known.count >= least, Set(known).count == known.count else {
            problems.append(
                "line \(property.line): '\(member)' needs an 'enum' of different texts, from harmless to worst")
            return known
        }
        return known
    }
}
