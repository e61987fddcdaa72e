import Foundation
import Testing

@testable import Tagging

@Suite struct AnswerRulesTests {
    /// The tags that come out, or the status in parentheses, and the rules that applied.
    private func read(_ text: String, stopReason: String = "end_turn") throws -> (String, AnswerCounts) {
        let taxonomy = try Samples.taxonomy(["a": "1", "b": "2", "Größe": "3", "with space": "4", "\u{E9}": "5"])
        var counts = AnswerCounts()
        let answer = AnswerRules(taxonomy).read(text, stopReason: stopReason, counts: &counts)
        #expect(answer.tags == answer.tags.sorted() && Set(answer.tags).count == answer.tags.count)
        #expect((answer.status == .tagged) == !answer.tags.isEmpty)
        let names = answer.tags.map { taxonomy.tags[$0].name }
        return (names.isEmpty ? "(\(answer.status.rawValue))" : names.joined(separator: ","), counts)
    }

    private func counts(answers: Int = 1, _ change: (inout AnswerCounts) -> Void = { _ in }) -> AnswerCounts {
        var counts = AnswerCounts()
        counts.answers = answers
        change(&counts)
        return counts
    }

    @Test func whatTheSchemaAsksFor() throws {
        #expect(try read(#"{"tags":["b","a"]}"#) == ("a,b", counts()))
        #expect(try read(#"{"tags":["Gr\u00f6\u00dfe", "with space"]}"#) == ("Größe,with space", counts()))
        #expect(try read(" {\n \"tags\" : [ ]\n} ") == ("(untagged)", counts()))
    }

    @Test func otherShapes() throws {
        #expect(try read(#"["a"]"#) == ("a", counts { $0.bareList = 1 }))
        #expect(try read("[]") == ("(untagged)", counts { $0.bareList = 1 }))
        #expect(try read(#""a""#) == ("a", counts { $0.bareName = 1 }))
        #expect(try read(#"{"tags":"a"}"#) == ("a", counts { $0.bareName = 1 }))
        #expect(try read("null") == ("(untagged)", counts { $0.nullList = 1 }))
        #expect(try read(#"{"tags":null}"#) == ("(untagged)", counts { $0.nullList = 1 }))
        #expect(try read(#"{"relevant_tags":["a"]}"#) == ("a", counts { $0.renamedKey = 1 }))
        #expect(try read(#"{"tags":["a"],"why":"x"}"#) == ("a", counts { $0.extraMembers = 1 }))
        #expect(try read(#"{"tags":[],"relevant_tags":["a"]}"#) == ("(untagged)", counts { $0.extraMembers = 1 }))
        #expect(try read(#"{"tags":["b"],"tags":["a"]}"#) == ("a", counts { $0.extraMembers = 1 }))
    }

    @Test(arguments: [
        "{}", #"{"tag":["a"]}"#, "1", "true", #"{"tags":1}"#, #"{"tags":{"a":true}}"#, #"{"tags":false}"#,
    ])
    func jsonWithoutAList(_ text: String) throws {
        #expect(try read(text) == ("(unusable)", counts { $0.unusable = 1 }))
    }

