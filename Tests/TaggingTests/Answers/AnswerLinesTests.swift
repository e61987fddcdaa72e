import Bytes
import Records
import Support
import Testing
import TestSupport

@testable import Tagging

@Suite struct AnswerLinesTests {
    private static let key = "00112233445566778899aabbccddeeff"

    private func text(_ lines: [AnswerLines.Line]) -> String {
        let buffer = ByteBuffer()
        buffer.append(AnswerLines.header)
        for line in lines { AnswerLines.append(line, to: buffer) }
        return buffer.text
    }

    /// What was taken, and whether all of it was ours.
    private func parse(_ text: String, tagCount: Int = 10) -> (lines: [AnswerLines.Line], isOurs: Bool) {
        var lines: [AnswerLines.Line] = []
        let isOurs = AnswerLines.parse(Array(text.utf8), tagCount: tagCount) { lines.append($0) }
        return (lines, isOurs)
    }

    @Test func roundTripOfEveryStatusAndSource() throws {
        var lines: [AnswerLines.Line] = []
        let key = try #require(ContentKey(Self.key))
        for status in TagStatus.allCases {
            for source in AnswerSource.allCases {
                let answer = status == .tagged ? TagAnswer(tagged: [0, 4, 9]) : TagAnswer(status)
                lines.append(AnswerLines.Line(key: key, known: KnownAnswer(answer, from: source), answeredAt: 17))
            }
        }
        let parsed = parse(text(lines))
        #expect(parsed.lines == lines && parsed.isOurs)
    }

    @Test func theFormIsThis() throws {
        let line = AnswerLines.Line(
            key: try #require(ContentKey(Self.key)), known: KnownAnswer(TagAnswer(tagged: [0, 4]), from: .model),
            answeredAt: 1_763_712_000_000)
        #expect(text([line]) == "tag-answers 1\n\(Self.key) model tagged 0,4 1763712000000\n")
        #expect(parse("tag-answers 1\n").isOurs)
    }

    @Test(arguments: [
        "", "tag-answers 1", "tag-answers 2\n", "tag-answers 1 \n", "tag-answers 10\n", "{}\n",
        "tag-answers 1\nK model untagged  1", "tag-answers 1\n\n", "tag-answers 1\nK model untagged  1\n\n",
        "tag-answers 1\nK model untagged 1\n", "tag-answers 1\nK model untagged  1 2\n",
        "tag-answers 1\nK model tagged  1\n", "tag-answers 1\nK model untagged 1 1\n",
        "tag-answers 1\nK model tagged 10 1\n", "tag-answers 1\nK model tagged -1 1\n",
        "tag-answers 1\nK model tagged 1,1 1\n", "tag-answers 1\nK model tagged 2,1 1\n",
        "tag-answers 1\nK model tagged 1,,2 1\n", "tag-answers 1\nK model tagged ,1 1\n",
        "tag-answers 1\nK model tagged 1, 1\n", "tag-answers 1\nK model tagged 1 -1\n",
        "tag-answers 1\nK model tagged 1 9999999999999999999\n",
        "tag-answers 1\nK model tagged 99999999999999999999 1\n",
        "tag-answers 1\nK nobody untagged  1\n", "tag-answers 1\nK model Tagged 1 1\n",
        "tag-answers 1\nKK model untagged  1\n", "tag-answers 1\nZ model untagged  1\n",
        "tag-answers 1\r\nK model untagged  1\r\n", "tag-answers 1\nK model untagged  1\u{0}\n",
    ])
    func anythingElseIsRefused(text: String) {
        let parsed = parse(
            text.replacing("K", with: Self.key).replacing("Z", with: Self.key.uppercased()))
        #expect(!parsed.isOurs)
    }

    @Test func whatCameBeforeTheDamageIsTaken() {
        let parsed = parse("tag-answers 1\n\(Self.key) model untagged  1\ngarbage\n\(Self.key) model untagged  2\n")
        #expect(parsed.lines.map(\.answeredAt) == [1] && !parsed.isOurs)
    }

    @Test func damagedTextNeverTraps() throws {
        var random = SeededGenerator(seed: 7)
        let line = AnswerLines.Line(
            key: try #require(ContentKey(Self.key)), known: KnownAnswer(TagAnswer(tagged: [1, 3]), from: .batch),
            answeredAt: 17)
        let whole = Array(text([line, line]).utf8)
        for _ in 0..<3000 {
            var bytes = whole
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
            case 1: bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            default: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
            }
            _ = AnswerLines.parse(bytes, tagCount: 4) { line in
                #expect(line.known.answer.tags.allSatisfy { $0 < 4 })
            }
        }
    }
}

@Suite struct AnswerTableTests {
    private func key(_ number: Int) throws -> ContentKey { try #require(ContentKey(padded(number, 32))) }
    private let bug = KnownAnswer(TagAnswer(tagged: [1]), from: .model)
    private let none = KnownAnswer(TagAnswer(.untagged), from: .batch)

    @Test func theFirstAnswerStays() throws {
        var table = AnswerTable(limit: 10)
        table.add(try key(1), bug)
        table.add(try key(1), none)
        table.addEarlier(try key(1), none)
        #expect(try table[key(1)] == bug && table.count == 1)
        #expect(try table[key(2)] == nil)
    }

    @Test func takesSoManyAnswersOfEarlierRunsAndAllOfThisOne() throws {
        var table = AnswerTable(limit: 3)
        for number in 0..<5 { table.addEarlier(try key(number), none) }
        #expect(table.count == 3 && table.isFull)
        table.add(try key(7), bug)
        #expect(try table[key(7)] == bug && table[key(4)] == nil)
        var empty = AnswerTable(limit: 0)
        empty.addEarlier(try key(1), bug)
        #expect(empty.count == 0 && empty.isFull)
    }
}
