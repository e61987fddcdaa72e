import Bytes
import Testing

@testable import Prompts

@Suite struct AnswerJSONTests {
    private static func text(_ answer: String, _ json: AnswerJSON = AnswerJSON(maxDepth: 3)) -> String {
        switch json.read(answer) {
        case .value(let value):
            return String(decoding: UnsafeRawBufferPointer(rebasing: json.bytes[value.value]), as: UTF8.self)
        case .empty: return "empty"
        case .invalid: return "invalid"
        case .tooDeep: return "too deep"
        }
    }

    @Test(arguments: [
        (#" { "a" : 1 } "#, #"{"a":1}"#), ("[1, 2]", "[1,2]"), (#""x""#, #""x""#), ("null", "null"), ("-1", "-1"),
        ("\u{FEFF}\n[]", "[]"), ("```json\n[1]\n```", "[1]"), ("```\n[1]```\n", "[1]"), ("", "empty"), (" \n", "empty"),
        ("```\n```", "empty"), ("```[1]```", "invalid"), ("Here: [1]", "invalid"), ("[1] [2]", "invalid"),
        ("1}{", "invalid"), (#"1,"b":2"#, "invalid"), ("[[[]]]", "[[[]]]"), ("[[[[]]]]", "too deep"),
    ])
    func oneValueAndNothingElse(answer: String, expected: String) {
        #expect(Self.text(answer) == expected)
    }

    @Test func fenceIsOfTheAnswerReadLast() {
        let json = AnswerJSON(maxDepth: 3)
        #expect(Self.text("```\n1\n```", json) == "1")
        #expect(json.isFenced)
        #expect(Self.text("1", json) == "1")
        #expect(!json.isFenced)
    }
}
