import Support
import Testing

@testable import Tagging

@Suite struct TaxonomyFileTests {
    private func problem(_ yaml: String) -> Failure? {
        failure { () throws(Failure) in try Taxonomy.file(Array(yaml.utf8), source: "tags.yml") }
    }

    private func tags(_ yaml: String) throws -> [String] {
        try Taxonomy.file(Array(yaml.utf8), source: "tags.yml").0.tags.map { "\($0.name)=\($0.description)" }
    }

    @Test(arguments: [
        "tags:\n  - name: b\n    description: Two & more\n  - {name: a, description: 'One: 1'}\n",
        "tags:\n  b: Two & more\n  a: 'One: 1'\n", "b: Two & more\na: \"One: 1\"\n",
        "# text\n---\nb: |-\n  Two & more\na: 'One: 1'",
    ])
    func theThreeForms(_ yaml: String) throws { #expect(try tags(yaml) == ["a=One: 1", "b=Two & more"]) }

    @Test func whatLooksLikeAnotherTypeIsText() throws {
        #expect(try tags("1: yes\ntrue: 2026-01-01\nR&D: \"&x\"\n") == ["1=yes", "R&D=&x", "true=2026-01-01"])
    }

    @Test func aTagMayBeCalledTags() throws { #expect(try tags("tags: About tags\n") == ["tags=About tags"]) }

    @Test func duplicatesInAListAreMerged() throws {
        let yaml = "tags:\n- {name: a, description: x}\n- {name: a, description: y}\n"
        let (taxonomy, counts) = try Taxonomy.file(Array(yaml.utf8), source: "tags.yml")
        #expect(taxonomy.tags == [TaxonomyTag(name: "a", description: "x; y")])
        #expect(counts.merged == 1)
    }

    @Test func everyProblemIsSaidWithItsLine() {
        let yaml = """
            tags:
              - name: a
                descripton: typo
              - name: ""
                description: x
              - just text
              - name: [b]
                description: x
            color: red
            """
        let message = problem(yaml)?.message ?? ""
        #expect(message.contains("tags.yml has 6 problems"))
        for expected in [
            "line 3: unknown key 'descripton'", "line 2: the tag's description is missing",
            "line 4: the tag's name is not a text", "line 6: expected a tag", "line 7: the tag's name is not a text",
            "line 9: unknown key 'color'",
        ] {
            #expect(message.contains(expected), "\(message)")
        }
    }

    @Test(arguments: [
        ("a: b: c\n", "line 1"), ("a: [\n", "line 2"), ("a: x\nb: y\na: z\n", "'a' is there twice"),
        ("- a\n- b\n", "line 1: expected 'tags:'"), ("text", "line 1: expected 'tags:'"),
        ("a: x\n---\nb: y\n", "line 3: a second document begins"),
        ("a: x\nb: \u{1}\n", "line 2: control characters are not allowed"),
        ("a:\n  - x\n", "line 2: the tag's description is not a text"),
    ])
    func notATaxonomy(_ yaml: String, _ expected: String) {
        let failure = problem(yaml)
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains(expected) == true, "\(failure?.message ?? "none")")
    }

    @Test func bytesThatAreNotUTF8() {
        let failure = failure { () throws(Failure) in try Taxonomy.file([0x61, 0x3A, 0x20, 0xFF], source: "f") }
        #expect(failure?.message == "f is not UTF-8")
    }

    @Test(arguments: ["tags: []\n", "tags: {}\n", "{}\n", "tags:\n", "~\n", "", "# only a comment\n"])
    func nothingInIt(_ yaml: String) {
        let failure = problem(yaml)
        #expect(failure?.status == .emptyTaxonomy)
        #expect(failure?.message == "tags.yml has no tags to choose from")
    }

    // MARK: Hostile files

    @Test(arguments: [
        "a: &x one\nb: two\n", "&x a: one\n", "a: !!str &x one\n", "tags: &x\n  - {name: a, description: b}\n",
        "a: &x \"one\"\n", "a: &x |\n  one\n", "? &x a\n: one\n", "a: [&x b]\n",
    ])
    func anchorsAreRefused(_ yaml: String) {
        let failure = problem(yaml)
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("line ") == true)
    }

    @Test(arguments: ["a: *x\n", "a: one\nb: [*a]\n", "*x : one\n"])
    func aliasesAreRefused(_ yaml: String) {
        #expect(problem(yaml)?.message.contains("aliases (*) are not allowed") == true)
    }

    /// Were the anchors defined, comparing the keys of the last line would take years.
    @Test(.timeLimit(.minutes(1))) func aBombDoesNotGoOff() {
        var yaml = "a0: &a0 [x, x]\n"
        for level in 1...60 {
            yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 20).joined(separator: ", "))]\n"
        }
        #expect(problem(yaml + "? *a60\n: x\n")?.status == .usage)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [2, 50, 900, 100_000])
    func deepNestingIsRefused(_ depth: Int) {
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(problem("a: \(nested)\n")?.status == .usage)
        #expect(problem("tags:\n  - name: \(nested)\n    description: x\n")?.status == .usage)
    }

    @Test func aLargeFileIsRefusedUnread() {
        let message = problem(String(repeating: "#", count: Taxonomy.FileLimits.bytes + 1))?.message
        #expect(message == "tags.yml has 4194305 bytes; expected at most 4MiB")
    }

    @Test func aHundredThousandProblemsAreCutShort() {
        let message = problem("tags:\n" + String(repeating: "- x\n", count: 10_000))?.message ?? ""
        #expect(message.contains("tags.yml has 10000 problems"))
        #expect(message.contains("…and 9980 more"))
        #expect(message.utf8.count < 4000)
    }
}
