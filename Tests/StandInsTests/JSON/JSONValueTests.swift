import Testing

@testable import StandIns

@Suite struct JSONValueTests {
    @Test(arguments: [
        #"{"a":[1,-2,3.5,true,false,null],"b":{"c":"x\"\\\u001f"}}"#, "[]", "{}", #""""#, "-0.5",
        "[[[]],{}]", #"{"é":"😀"}"#,
    ])
    func readsAndWritesTheSame(text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":}", "{a:1}", "01", "1.", ".5", "1e", "tru", "\"\u{1}\"", "\"\\x\"", "\"a", "[1] 2",
        "\"\\ud800\"", "\"\\u12g4\"", "+1", "nul", "{\"a\" 1}", "1e999",
    ])
    func refuses(text: String) {
        #expect(throws: JSONSyntaxFault.self) { try JSONValue(parsing: text) }
    }

    @Test func refusesWhatIsNoUTF8OrNestedTooDeep() {
        #expect(throws: JSONSyntaxFault.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONSyntaxFault.self) {
            try JSONValue(parsing: String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000))
        }
    }

    @Test func undoesEscapes() throws {
        #expect(try JSONValue(parsing: #""\ud83d\ude00\n\t\/\u00e9""#) == "😀\n\t/é")
    }

    @Test func theLastOfEqualKeysCounts() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"a":2}"#)["a"] == 2)
    }

    @Test func integersKeepAllDigits() throws {
        #expect(try JSONValue(parsing: "1000196000000000001").text == "1000196000000000001")
    }
}
