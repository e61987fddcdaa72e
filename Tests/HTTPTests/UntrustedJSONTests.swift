import HTTP
import Testing

@Suite struct UntrustedJSONTests {
    private struct Value: Decodable, Equatable { var a: Int }

    private func decoded(_ text: String, maxDepth: Int = 32) -> Value? {
        HTTPResponse(status: 200, headers: [:], body: Array(text.utf8)).decodedBody(Value.self, maxDepth: maxDepth)
    }

    @Test func whatIsExpected() {
        #expect(decoded("\u{FEFF} {\"a\" : 1, \"b\": [[{}]]} \n") == Value(a: 1))
    }

    @Test(arguments: [
        "", "[1]", "{\"a\":\"1\"}", "{\"a\":1}{", "{\"a\":1,}", "{\"a\":01}", "{'a':1}", "{\"a\":NaN}", "{}",
        String(repeating: "{\"a\":", count: 200_000),
    ])
    func whatIsNot(text: String) {
        #expect(decoded(text) == nil)
    }

    @Test func depthIsCounted() {
        #expect(decoded(#"{"a":1,"b":[[]]}"#, maxDepth: 3) == Value(a: 1))
        #expect(decoded(#"{"a":1,"b":[[]]}"#, maxDepth: 2) == nil)
    }
}
