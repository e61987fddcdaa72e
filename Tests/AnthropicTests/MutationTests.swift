import HTTP
import Testing
import TestSupport

@testable import Anthropic

/// Answers that were damaged at random: each is understood or refused, and none ends the process.
@Suite struct MutationTests {
    private static let seeds = [
        Fixture.message(#"[{"type":"thinking","thinking":""},{"type":"text","text":"\ud83d\ude00 \u0000é"}]"#),
        #"{"custom_id":"a","result":{"type":"succeeded","message":\#(Fixture.message())}}"#,
        #"{"custom_id":"a","result":{"type":"errored","error":\#(Fixture.problem("api_error", "m"))}}"#,
        #"{"id":"b","processing_status":"ended","request_counts":{"processing":1,"succeeded":-2,"errored":0,"#
            + #""canceled":0,"expired":9e9},"created_at":"2026-11-21T07:30:01.5+01:00","results_url":null}"#,
    ]
    private static let pieces = [
        "9", "-", "e9999", "\"", "{", "}", "[", "]", ",", "null", "\\u", "\\ud800", "\u{0}", "é",
    ]

    @Test(arguments: seeds.indices)
    func nothingTraps(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed + 1))
        var understood = 0
        for _ in 0..<1500 {
            var bytes = Array(Self.seeds[seed].utf8)
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").utf8, at: place)
                default: bytes.removeSubrange(place..<min(bytes.count - 1, place + 3))
                }
            }
            understood += feed(bytes) ? 1 : 0
        }
        #expect(understood < 1500, "some of it must have been damage")
    }

    private func feed(_ bytes: [UInt8]) -> Bool {
        let response = HTTPResponse(status: 500, headers: [:], body: bytes)
        let message = response.decodedBody(MessageAnswer.self)
        let batch = response.decodedBody(Batch.self)
        let isResult = BatchResults(lines: bytes).contains { $0.outcome != .unreadable }
        _ = CallPolicy.decision(
            AnthropicError(response, key: Fixture.secret, content: HTTPBody(String(decoding: bytes, as: UTF8.self))))
        return message != nil || batch != nil || isResult
    }
}
