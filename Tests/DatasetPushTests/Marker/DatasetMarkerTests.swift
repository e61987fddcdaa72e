import Testing

@testable import DatasetPush

/// What is understood of descriptions.
@Suite struct DatasetMarkerTests {
    private func marker(_ description: String?) -> DatasetMarker { DatasetMarker(description: description) }

    @Test(arguments: [
        #"[[relevant_tags: ["a","b"]]]"#, #"Text before [[relevant_tags: ["a", "b"]]] and behind"#,
        // Any letter case.
        #"[[Relevant_Tags: ["a","b"]]]"#, #"[[RELEVANT_TAGS:["a","b"]]]"#,
        // Spaces and newlines.
        "  [[  relevant_tags  :  [  \"a\"  ,  \"b\"  ]  ]]", "[[\nrelevant_tags:\r\n[\n\t\"a\",\n\t\"b\"\n]\n]]",
        "[ [ relevant_tags: [\"a\", \"b\"] ] ]",
        // The key as JSON writes one.
        #"[["relevant_tags": ["a","b"]]]"#,
        // A comma behind the last tag.
        #"[[relevant_tags: ["a","b",]]]"#, "[[relevant_tags: [\"a\",\"b\" ,\n]]]",
        // Duplicates, and white space around a name.
        #"[[relevant_tags: ["a","b","a"," a ","b\n"]]]"#,
        // Several markers are united.
        #"[[relevant_tags: ["a"]]] and [[relevant_tags: ["b","a"]]]"#,
        #"[[relevant_tags: ["a"]]][[RELEVANT_TAGS: ["b"]]]"#,
        // The word itself is no marker.
        #"relevant_tags are: [[relevant_tags: ["a","b"]]] (see [relevant_tags])"#,
        // Escapes.
        #"[[relevant_tags: ["\u0061","b"]]]"#,
    ])
    func understood(description: String) {
        #expect(marker(description).tags == ["a", "b"])
        #expect(marker(description).problems == [])
        #expect(marker(description).isPresent)
    }

    @Test func brackets() {
        #expect(marker(#"[[relevant_tags: ["a]]]b", "[[c]]", "]]]"]]]"#).tags == ["a]]]b", "[[c]]", "]]]"])
        #expect(marker(#"[[relevant_tags: ["a]]]b"]]]"#).problems == [])
    }

