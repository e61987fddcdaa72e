internal import Crypto
package import Support
package import YAML

/// What a model is told, out of a file such as `prompts/tagging.prompt.yml`: in the form of GitHub's prompt files, of which
/// it takes what it knows and refuses everything else. See docs/judging.md, "The prompt file".
package struct PromptFile: Sendable {
    package let name: String
    /// For people; empty when there is none.
    package let summary: String
    package let version: Int
    /// SHA-256 of the file in hex digits.
    package let hash: String
    package let model: String?
    /// The texts of `modelParameters` that are there, each right by its rule and as it is sent.
    package let parameters: [String: String]
    /// Empty when there is no such message.
    package let system: PromptTemplate
    package let user: PromptTemplate
    /// Of the answer; nil when the rules know none.
    package let schema: YAMLValue?
    package let tests: [PromptTest]

    package enum Limits {
        /// Of the file.
        package static let bytes = 256 << 10
        static let depth = 16
        static let tests = 500
    }

    /// Stands for the file wherever something says by which prompt it was made: `security-judge-1-1a2b3c4d`.
    package var label: String { "\(name)-\(version)-\(hash.prefix(8))" }

    /// - Parameters:
    ///   - source: how messages name the file.
    ///   - check: looks at what it read for more that is wrong, and says so: `line 3: …`.
    /// - Throws: all that is wrong, with line numbers, as `Failure(.usage)`.
    package static func read(
        _ bytes: [UInt8], source: String, rules: PromptRules, check: (PromptFile, inout [String]) -> Void = { _, _ in }
    ) throws(Failure) -> PromptFile {
        let root = try StrictYAML.read(bytes, source: source, maxBytes: Limits.bytes, maxDepth: Limits.depth)
        var reader = PromptFileReader(rules)
        let file = PromptFile(hash: hexDigits(SHA256.hash(data: bytes)), root, &reader)
        var problems = reader.problems
        check(file, &problems)
        try Problems.fail(problems, in: source)
        return file
    }

    private init(hash: String, _ root: YAMLValue, _ reader: inout PromptFileReader) {
        self.hash = hash
        let rules = reader.rules
        var keys = ["name", "description", "version", "model", "modelParameters", "messages"]
        if rules.hasSchemaAndTests { keys += ["jsonSchema", "testData"] }
        let members = reader.members(root, of: nil, keys: keys)
        name = reader.word(members["name"], "name") ?? ""
        summary = reader.optionalText(members["description"], "description") ?? ""
        version = reader.integer(members["version"], "version", in: 1...1_000_000)
        model =
            members["model"] != nil || rules.isModelRequired ? reader.word(members["model"], "model") : nil
        parameters = reader.parameters(members["modelParameters"])
        (system, user) = reader.messages(members["messages"])
        schema = members["jsonSchema"]
        if rules.hasSchemaAndTests, schema == nil { reader.report("'jsonSchema' is missing; expected a JSON schema") }
        tests = reader.tests(members["testData"], atMost: Limits.tests)
    }
}

/// A case of the file's `testData`.
package struct PromptTest: Sendable {
    package let name: String
    package let line: Int
    /// The record that it is about, as minified JSON: `id`, `input`, `output` and the members of the case's `record`.
    package let record: [UInt8]
    package let expected: YAMLValue?
    /// Sent along with every day's first job.
    package let isCanary: Bool
}

/// Two lower-case hex digits for each byte.
private func hexDigits(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
