import Support
import Testing

@testable import Anthropic

@Suite struct BatchResultsTests {
    private func results(_ text: String) -> [BatchResult] { Array(BatchResults(lines: Array(text.utf8))) }

    private static func line(_ id: String, _ result: String) -> String {
        #"{"custom_id":"\#(id)","result":\#(result)}"#
    }

    @Test func allFourOutcomesInAnyOrder() throws {
        let text = [
            Self.line("d", #"{"type":"expired"}"#),
            Self.line("a", #"{"type":"succeeded","message":\#(Fixture.message())}"#),
            Self.line("c", #"{"type":"canceled"}"#), "",
            Self.line(
                "b", #"{"type":"errored","error":\#(Fixture.problem("invalid_request_error", "prompt is too long"))}"#),
        ].joined(separator: "\r\n")
        let results = results(text)
        #expect(results.map(\.customID) == ["d", "a", "c", "b"])
        #expect(results[0].outcome == .expired)
        #expect(results[2].outcome == .canceled)
        guard case .succeeded(let message) = results[1].outcome, case .errored(let error) = results[3].outcome else {
            Issue.record("\(results)")
            return
        }
        #expect(message.text == "{}")
        #expect(message.usage == Usage(input: 12, output: 30))
        #expect(error.requestID == "req_body")
        #expect(CallPolicy.decision(error).kind == "this record")
    }

    @Test(arguments: [
        ("invalid_request_error", "perhaps this record"), ("authentication_error", "stop"), ("billing_error", "stop"),
        ("permission_error", "stop"), ("not_found_error", "stop"), ("request_too_large", "this record"),
        ("rate_limit_error", "retry"), ("timeout_error", "retry"), ("overloaded_error", "retry"),
        ("api_error", "retry"), ("unheard_of_error", "retry"),
    ])
    func whatErrorsMean(type: String, decision: String) throws {
        let results = results(Self.line("a", #"{"type":"errored","error":\#(Fixture.problem(type, "m"))}"#))
        guard case .errored(let error) = try #require(results.first).outcome else {
            Issue.record("\(results)")
            return
        }
        #expect(error.type == type)
        #expect(CallPolicy.decision(error).kind == decision)
    }

    /// They are paid for.
    @Test(arguments: [
        #"{"type":"succeeded"}"#, #"{"type":"succeeded","message":null}"#,
        #"{"type":"succeeded","message":{"id":"i"}}"#,
        #"{"type":"succeeded","message":{"content":[{"type":"text"}],"stop_reason":"end_turn"}}"#,
    ])
    func messagesThatCannotBeReadAreTold(result: String) {
        #expect(results(Self.line("a", result)) == [BatchResult(customID: "a", outcome: .unreadableMessage)])
    }

    @Test(arguments: [
        #"{"type":"errored"}"#, #"{"type":"errored","error":{}}"#, #"{"type":"invented"}"#, "{}", "null", "[]",
        #""succeeded""#,
    ])
    func resultsThatAreNoneKeepTheirID(result: String) {
        #expect(results(Self.line("a", result)) == [BatchResult(customID: "a", outcome: .unreadable)])
    }

    @Test(arguments: ["x", "[]", "null", #"{"custom_id":5}"#, #"{"custom_id":"a""#, "\u{0}"])
    func linesThatAreNone(line: String) {
        let after = Self.line("z", #"{"type":"expired"}"#)
        #expect(
            results("\(line)\n\(after)\n") == [
                BatchResult(customID: nil, outcome: .unreadable), BatchResult(customID: "z", outcome: .expired),
            ])
    }

    @Test func nestingEndsSomewhere() {
        #expect(results(String(repeating: "[", count: 1 << 20)) == [BatchResult(customID: nil, outcome: .unreadable)])
    }

    @Test func nothingAtAll() {
        #expect(results("").isEmpty)
        #expect(results("\n \n\r\n").isEmpty)
    }
}
