import Support
import Testing
import YAML

@testable import Prompts

@Suite struct PromptFileTests {
    private static let good = """
        name: t
        description: What it is for
        version: 3
        model: publishers/google/models/m-1.5
        modelParameters:
          temperature: 0
          maxTokens: 100
          thinkingLevel: low
        messages:
          - role: system
            content: |
              You judge.
          - role: user
            content: "in {{input}} out {{ output }} who {{/meta/a~1b}}"
        jsonSchema:
          type: object
          properties: {verdict: {type: string, enum: [safe, "1", no]}}
          minItems: 1
        testData:
          - name: one
            input: hello
            output: [1, a]
            record: {meta: {a/b: true}}
            expected: {verdict: safe}
            canary: true
          - name: two
            input: ""
            record: {output: 2.50}
        """

    private static let rules = PromptRules(
        isModelRequired: false,
        parameters: [
            PromptRules.Parameter("temperature", .decimal(0...2)),
            PromptRules.Parameter("maxTokens", .integer(64...32_000), isRequired: true),
            PromptRules.Parameter("thinkingLevel", .choice(["low", "high"])),
        ],
        system: PromptRules.Places([], need: .none),
        user: PromptRules.Places(["input", "output"], allowsPointers: true, need: .any), hasSchemaAndTests: true)

    private func read(_ yaml: String) throws(Failure) -> PromptFile {
        try PromptFile.read(Array(yaml.utf8), source: "p.yml", rules: Self.rules)
    }

    private func message(_ yaml: String) -> String {
        do throws(Failure) {
            _ = try read(yaml)
            return "no failure"
        } catch {
            return error.status == .usage ? error.message : "\(error.status)"
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func theFile() throws {
        let file = try read(Self.good)
        #expect((file.name, file.version, file.summary) == ("t", 3, "What it is for"))
        #expect(file.model == "publishers/google/models/m-1.5")
        #expect(file.parameters == ["temperature": "0", "maxTokens": "100", "thinkingLevel": "low"])
        #expect(file.hash.count == 64)
        #expect(file.label == "t-3-\(file.hash.prefix(8))")
        #expect(try read(Self.good + "\n# comment").hash != file.hash)
        #expect(file.system.parts == [.text("You judge.\n")])
        #expect(
            file.user.parts == [
                .text("in "), .place("input"), .text(" out "), .place("output"), .text(" who "), .place("/meta/a~1b"),
                .text(""),
            ])
    }

    @Test(arguments: ["low", "LOW", "Low"])
    func aChoiceIsSpeltAsTheServiceSpellsIt(text: String) throws {
        func yaml(_ level: String) -> String { Self.good.replacing("Level: low", with: "Level: \(level)") }
        #expect(try read(yaml(text)).parameters["thinkingLevel"] == "low")
        #expect(message(yaml("lowest")).contains("one of low"))
    }

    @Test func theSchemaAsJSON() throws {
        let schema = try #require(try read(Self.good).schema)
        #expect(
            text(schema.json)
                == #"{"type":"object","properties":{"verdict":{"type":"string","enum":["safe","1","no"]}},"minItems":1}"#
        )
    }

    @Test func theTestCases() throws {
        let tests = try read(Self.good).tests
        #expect(tests.map(\.name) == ["one", "two"])
        #expect(tests.map(\.line) == [20, 26])
        #expect(tests.map(\.isCanary) == [true, false])
        #expect(text(tests[0].record) == #"{"id":"one","input":"hello","output":[1,"a"],"meta":{"a/b":true}}"#)
        #expect(tests[0].expected?["verdict"]?.text == "safe")
        #expect(text(tests[1].record) == #"{"id":"two","input":"","output":2.50}"#)
        #expect(tests[1].expected == nil)
    }

