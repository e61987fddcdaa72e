import HTTP
import Testing

@testable import Anthropic

@Suite struct MessageAnswerTests {
    private func parse(_ text: String) -> MessageAnswer? {
        HTTPResponse(status: 200, headers: [:], body: Array(text.utf8)).decodedBody(MessageAnswer.self)
    }

    private static func message(_ members: String) -> String {
        #"{"id":"msg_1","type":"message","model":"m","stop_reason":"end_turn",\#(members)}"#
    }

    @Test func blocksArePickedByType() throws {
        let answer = try #require(
            parse(
                Fixture.message(
                    #"""
                    [{"type":"thinking","thinking":"hm","signature":"x"},{"type":"text","text":"{\"a\":"},
                    {"type":"redacted_thinking","data":"x"},{"type":"new_kind","text":{"odd":[1]}},
                    {"type":"text","text":"1}","citations":null}]
                    """#)))
        #expect(answer.text == #"{"a":1}"#)
        #expect(answer.id == "msg_1")
        #expect(answer.model == "claude-haiku-5-5")
        #expect(answer.stopReason == .endTurn)
        #expect(answer.usage == Usage(input: 12, output: 30))
    }

    @Test func noTextIsEmptyText() throws {
        #expect(try #require(parse(Fixture.message("[]"))).text == "")
        #expect(try #require(parse(Fixture.message(#"[{"type":"thinking","thinking":""}]"#))).text == "")
    }

    @Test(arguments: [
        ("end_turn", StopReason.endTurn), ("max_tokens", .maxTokens), ("stop_sequence", .stopSequence),
        ("tool_use", .toolUse), ("pause_turn", .pauseTurn), ("refusal", .refusal),
        ("model_context_window_exceeded", .contextWindowExceeded), ("invented", .other("invented")),
    ])
    func stopReasons(name: String, reason: StopReason) throws {
        #expect(try #require(parse(Fixture.message(stop: name))).stopReason == reason)
        #expect(reason.description == name)
    }

    @Test(arguments: [#""stop_reason":null,"#, ""])
    func noStopReasonIsNotTheEndOfATurn(member: String) throws {
        let answer = try #require(parse(#"{"id":"i","model":"m",\#(member)"content":[]}"#))
        #expect(answer.stopReason == .other(""))
    }

    @Test(arguments: [
        #""id":"i","model":"m","stop_details":"x""#, #""id":5,"model":null,"stop_details":[1]"#, #""type":"message""#,
        #""stop_details":{"type":"refusal","category":7}"#,
    ])
    func whatNobodyNeedsMayBeAnything(members: String) throws {
        let content = #"[{"type":{}},{"no":"type"},{"type":"text","text":"a"}]"#
        let answer = try #require(parse(#"{\#(members),"content":\#(content),"stop_reason":"refusal"}"#))
        #expect(answer.text == "a" && answer.stopReason == .refusal)
    }

    @Test(arguments: [
        (
            #"{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":10,"#
                + #""cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":6}}"#,
            Usage(input: 1, cacheWrite5m: 4, cacheWrite1h: 6, cacheRead: 3, output: 2)
        ),
        (
            #"{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":10}"#,
            Usage(input: 1, cacheWrite5m: 10, output: 2)
        ),
        (
            #"{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":10,"cache_creation":null}"#,
            Usage(input: 1, cacheWrite5m: 10, output: 2)
        ),
        (
            #"{"cache_creation":{"ephemeral_1h_input_tokens":6,"ephemeral_5m_input_tokens":null},"service_tier":"x"}"#,
            Usage(cacheWrite1h: 6)
        ),
        (#"{"input_tokens":null}"#, Usage()),
    ])
    func usages(json: String, usage: Usage) throws {
        #expect(try #require(parse(Self.message(#""content":[],"usage":\#(json)"#))).usage == usage)
    }

    @Test(arguments: [#""content":[]"#, #""content":[],"usage":null"#])
    func aUsageThatIsNotThereIsUnknown(members: String) throws {
        #expect(try #require(parse(Self.message(members))).usage == nil)
    }

    @Test(arguments: [
        #""content":null"#, #""content":"text""#, #""content":{}"#, #""content":[1]"#, #""content":[null]"#,
        #""content":[{"type":"text"}]"#,
        #""content":[{"type":"text","text":null}]"#, #""content":[{"type":"text","text":["a"]}]"#,
        #""content":[],"stop_reason":5"#, #""content":[],"usage":[]"#, #""content":[],"usage":{"input_tokens":"1"}"#,
        #""content":[],"usage":{"input_tokens":-1}"#, #""content":[],"usage":{"input_tokens":1e30}"#,
        #""content":[],"usage":{"output_tokens":9223372036854775807}"#,
        #""content":[],"usage":{"cache_creation":{"ephemeral_1h_input_tokens":9223372036854775807}}"#,
    ])
    func wrongTypesAreNoMessage(members: String) {
        #expect(parse(#"{"id":"i","model":"m",\#(members)}"#) == nil)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "<html>", #"{"id":"i","model":"m"}"#,
        #"{"type":"error","error":{"type":"api_error","message":"m"}}"#, "{\"id\":\"\u{0}\"}",
    ])
    func otherThingsAreNoMessage(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func nestingEndsSomewhere() {
        let deep = String(repeating: "[", count: 1 << 20)
        let closed = String(repeating: "[", count: 1 << 19) + String(repeating: "]", count: 1 << 19)
        #expect(parse(deep) == nil)
        #expect(parse(#"{"content":"# + deep) == nil)
        #expect(parse(#"{"id":"i","model":"m","content":[],"x":\#(closed)}"#) == nil)
    }

    @Test func anyPrefixOfAMessageIsNoneOrTheWhole() {
        let whole = Array(Fixture.message(#"[{"type":"text","text":"\ud83d\ude00 \"é\""}]"#).utf8)
        for length in 0..<whole.count {
            let part = HTTPResponse(status: 200, headers: [:], body: Array(whole[..<length]))
            #expect(part.decodedBody(MessageAnswer.self) == nil)
        }
    }
}
