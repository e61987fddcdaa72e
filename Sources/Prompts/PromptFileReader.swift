internal import Bytes
internal import Support
import YAML

/// Takes the values of a prompt file and collects what is wrong. What has no right value gives a stand-in, which must not
/// be used once there are problems.
struct PromptFileReader {
    let rules: PromptRules
    private(set) var problems: [String] = []

    init(_ rules: PromptRules) { self.rules = rules }

    mutating func report(_ problem: String) { problems.append(problem) }

    private mutating func report(_ value: YAMLValue, _ problem: String) {
        problems.append("line \(value.line): \(problem)")
    }

    /// The members of a map, of which only these may be there.
    /// - Parameter name: how messages call the map; nil: the file.
    mutating func members(_ value: YAMLValue, of name: String?, keys: [String]) -> [String: YAMLValue] {
        let expected = "expected " + keys.joined(separator: ", ")
        guard case .map(let members) = value.content else {
            report(
                value, (name.map { "'\($0)' is wrong; " } ?? "") + "expected the keys " + keys.joined(separator: ", "))
            return [:]
        }
        var known: [String: YAMLValue] = [:]
        for (key, value) in members {
            if let text = key.text, keys.contains(text) {
                known[text] = value
            } else {
                let place = name.map { " in '\($0)'" } ?? ""
                report(key, "unknown key '\(printable(key.text ?? "", limit: 40))'\(place); \(expected)")
            }
        }
        return known
    }

    // MARK: Values

    /// Letters, digits and `.`, `_`, `-`, `@`, `/`.
    mutating func word(_ given: YAMLValue?, _ key: String) -> String? {
        value(given, key, expected: "a word of letters, digits and . _ - @ /") { text in
            let isWord = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || ".-_@/".utf8.contains($0)
            }
            return isWord && (1...128).contains(text.utf8.count) ? text : nil
        }
    }

    mutating func integer(_ given: YAMLValue?, _ key: String, in range: ClosedRange<Int>) -> Int {
        value(given, key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        } ?? range.lowerBound
    }

    mutating func optionalText(_ given: YAMLValue?, _ key: String) -> String? {
        given.flatMap { value($0, key, expected: "a text") { $0 } }
    }

    private mutating func value<Value>(
        _ given: YAMLValue?, _ key: String, expected: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let given else {
            report("'\(key)' is missing; expected \(expected)")
            return nil
        }
        if let value = given.text.flatMap(parse) { return value }
        report(given, "'\(key)' is wrong; expected \(expected)")
        return nil
    }

    // MARK: Parts

    mutating func parameters(_ given: YAMLValue?) -> [String: String] {
        let members = given.map { self.members($0, of: "modelParameters", keys: rules.parameters.map(\.name)) } ?? [:]
        var texts: [String: String] = [:]
        for parameter in rules.parameters where parameter.isRequired || members[parameter.name] != nil {
            if case .null? = members[parameter.name]?.content, !parameter.isRequired { continue }
            texts[parameter.name] = value(
                members[parameter.name], parameter.name, expected: parameter.expectation, parameter.value)
        }
        return texts
    }

    mutating func messages(_ given: YAMLValue?) -> (system: PromptTemplate, user: PromptTemplate) {
        var found: [String: YAMLValue] = [:]
        if let given {
            guard case .list(let messages) = given.content else {
                report(given, "'messages' is wrong; expected a list of messages with 'role' and 'content'")
                return (PromptTemplate(), PromptTemplate())
            }
            for message in messages { take(message, into: &found) }
        }
        return (
            template(found["system"], "system", rules.system, isRequired: rules.system.need == .each),
            template(found["user"], "user", rules.user, isRequired: true)
        )
    }

    private mutating func take(_ message: YAMLValue, into found: inout [String: YAMLValue]) {
        let members = members(message, of: "messages", keys: ["role", "content"])
        let role = value(members["role"], "role", expected: "system or user") {
            ["system", "user"].contains($0) ? $0 : nil
        }
        guard let content = members["content"] else { return report(message, "'content' is missing; expected a text") }
        guard let role else { return }
        if found[role] != nil { return report(message, "there is a second message of the role '\(role)'") }
        if content.text == nil { return report(content, "'content' is wrong; expected a text") }
        found[role] = content
    }

    private mutating func template(
        _ given: YAMLValue?, _ role: String, _ places: PromptRules.Places, isRequired: Bool
    ) -> PromptTemplate {
        guard let given else {
            if isRequired { report("a message of the role '\(role)' is missing") }
            return PromptTemplate()
        }
        return PromptTemplate(given.text ?? "", what: role, line: given.textLine, places, problems: &problems)
    }

    mutating func tests(_ given: YAMLValue?, atMost limit: Int) -> [PromptTest] {
        guard let given else { return [] }
        guard case .list(let items) = given.content else {
            report(given, "'testData' is wrong; expected a list of test cases")
            return []
        }
        if items.count > limit { report(given, "'testData' has \(items.count) test cases; expected at most \(limit)") }
        var names: Set<String> = []
        return items.prefix(limit).map { item in
            let test = test(item)
            if !test.name.isEmpty, !names.insert(test.name).inserted {
                report(item, "there is a second test case '\(test.name)'")
            }
            return test
        }
    }

    private mutating func test(_ item: YAMLValue) -> PromptTest {
        let keys = ["name", "input", "output", "record", "expected", "canary"]
        let members = members(item, of: "testData", keys: keys)
        let name = word(members["name"], "name") ?? ""
        if members["input"] == nil, members["output"] == nil, members["record"] == nil {
            report(item, "a test case needs 'input', 'output' or 'record'")
        }
        var isCanary = false
        if let given = members["canary"] {
            isCanary =
                value(given, "canary", expected: "true or false") { ["true": true, "false": false][$0] } ?? false
        }
        return PromptTest(
            name: name, line: item.line, record: record(name, members), expected: members["expected"],
            isCanary: isCanary)
    }

    private mutating func record(_ name: String, _ members: [String: YAMLValue]) -> [UInt8] {
        let buffer = ByteBuffer()
        buffer.append("{\"id\":")
        buffer.append(jsonText: name)
        for key in ["input", "output"] {
            guard let value = members[key] else { continue }
            buffer.append(text: ",\"\(key)\":")
            value.append(to: buffer)
        }
        if let record = members["record"] {
            guard case .map(let pairs) = record.content else {
                report(record, "'record' is wrong; expected the record's members")
                return []
            }
            for (key, value) in pairs {
                let taken = ["id", "input", "output"].contains(key.text ?? "id") && members[key.text ?? ""] != nil
                if taken || key.text == "id" { report(key, "'record' repeats '\(key.text ?? "")'") }
                buffer.append(",")
                buffer.append(jsonText: key.text ?? "")
                buffer.append(":")
                value.append(to: buffer)
            }
        }
        buffer.append("}")
        return [UInt8](buffer.bytes)
    }
}