    @Test func escapedQuotes() {
        #expect(
            marker(#"[[relevant_tags: ["say \"a\"", "back\\slash", "line\nbreak"]]]"#).tags == [
                #"say "a""#, #"back\slash"#, "line\nbreak",
            ])
    }

    @Test func namesAreEqualByScalars() {
        let tags = marker("[[relevant_tags: [\"\u{E9}\", \"e\u{301}\", \"日本\", \"\\u65e5\\u672c\"]]]").tags
        #expect(tags.map { Array($0.unicodeScalars) } == ["\u{E9}", "e\u{301}", "日本"].map { Array($0.unicodeScalars) })
    }

    @Test(arguments: [
        nil, "", "nothing", "relevant_tags", "relevant_tags: [\"a\"]", "[see relevant_tags]", "[[tags: [\"a\"]]]",
    ])
    func noMarker(description: String?) {
        #expect(marker(description) == DatasetMarker(description: nil))
        #expect(!marker(description).isPresent)
    }

    /// What is wrong, and what is understood all the same.
    @Test(
        arguments: [
            (#"[relevant_tags: ["a"]]"#, [], "single brackets"), (#"[relevant_tags: ["a"]"#, [], "single brackets"),
            ("[[relevant_tags: []]]", [], "empty"), ("[[relevant_tags: [ ]]]", [], "empty"),
            (#"[[relevant_tags: [""]]]"#, [], "empty tag"), (#"[[relevant_tags: ["  ", "a"]]]"#, ["a"], "empty tag"),
            (#"[[relevant_tags: ["a", 5]]]"#, ["a"], "5 is no text"),
            ("[[relevant_tags: [1.5e3]]]", [], "1.5e3 is no text"),
            (#"[[relevant_tags: [null, "a"]]]"#, ["a"], "null is no text"),
            (#"[[relevant_tags: [true]]]"#, [], "true is no text"),
            (#"[[relevant_tags: [a, "b"]]]"#, ["b"], "a is no text"),
            ("[[relevant_tags: [“a”]]]", [], "“a” is no text"),
            (#"[[relevant_tags: ['a', "b"]]]"#, ["b"], "single quotes"),
            (#"[[relevant_tags: [["a"], "b"]]]"#, ["b"], "a list inside"),
            (#"[[relevant_tags: [["]"], "b"]]]"#, ["b"], "a list inside"),
            (#"[[relevant_tags: [[["a"]]]]]"#, [], "a list inside"),
            (#"[[relevant_tags: [{"a": ["x]"]}, "b"]]]"#, ["b"], "an object inside"),
            (#"[[relevant_tags: ["a" "b"]]]"#, ["a", "b"], "comma is missing"),
            (#"[[relevant_tags: [,"a"]]]"#, ["a"], "a comma without"),
            (#"[[relevant_tags: ["a",,"b"]]]"#, ["a", "b"], "a comma without"),
            (#"[[relevant_tags: ["a"]]"#, ["a"], "no ']]'"), (#"[[relevant_tags: ["a"]"#, ["a"], "no ']]'"),
            (#"[[relevant_tags: ["a"] x]]"#, ["a"], "no ']]'"),
            // A list that does not end counts for nothing.
            (#"[[relevant_tags: ["a", "b""#, [], "does not end"),
            (#"[[relevant_tags: ["a", "b]]]"#, [], "does not end"),
            (#"[[relevant_tags: ["a"#, [], "does not end"), ("[[relevant_tags: [", [], "does not end"),
            (#"[[relevant_tags: [["a""#, [], "does not end"), ("[[relevant_tags: [a", [], "does not end"),
            ("[[relevant_tags: ['a", [], "does not end"), (#"[[relevant_tags: ["a\"#, [], "does not end"),
            (#"[[relevant_tags: "a"]]"#, [], "no list"), (#"[[relevant_tags: {"a": 1}]]"#, [], "no list"),
            ("[[relevant_tags:", [], "no list"), ("[[relevant_tags]]", [], "no ':'"), ("[[relevant_tags", [], "no ':'"),
            (#"[[relevant_tags = ["a"]]]"#, [], "no ':'"),
            (#"[[relevant_tags: ["\ud800", "a"]]]"#, ["a"], "escape"),
            (#"[[relevant_tags: ["\x", "a"]]]"#, ["a"], "escape"),
        ] as [(String, [String], String)])
    func told(description: String, tags: [String], problem: String) {
        let marker = marker(description)
        #expect(marker.tags == tags)
        #expect(marker.isPresent)
        #expect(marker.problems.contains { $0.contains(problem) })
    }

    @Test func oneBadMarkerDoesNotSpoilTheOthers() {
        let marker = marker(
            #"[relevant_tags: ["x"]] [[relevant_tags: 5]] [[relevant_tags: ["a"]]] [[relevant_tags: ["b"#)
        #expect(marker.tags == ["a"])
        #expect(marker.problems.count == 3)
    }

    @Test func longLists() {
        let many = (0..<10_001).map { "\"\($0)\"" }.joined(separator: ",")
        #expect(marker("[[relevant_tags: [\(many)]]]").tags.count == 10_000)
        #expect(marker("[[relevant_tags: [\(many)]]]").problems.count == 1)
        // Linear in the text, however it nests.
        #expect(marker(String(repeating: "[", count: 200_000)).tags == [])
        #expect(marker("[[relevant_tags: " + String(repeating: "[", count: 200_000)).problems.count == 2)
        #expect(marker(String(repeating: "[[relevant_tags", count: 10_000)).problems.count == 10_000)
    }
}
