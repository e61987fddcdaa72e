import Testing

@testable import Judging

/// What is understood of the lines of a job's output.
@Suite struct OutputRowTests {
    private func read(_ line: String) -> OutputRow? {
        OutputRowReader(schema: JudgeSample.schema).read(line: line)
    }

    private let unsafe = JudgeSample.answer("unsafe", severity: "high", evidence: "q")

    @Test func aJudgedRow() throws {
        let row = try #require(read(JudgeSample.row(input: 3, row: 17, response: JudgeSample.response(unsafe))))
        #expect(row.place == RowPlace(input: 3, row: 17))
        #expect(row.outcome == .judged(VerdictAnswer(verdict: 2, severity: 3, evidence: "q", confidence: 0.9)))
        #expect(row.tokens == AnswerTokens(prompt: 100, answer: 10))
        #expect(row.model == "gemini-x")
        #expect(row.message == nil)
    }

    @Test func snakeCaseAndNulls() throws {
        let line = #"""
            {"status":null,"error":null,"request":{"contents":null,"generation_config":null,"labels":{"input":"00001",
            "row":"000002","x":null}},"response":{"candidates":[{"content":{"parts":[{"text":"\"safe\"","inline_data":null}]},
            "finish_reason":"STOP"}],"model_version":"m","prompt_feedback":null,"usage_metadata":{"prompt_token_count":5,
            "candidates_token_count":"6","thoughts_token_count":7,"cached_content_token_count":null}}}
            """#.replacing("\n", with: "")
        let row = try #require(read(line))
        #expect(row.place == RowPlace(input: 1, row: 2))
        #expect(row.outcome == .judged(VerdictAnswer(verdict: 0)))
        #expect(row.tokens == AnswerTokens(prompt: 5, answer: 6, thoughts: 7))
        #expect(row.model == "m")
    }

    @Test func thoughtsAreLeftOutAndPartsJoined() throws {
        let parts: [[String: Any]] = [
            ["text": "Let me think: \"unsafe\"", "thought": true], ["text": "{\"verdict\":", "thought": false],
            ["functionCall": ["name": "x"]], ["text": "\"suspicious\"}"],
        ]
        let response: [String: Any] = ["candidates": [["content": ["parts": parts], "finishReason": "STOP"]]]
        let row = try #require(read(JudgeSample.row(row: 0, response: response)))
        #expect(row.outcome == .judged(VerdictAnswer(verdict: 1)))
    }

    @Test(arguments: [
        ("MAX_TOKENS", FailureReason.truncated), ("SAFETY", .blocked("SAFETY")), ("RECITATION", .blocked("RECITATION")),
        ("PROHIBITED_CONTENT", .blocked("PROHIBITED_CONTENT")), ("SPII", .blocked("SPII")),
        ("MODEL_ARMOR", .blocked("MODEL_ARMOR")), ("BLOCKLIST", .blocked("BLOCKLIST")), ("OTHER", .stopped("OTHER")),
        ("MALFORMED_RESPONSE", .stopped("MALFORMED_RESPONSE")), ("<b>new</b>", .stopped("OTHER")),
    ])
    func finishReasons(_ name: String, _ reason: FailureReason) throws {
        let row = try #require(
            read(JudgeSample.row(row: 0, response: JudgeSample.response(unsafe, finishReason: name))))
        #expect(row.outcome == .failed(reason))
        #expect(row.tokens.prompt == 100, "it was paid for")
    }

    @Test func aTruncatedAnswerIsNoAnswerEvenIfItReadsAsOne() throws {
        let response = JudgeSample.response(unsafe, finishReason: "MAX_TOKENS")
        #expect(try #require(read(JudgeSample.row(row: 0, response: response))).outcome == .failed(.truncated))
    }

    @Test func noFinishReason() throws {
        let response: [String: Any] = ["candidates": [["content": ["parts": [["text": unsafe]]]]]]
        guard case .judged = try #require(read(JudgeSample.row(row: 0, response: response))).outcome else {
            Issue.record("not judged")
            return
        }
    }

    @Test(arguments: ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "MODEL_ARMOR", "JAILBREAK"])
    func blockedPrompts(_ name: String) throws {
        let response: [String: Any] = [
            "promptFeedback": ["blockReason": name], "usageMetadata": ["promptTokenCount": 9],
        ]
        let row = try #require(read(JudgeSample.row(row: 0, response: response)))
        #expect(row.outcome == .failed(.blocked(name)))
        #expect(row.tokens.prompt == 9)
    }

    @Test(arguments: [
        "null", "{}", "7", "[]", #"{"candidates":[]}"#, #"{"candidates":[{"finishReason":"STOP"}]}"#,
        #"{"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}]}"#, #"{"candidates":{"content":{}}}"#,
        #"{"promptFeedback":{"blockReason":"BLOCKED_REASON_UNSPECIFIED"}}"#,
    ])
    func nothingAnswered(_ response: String) throws {
        #expect(try #require(read(#"{"status":"","response":\#(response)}"#)).outcome == .failed(.empty))
    }

    @Test(arguments: [
        ("Error code 8: RESOURCE_EXHAUSTED: Quota exceeded", "RESOURCE_EXHAUSTED"),
        (#"{"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}}"#, "RESOURCE_EXHAUSTED"),
        (#"Bad Request: {"error": {"code": 400, "message": "x"}}"#, "400"), ("Internal error encountered.", "UNKNOWN"),
        ("got 1200 and 12 and 503.", "503"), ("<script>alert(1)</script>", "UNKNOWN"),
    ])
    func errors(_ status: String, _ name: String) throws {
        let row = try #require(read(JudgeSample.row(row: 4, status: status)))
        #expect(row.place == RowPlace(input: 0, row: 4))
        #expect(row.outcome == .failed(.error(name)))
        #expect(row.message != nil)
    }

    @Test func anErrorWinsOverAResponse() throws {
        let line = JudgeSample.row(row: 4, response: JudgeSample.response(unsafe), status: "INTERNAL")
        #expect(try #require(read(line)).outcome == .failed(.error("INTERNAL")))
    }

    @Test func anErrorAsAnObject() throws {
        let row = try #require(read(#"{"request":null,"error":{"code":500,"message":"m"}}"#))
        #expect((row.place, row.outcome) == (nil, .failed(.error("500"))))
    }

    @Test func messagesAreOneLineAndCut() throws {
        let row = try #require(
            read(JudgeSample.row(row: 4, status: "a\nb\u{1B}" + String(repeating: "x", count: 5000))))
        let message = try #require(row.message)
        #expect(message.hasPrefix("a b\u{FFFD}x"))
        #expect(message.count == 201)
    }

    @Test(arguments: [
        "", "null", "[]", "7", "{", #"{"a":1}}"#, "{\"a\":\"\u{1}\"}", String(repeating: "[", count: 100_000),
        String(repeating: #"{"a":"#, count: 100_000),
    ])
    func damagedLines(_ line: String) { #expect(read(line) == nil) }

    @Test func bytesThatAreNotUTF8() {
        let line: [UInt8] = Array(#"{"status":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
        let row = line.withUnsafeBytes { OutputRowReader(schema: JudgeSample.schema).read(line: $0) }
        #expect(row == nil)
    }

    @Test(arguments: [
        "{}", #"{"request":7}"#, #"{"request":{"labels":null}}"#, #"{"request":{"labels":{"input":"1"}}}"#,
        #"{"request":{"labels":{"input":"-1","row":"1"}}}"#, #"{"request":{"labels":{"input":"1","row":"x"}}}"#,
        #"{"request":{"labels":{"input":"1","row":"9999999999999999999999"}}}"#,
    ])
    func labelsThatAreNoneOfOurs(_ line: String) throws { #expect(try #require(read(line)).place == nil) }

    @Test func countsThatAreTooLargeOrNone() throws {
        let line =
            #"{"response":{"usageMetadata":{"promptTokenCount":99999999999999999999999,"candidatesTokenCount":-5}}}"#
        let row = try #require(read(line))
        #expect(row.tokens == AnswerTokens(prompt: 1 << 32, answer: 0))
    }

    @Test func theResponseOfAnOnlineCall() {
        let reader = OutputRowReader(schema: JudgeSample.schema)
        let body = Array(JudgeSample.json(JudgeSample.response(unsafe)).utf8)
        let row = body.withUnsafeBytes { reader.read(response: $0) }
        #expect(row.outcome == .judged(VerdictAnswer(verdict: 2, severity: 3, evidence: "q", confidence: 0.9)))
        #expect(Array("x".utf8).withUnsafeBytes { reader.read(response: $0) }.outcome == .failed(.unreadable))
    }

    @Test func whatIsWorthAskingAgain() {
        let retried: [FailureReason] = [
            .missing, .jobFailed, .jobExpired, .jobCancelled, .error("RESOURCE_EXHAUSTED"), .error("UNKNOWN"),
            .unreadable, .empty, .stopped("OTHER"),
        ]
        let final: [FailureReason] = [.blocked("SAFETY"), .truncated, .error("INVALID_ARGUMENT"), .error("400")]
        #expect(retried.allSatisfy { $0.isRetryable })
        #expect(final.allSatisfy { !$0.isRetryable })
        #expect(Set((retried + final).map(\.description)).count == retried.count + final.count)
    }
}

extension OutputRowReader {
    func read(line: String) -> OutputRow? { Array(line.utf8).withUnsafeBytes { read(line: $0) } }
}
