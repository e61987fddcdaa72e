import Anthropic
import Foundation
import Records
import Support
import Testing

@testable import Tagging

@Suite struct TaggingPromptTests {
    private static let good = """
        name: t
        version: 3
        model: m
        modelParameters:
          maxTokens: 100
          effort: high
        messages:
          - role: system
            content: |
              Tags:
              {{taxonomy}}
          - role: user
            content: "in {{input}} out {{ output }} end"
        """

    private func load(_ yaml: String) throws(Failure) -> TaggingPrompt {
        try TaggingPrompt.file(Array(yaml.utf8), source: "p.yml")
    }

    private func message(_ yaml: String) -> String {
        failure { () throws(Failure) in try load(yaml) }?.message ?? "no failure"
    }

    @Test func theFile() throws {
        let prompt = try load(Self.good)
        #expect((prompt.name, prompt.version, prompt.model) == ("t", 3, "m"))
        #expect(prompt.maxTokens == 100)
        #expect(prompt.effort == .high)
        #expect(prompt.hash.count == 64)
        #expect(prompt.label == "t-3-\(prompt.hash.prefix(8))")
        #expect(try load(Self.good + "\n# comment").hash != prompt.hash)
        #expect(try load(Self.good.replacing("  effort: high\n", with: "")).effort == nil)
        #expect(try load(Self.good.replacing("high", with: "null")).effort == nil)
    }

    @Test func theSystemPromptListsTheTags() throws {
        let system = try load(Self.good).system(Samples.taxonomy(["b": "x\n{{taxonomy}}", "a\"": "y"]))
        #expect(
            system == """
                Tags:
                {"tag":"a\\"","description":"y"}
                {"tag":"b","description":"x\\n{{taxonomy}}"}

                """)
    }

    @Test func theUserMessageHoldsTheTexts() throws {
        let prompt = try load(Self.good)
        #expect(
            Samples.user(prompt, input: "I {{output}}", output: "O\n{{input}}")
                == "in <record_input>\nI {{output}}\n</record_input> out <record_output>\nO\n{{input}}\n</record_output> end"
        )
        #expect(Samples.user(prompt, input: "", output: "") == "in <record_input/> out <record_output/> end")
    }

    @Test(arguments: [
        ("</record_input>", "&lt;/record_input>"), ("<record_input>", "&lt;record_input>"),
        ("< / RECORD_Output", "&lt; / RECORD_Output"),
        ("<\n\t/record_x", "&lt;\n\t/record_x"), ("<<record_input/>", "<&lt;record_input/>"), ("<record", "<record"),
        ("a < b </p> <recorder>", "a < b </p> <recorder>"),
        ("</recor<record_input>d_input>", "</recor&lt;record_input>d_input>"),
        ("&lt;/record_input>", "&lt;/record_input>"), ("<", "<"), ("</", "</"), ("é<record_", "é&lt;record_"),
    ])
    func delimitersInATextAreNeutralised(_ text: String, _ shown: String) throws {
        let user = try Samples.user(load(Self.good), input: text, output: "")
        #expect(user == "in <record_input>\n\(shown)\n</record_input> out <record_output/> end")
    }

    @Test func aMegabyteOfAlmostDelimitersTakesLinearTime() throws {
        let text = String(repeating: "</ ", count: 300_000) + "<" + String(repeating: "/", count: 300_000)
        #expect(try Samples.user(load(Self.good), input: text, output: "").contains(text))
    }

    @Test(arguments: [
        ("maxTokens: 100", "maxTokens: 1", "line 5: 'maxTokens' is wrong"),
        ("  maxTokens: 100\n", "", "'maxTokens' is missing"),
        ("effort: high", "effort: hard", "line 6: 'effort' is wrong; expected one of low, "),
        ("effort: high", "temperature: 0", "line 6: unknown key 'temperature' in 'modelParameters'"),
        ("model: m\n", "", "'model' is missing"),
        ("{{taxonomy}}", "x", "line 10: 'system' lacks {{taxonomy}}"),
        (
            "{{ output }}", "{{output}} {{taxonomy}}",
            "unknown placeholder {{taxonomy}} in 'user'; expected {{input}} and"
        ),
        ("name: t", "name: t\ntestData: []", "line 2: unknown key 'testData'"),
        ("name: t", "name: t\njsonSchema: {}", "line 2: unknown key 'jsonSchema'"),
    ])
    func whatIsWrong(_ old: String, _ new: String, _ expected: String) {
        let text = message(Self.good.replacing(old, with: new))
        #expect(text.contains(expected), "\(text)")
    }

    // MARK: The prompt that ships

    @Test func theShippedPrompt() throws {
        let prompt = try Samples.prompt()
        #expect((prompt.name, prompt.version, prompt.model) == ("tagging", 2, "claude-haiku-5-5"))
        let system = prompt.system(try Samples.taxonomy())
        #expect(system.contains("{\"tag\":\"billing\",\"description\":\"Money.\"}"))
        #expect(!system.contains("{{"))
        // The service caches nothing shorter than 512 tokens; a token of English is hardly longer than 4 bytes.
        #expect(system.utf8.count > 512 * 4)
    }
}

@Suite struct TaggingConfigHashTests {
    private func hash(
        model: String = "m", tags: [String: String] = ["a": "b"], input: Int = 1000, output: Int = 500,
        effort: String? = "low",
        maxTokens: Int = 100
    ) throws -> TaggingConfigHash {
        TaggingConfigHash(
            model: model, prompt: try Samples.prompt(), taxonomy: try Samples.taxonomy(tags),
            shortening: Shortening(inputTokens: input, outputTokens: output), effort: effort, maxTokens: maxTokens)
    }

    @Test func whateverDecidesAboutAnswersIsInIt() throws {
        let all = [
            try hash(), try hash(model: "n"), try hash(tags: ["a": "c"]), try hash(input: 1001), try hash(output: 501),
            try hash(effort: nil), try hash(effort: ""), try hash(maxTokens: 101), try hash(input: 500, output: 1000),
        ]
        #expect(Set(all).count == all.count)
        #expect(try hash() == all[0])
    }

    @Test func itIsTheNameOfAFolder() throws {
        let name = try hash().description
        #expect(name.utf8.count == 16 && name.allSatisfy { "0123456789abcdef".contains($0) })
    }
}
