internal import Bytes
package import Prompts
package import Support

/// What the judge is told, out of a prompt file such as `prompts/security-judge.prompt.yml`.
package struct JudgePrompt: Sendable {
    /// What verdicts say about their prompt.
    package let label: String
    /// SHA-256 of the file in hex digits.
    package let hash: String
    /// The file's, if it names one.
    package let model: String?
    package let schema: VerdictSchema
    package let tests: [PromptTest]
    /// Of each test.
    package let expectations: [Expectation]
    /// How much a judge may answer.
    package let maxTokens: Int
    package let user: PromptTemplate
    /// What is allowed, and is hardly meant: with its line where it has one, `line 3: …`.
    package let warnings: [String]
    /// Of the system message.
    package let systemTokens: Int
    /// The request's members but for the contents, without braces: `"systemInstruction":…,"generationConfig":…`.
    let settings: [UInt8]

    /// Of the file.
    static let mostBytes = PromptFile.Limits.bytes
    static let thinkingLevels = ["MINIMAL", "LOW", "MEDIUM", "HIGH"]

    private static let rules = PromptRules(
        isModelRequired: false,
        parameters: [
            PromptRules.Parameter("temperature", .decimal(0...2)), PromptRules.Parameter("topP", .decimal(0...1)),
            PromptRules.Parameter("maxTokens", .integer(64...65_536), isRequired: true),
            PromptRules.Parameter("thinkingBudget", .integer(-1...32_768)),
            PromptRules.Parameter("thinkingLevel", .choice(thinkingLevels)),
        ],
        system: PromptRules.Places([], need: .none),
        user: PromptRules.Places(["input", "output", "id", "record"], allowsPointers: true, need: .any),
        hasSchemaAndTests: true)

    /// - Parameter source: how messages name the file.
    /// - Throws: all that is wrong, with line numbers, as `Failure(.usage)`.
    package static func file(_ bytes: [UInt8], source: String) throws(Failure) -> JudgePrompt {
        var schema = VerdictSchema(verdicts: [], severities: [], categories: [], longestEvidence: 0)
        var expectations: [Expectation] = []
        let file = try PromptFile.read(bytes, source: source, rules: rules) { file, problems in
            guard let given = file.schema else { return }
            let before = problems.count
            schema = VerdictSchema(given, problems: &problems)
            // What a wrong schema allows says nothing about the test cases.
            guard problems.count == before else { return }
            for test in file.tests { expectations.append(Expectation(test, schema, problems: &problems)) }
            if file.parameters["thinkingBudget"] != nil, file.parameters["thinkingLevel"] != nil {
                problems.append("'thinkingBudget' and 'thinkingLevel' exclude each other")
            }
            // Thoughts count as output: the answer would be cut off, and is paid.
            if let most = integer(file, "maxTokens"), let thoughts = integer(file, "thinkingBudget"), thoughts >= most {
                problems.append("'thinkingBudget' \(thoughts) leaves nothing of 'maxTokens' \(most) for the answer")
            }
        }
        return JudgePrompt(file, schema, expectations)
    }

    private static func integer(_ file: PromptFile, _ name: String) -> Int? {
        file.parameters[name].flatMap { Int($0) }
    }

    private init(_ file: PromptFile, _ schema: VerdictSchema, _ expectations: [Expectation]) {
        (label, hash, model, tests) = (file.label, file.hash, file.model, file.tests)
        (self.schema, self.expectations, user) = (schema, expectations, file.user)
        warnings = Self.warnings(file)
        maxTokens = Self.integer(file, "maxTokens") ?? 0
        let system = file.system.parts.map { if case .text(let text) = $0 { text } else { "" } }.joined()
        systemTokens = (system.utf8.count + 2) / 3
        settings = Self.settings(file, system: system)
    }

    /// A judge that is shown less than the interaction, or something that the records are not likely to have, or that goes
    /// unwatched.
    private static func warnings(_ file: PromptFile) -> [String] {
        var found = file.user.warnings
        let unseen = ["input", "output"].filter { file.user.lines[$0] == nil }
        if file.user.lines["record"] == nil, !unseen.isEmpty {
            let names = unseen.map { "{{\($0)}}" }.joined(separator: " nor ")
            found.append("line \(file.user.line): the judge sees neither {{record}} nor \(names)")
        }
        for (name, line) in file.user.lines.sorted(by: { $0.key < $1.key }) {
            guard let pointer = JSONPointer(name), name.hasPrefix("/"), !file.tests.isEmpty else { continue }
            let isThere = file.tests.contains { test in
                test.record.withUnsafeBytes { pointer.find(in: $0, 0..<$0.count) != nil }
            }
            if !isThere {
                found.append("line \(line): no test case has anything at {{\(name)}}: is it spelt as in records?")
            }
        }
        if !file.tests.contains(where: \.isCanary) {
            found.append("no test case is a canary ('canary: true'): nothing tells when records mislead the judge")
        }
        return Problems.byLine(found)
    }

    /// By the rules of `GenerateContentRequest`.
    private static func settings(_ file: PromptFile, system: String) -> [UInt8] {
        let buffer = ByteBuffer()
        if !system.isEmpty {
            buffer.append("\"systemInstruction\":{\"parts\":[{\"text\":")
            buffer.append(jsonText: system)
            buffer.append("}]},")
        }
        buffer.append("\"generationConfig\":{")
        for (name, member) in [("temperature", "temperature"), ("topP", "topP"), ("maxTokens", "maxOutputTokens")] {
            guard let value = file.parameters[name] else { continue }
            buffer.append(text: "\"\(member)\":\(value),")
        }
        if let budget = file.parameters["thinkingBudget"] {
            buffer.append(text: "\"thinkingConfig\":{\"thinkingBudget\":\(budget)},")
        }
        if let level = file.parameters["thinkingLevel"] {
            buffer.append(text: "\"thinkingConfig\":{\"thinkingLevel\":\"\(level)\"},")
        }
        buffer.append("\"responseMimeType\":\"application/json\",\"responseJsonSchema\":")
        (file.schema?.json ?? []).withUnsafeBytes { buffer.append($0) }
        buffer.append("}")
        return [UInt8](buffer.bytes)
    }

    /// The test cases that go along with a day's first jobs.
    package var canaries: [(test: PromptTest, expectation: Expectation)] {
        zip(tests, expectations).filter { $0.0.isCanary }.map { (test: $0.0, expectation: $0.1) }
    }
}