    @Test(arguments: [
        "a", "a, b", "Tags: [\"a\"]", #"{"tags":["a"]} done"#, #"{"tags":["a"]"#, #"{'tags':['a']}"#,
        #"{"tags":["a",]}"#,
        #"["a"]["b"]"#, #"[],"":["a"]"#, #"["a"]}"#, "{\"tags\":[\"a\u{1}\"]}", "<tags>a</tags>", "\"", "\\",
        "```json\n{\"tags\":[\"a\"]}", "{\"tags\":[\"a\"]}\n```\nBecause …",
    ])
    func noJSON(_ text: String) throws { #expect(try read(text) == ("(unusable)", counts { $0.unusable = 1 })) }

    @Test(arguments: [
        "```json\n{\"tags\":[\"a\"]}\n```", "```\n{\"tags\":[\"a\"]}\n```\n", "\n```JSON\r\n{\"tags\":[\"a\"]}```",
    ])
    func codeFences(_ text: String) throws { #expect(try read(text) == ("a", counts { $0.fenced = 1 })) }

    @Test(arguments: ["", " ", "\n\t\u{A0}", "```\n```"])
    func emptyText(_ text: String) throws {
        let (result, counts) = try read(text)
        #expect(result == "(unusable)")
        #expect(counts.empty == 1)
    }

    @Test func elements() throws {
        #expect(try read(#"{"tags":["x","a","y"]}"#) == ("a", counts { $0.unknown = 2 }))
        #expect(try read(#"{"tags":["x"]}"#) == ("(unusable)", counts { ($0.unknown, $0.onlyUnknown) = (1, 1) }))
        #expect(try read(#"{"tags":["a","a"," a"]}"#) == ("a", counts { ($0.duplicates, $0.trimmed) = (2, 1) }))
        #expect(try read(#"{"tags":[" a\n","\u00a0b"]}"#) == ("a,b", counts { $0.trimmed = 2 }))
        #expect(try read(#"{"tags":["A","b"]}"#) == ("b", counts { ($0.unknown, $0.wrongCase) = (1, 1) }))
        #expect(try read(#"{"tags":["GRÖSSE","a"]}"#) == ("a", counts { $0.unknown = 1 }))
        #expect(try read(#"{"tags":[null,"a"]}"#) == ("a", counts { $0.nullElements = 1 }))
        #expect(try read(#"{"tags":[null]}"#) == ("(unusable)", counts { ($0.nullElements, $0.onlyUnknown) = (1, 1) }))
        #expect(try read(#"{"tags":[1,true,["a"],{"name":"a"},"b"]}"#) == ("b", counts { $0.notNames = 4 }))
        #expect(try read(#"{"tags":["","a,b","\ud800","b"]}"#) == ("b", counts { $0.unknown = 3 }))
    }

    @Test func namesAreComparedByScalars() throws {
        #expect(try read("{\"tags\":[\"\u{E9}\"]}").0 == "\u{E9}")
        #expect(try read("{\"tags\":[\"e\u{301}\"]}").0 == "(unusable)")
        #expect(try read("{\"tags\":[\"a\u{200B}\"]}").0 == "(unusable)")
    }

    @Test func hugeAndDeepAnswersAreNotRead() throws {
        let huge = #"{"tags":["a"],"x":""# + String(repeating: "x", count: AnswerRules.Limits.text) + #""}"#
        #expect(try read(huge) == ("(unusable)", counts { $0.oversized = 1 }))
        let blank = String(repeating: " ", count: AnswerRules.Limits.text)
        #expect(try read(blank) == ("(unusable)", counts { $0.empty = 1 }))
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(try read(deep) == ("(unusable)", counts { $0.oversized = 1 }))
        let long = "[" + Array(repeating: "\"a\"", count: 100_000).joined(separator: ",") + "]"
        #expect(try read(long) == ("a", counts { ($0.bareList, $0.duplicates) = (1, 99_999) }))
    }

    @Test(arguments: [
        ("max_tokens", "(max_tokens)"), ("refusal", "(refusal)"), ("model_context_window_exceeded", "(context_window)"),
        ("stop_sequence", "(stopped)"), ("tool_use", "(stopped)"), ("pause_turn", "(stopped)"), ("", "(stopped)"),
        ("something_new", "(stopped)"),
    ])
    func onlyTheEndOfATurnIsAnAnswer(_ stopReason: String, _ expected: String) throws {
        #expect(try read(#"{"tags":["a"]}"#, stopReason: stopReason) == (expected, AnswerCounts()))
    }

    @Test func countsAddUp() throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        func fields(_ counts: AnswerCounts) throws -> [String: Int] {
            try JSONDecoder().decode([String: Int].self, from: encoder.encode(counts))
        }
        let names = try fields(AnswerCounts()).keys
        #expect(names.count == 17 && names.contains("only_unknown"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        for name in names {
            let one = Dictionary(uniqueKeysWithValues: names.map { ($0, $0 == name ? 3 : 0) })
            var sum = try decoder.decode(AnswerCounts.self, from: JSONEncoder().encode(one))
            sum += sum
            #expect(try fields(sum) == one.mapValues { $0 * 2 }, "\(name)")
        }
    }
}

@Suite struct AnswerSchemaTests {
    @Test func anObjectWithAListOfNames() throws {
        let schema = String(
            decoding: AnswerSchema.json(try Samples.taxonomy(["b": "x", "a\"\nc": "y"])), as: UTF8.self)
        #expect(
            schema
                == #"{"type":"object","properties":{"tags":{"type":"array","items":{"type":"string","enum":["a\"\nc","b"]}}},"#
                + #""required":["tags"],"additionalProperties":false}"#)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(schema.utf8)) }
    }
}
