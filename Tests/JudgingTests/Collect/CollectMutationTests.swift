import JobSupport
import Testing
import TestSupport

@testable import Judging

/// Output that was damaged at random: whatever is in it, each record is in the verdicts file or is asked again, once.
@Suite struct CollectMutationTests {
    @Test(arguments: 1...60)
    func everyRecordOnce(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let bench = CollectBench(texts: (0..<8).map { "record \($0)" })
        for file in 0..<Int.random(in: 0...3, using: &random) {
            var rows = (0..<8).filter { _ in Bool.random(using: &random) }.map { row in
                Bool.random(using: &random)
                    ? bench.row(row, JudgeSample.answer("unsafe", severity: "low", evidence: "cord \(row)"))
                    : bench.failed(row, Bool.random(using: &random) ? "INTERNAL" : "INVALID_ARGUMENT")
            }
            rows.shuffle(using: &random)
            var bytes = Array(rows.joined(separator: "\n").utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) where bytes.count > 1 {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(contentsOf: Array("\"{[\n".utf8), at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 40))
                default: bytes.removeSubrange(max(1, place)...)
                }
            }
            bench.store.put("\(CollectBench.folder)\(file).jsonl", bytes)
        }
        let retry = Bool.random(using: &random) ? 1 : nil
        let collected = try await bench.collect(retry: retry, isAnyOutputEnough: true)
        var seen = try await bench.lines(collected.verdicts).compactMap { $0["line"] as? Int }
        #expect(seen == seen.sorted())
        seen += try await bench.lines(collected.retry?.name, as: .plain).compactMap { line in
            let labels = (line["request"] as? [String: Any])?["labels"] as? [String: String]
            return labels?["line"].flatMap { Int($0) }
        }
        #expect(seen.sorted() == Array(1...8))
        let counted = collected.judged + (Array(collected.unjudged.values) + collected.retried.values).reduce(0, +)
        #expect(counted == 8)
    }
}
