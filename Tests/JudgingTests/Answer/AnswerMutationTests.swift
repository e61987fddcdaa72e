import Testing
import TestSupport

@testable import Judging

/// Output lines that were damaged at random: each is understood or refused, and none ends the process.
@Suite struct AnswerMutationTests {
    private static let seeds = [
        JudgeSample.row(
            row: 7,
            response: JudgeSample.response(
                JudgeSample.answer("unsafe", severity: "high", categories: ["jailbreak"], evidence: "é😀\\\"x"))),
        JudgeSample.row(row: 1, status: #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}"#),
        JudgeSample.row(row: 2, response: ["promptFeedback": ["blockReason": "SAFETY"]]),
        JudgeSample.answer("suspicious", severity: "low", categories: ["x"], evidence: "quote", confidence: 0.5),
    ]
    private static let pieces = [
        "9", "-", "e9999", "\"", "{", "}", "[", "]", ",", ":", "null", "\\u", "\\ud800", "\u{0}", "é", "```",
    ]

    @Test(arguments: seeds.indices)
    func nothingTraps(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed + 1))
        let reader = OutputRowReader(schema: JudgeSample.schema)
        var understood = 0
        for _ in 0..<3000 {
            var bytes = Array(Self.seeds[seed].utf8)
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").utf8, at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 3))
                default: bytes.removeSubrange(max(1, place)...)
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            let row = bytes.withUnsafeBytes { reader.read(line: $0) }
            _ = bytes.withUnsafeBytes { reader.read(response: $0) }
            check(row?.outcome)
            if row != nil { understood += 1 }
            check(reader.rules.read(String(decoding: bytes, as: UTF8.self)))
        }
        #expect((1..<3000).contains(understood), "some of it must have been damage")
    }

    @Test func randomBytes() {
        var random = SeededGenerator(seed: 99)
        let reader = OutputRowReader(schema: JudgeSample.schema)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(bytes.withUnsafeBytes { reader.read(line: $0) } == nil)
        }
    }

    /// Whatever came in, what comes out keeps its promises.
    private func check(_ outcome: RowOutcome?) {
        guard case .judged(let answer)? = outcome else { return }
        let schema = JudgeSample.schema
        #expect(schema.verdicts.indices.contains(answer.verdict))
        #expect(answer.severity.map { schema.severities.indices.contains($0) } ?? true)
        #expect(answer.categories.allSatisfy { schema.categories.indices.contains($0) })
        #expect(answer.confidence.map { (0...1).contains($0) } ?? true)
        #expect(answer.evidence.unicodeScalars.count <= schema.longestEvidence)
    }
}