    @Test(arguments: [
        ("name: t", "name: a b", "line 1: 'name' is wrong"), ("version: 3", "version: 0", "line 3: 'version' is wrong"),
        ("version: 3", "version: x", "line 3: 'version' is wrong"), ("version: 3\n", "", "'version' is missing"),
        ("model: publishers", "modell: publishers", "line 4: unknown key 'modell'"),
        ("temperature: 0", "temperature: 3", "line 6: 'temperature' is wrong; expected a number from 0.0 to 2.0"),
        ("temperature: 0", "temperature: .5", "line 6: 'temperature' is wrong"),
        ("temperature: 0", "topK: 0", "line 6: unknown key 'topK' in 'modelParameters'"),
        ("  maxTokens: 100\n", "", "'maxTokens' is missing; expected a whole number from 64 to 32000"),
        ("You judge.", "{{input}}", "line 12: unknown placeholder {{input}} in 'system'; expected none"),
        ("{{/meta/a~1b}}", "{{/meta/~2}}", "line 14: unknown placeholder {{/meta/~2}} in 'user'"),
        ("{{ output }}", "{{input}}", "line 14: {{input}} is in 'user' a second time"),
        ("{{ output }}", "{{output", "line 14: unknown placeholder {{output who {{/meta/a~1b}} in 'user'"),
        (
            "in {{input}} out {{ output }} who {{/meta/a~1b}}", "x",
            "line 14: 'user' has no placeholder; expected {{input}}, "
        ),
        ("in {{input}} out {{ output }} who {{/meta/a~1b}}", "{{input}} {{", "line 14: '{{' without '}}' in 'user'"),
        ("role: system", "role: user", "line 13: there is a second message of the role 'user'"),
        ("role: system", "role: assistant", "line 10: 'role' is wrong; expected system or user"),
        ("role: user", "role: system", "a message of the role 'user' is missing"),
        ("content: |\n      You judge.", "content: [a]", "line 11: 'content' is wrong; expected a text"),
        ("jsonSchema:", "schema:", "'jsonSchema' is missing"),
        ("name: two", "name: one", "line 26: there is a second test case 'one'"),
        ("canary: true", "canary: maybe", "line 25: 'canary' is wrong; expected true or false"),
        ("    input: hello\n    output: [1, a]\n    record: {meta: {a/b: true}}\n", "", "line 20: a test case needs"),
        ("record: {meta:", "record: {id: 3, meta:", "line 23: 'record' repeats 'id'"),
        ("record: {meta:", "record: {input: 3, meta:", "line 23: 'record' repeats 'input'"),
        ("record: {meta: {a/b: true}}", "record: [1]", "line 23: 'record' is wrong"),
        ("description: ", "description: &a ", "line 2: anchors (&) are not allowed"),
        ("name: t", "name: [[[[[[[[[[[[[[[[[t]]]]]]]]]]]]]]]]]", "nested too deep"),
    ])
    func whatIsWrong(_ old: String, _ new: String, _ expected: String) {
        let text = message(Self.good.replacing(old, with: new))
        #expect(text.contains(expected), "\(text)")
    }

    @Test(arguments: [
        ("in {{input}}", []), ("{\"input\": {}} { } {other} {", []),
        ("a\n { output }{/meta}", ["line 8: '{output}'", "line 8: '{/meta}'"]), ("{{{input}}}", []),
        ("{input}}", []),
    ])
    func placeholdersWithTooFewBraces(_ message: String, _ expected: [String]) {
        let rules = PromptRules.Places(["input", "output"], allowsPointers: true, need: .none)
        var problems: [String] = []
        let found = PromptTemplate(message, what: "user", line: 7, rules, problems: &problems).warnings
        #expect(found.count == expected.count, "\(found)")
        #expect(zip(found, expected).allSatisfy { $0.hasPrefix($1) }, "\(found)")
    }

    @Test func allProblemsAtOnceAndThoseOfTheCaller() {
        let yaml = "name: t\nversion: x\ncolor: red\nmessages: [{role: user, content: '{{a}}'}]\n"
        do throws(Failure) {
            _ = try PromptFile.read(Array(yaml.utf8), source: "p.yml", rules: Self.rules) { file, problems in
                problems.append("line 1: '\(file.name)' is taken")
            }
            Issue.record("no failure")
        } catch {
            for expected in [
                "p.yml has 6 problems:", "line 3: unknown key 'color'", "line 2: 'version'", "'maxTokens' is missing",
                "line 4: unknown placeholder {{a}}", "'jsonSchema' is missing", "line 1: 't' is taken",
            ] { #expect(error.message.contains(expected), "\(error.message)") }
        }
    }

    @Test(arguments: ["", "- a", "text", "name: t\nname: u", "messages: 3", "\u{0}"])
    func noPromptFile(_ yaml: String) {
        #expect(message(yaml).hasPrefix("p.yml"), "\(message(yaml))")
    }

    @Test func aLargeFileIsRefused() {
        #expect(message(Self.good + String(repeating: "#", count: 256 << 10)).contains("expected at most 256KiB"))
    }

    @Test(arguments: [
        ("0", true), ("-1", true), ("1.50", true), ("1e5", true), ("2E-7", true), ("01", false), ("1.", false),
        (".5", false), ("+1", false), ("1e", false), ("0x1", false), ("", false), ("-", false), ("1 ", false),
    ])
    func numbersOfJSON(_ text: String, _ isNumber: Bool) {
        #expect(isJSONNumber(text.utf8) == isNumber)
    }
}
