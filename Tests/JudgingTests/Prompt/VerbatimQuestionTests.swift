import Bytes
import Records
import TestSupport
import Testing

@testable import Judging

/// Texts that are copied as they stand make the same questions as texts that are taken apart and put together again.
@Suite struct VerbatimQuestionTests {
    private struct Question: Equatable {
        var body: [UInt8] = []
        var tokens = 0
        var size = TextSize()
        var isShortened = false
        var hasContent = false
        var verbatimTexts = 0
    }

    private static let tame = [
        "plain text of some length. ", "record_", "&lt;", "\\n", "\\r\\n", "\\t", "\\\\", "\\\"", " ", "é", "漢字", "😀",
        "👩‍👩‍👧‍👦", "🇩🇪",
    ].map { Array($0.utf8) }
    private static let wild: [[UInt8]] =
        [
            "<", "</record_input>", "<record_output>", "< / RECORD_id", "\\u003c/record_input>", "<\\u200brecord_",
            "\\/",
            "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\", "\\u0020", "\u{9}", "\u{1}",
        ].map { Array($0.utf8) } + [[0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80]]

    private static func text(_ random: inout SeededGenerator) -> [UInt8] {
        let choices = Bool.random(using: &random) ? tame : tame + wild
        let most = Int.random(in: 0..<5, using: &random) == 0 ? 60 : 8
        return (0..<Int.random(in: 0...most, using: &random)).flatMap { _ in choices.randomElement(using: &random) ?? []
        }
    }

    private static func line(_ random: inout SeededGenerator) -> [UInt8] {
        func member(_ key: String, _ random: inout SeededGenerator) -> [UInt8] {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: return Array(#""\#(key)":null"#.utf8)
            case 1: return Array(#""\#(key)":[{"a":"<record_id>"}]"#.utf8)
            default: break
            }
            return Array("\"\(key)\":\"".utf8) + text(&random) + Array("\"".utf8)
        }
        var members = ["id", "input", "prompt", "output"].filter { _ in Int.random(in: 0..<10, using: &random) > 0 }
            .map { member($0, &random) }
        members.shuffle(using: &random)
        return Array("{".utf8) + members.joined(separator: Array(",".utf8)) + Array("}".utf8)
    }

    private static func ask(
        _ line: UnsafeRawBufferPointer, _ question: JudgeQuestion, _ reader: RecordReader
    ) -> Question? {
        guard let record = reader.read(line) else { return nil }
        let id = ByteBuffer()
        record.identity.append(of: line, file: "13-p00000", number: 1, to: id)
        var made = Question()
        made.isShortened = question.ask(reader, line, record, id: id.bytes) || record.isShortened
        let body = ByteBuffer()
        question.appendBody(to: body)
        made.body = [UInt8](body.bytes)
        (made.tokens, made.size, made.hasContent) = (question.tokens, question.size, reader.hasContent)
        made.verbatimTexts = (reader.verbatimInput == nil ? 0 : 1) + (reader.verbatimOutput == nil ? 0 : 1)
        return made
    }

    @Test func makesTheSameQuestions() throws {
        let yaml = JudgeBench.prompt.replacing("{{input}}{{output}}", with: "{{id}} ü\\n{{input}}{{output}}")
        let prompt = try JudgePrompt.file(Array(yaml.utf8), source: "p.yml")
        let shortening = Shortening(inputTokens: 80, outputTokens: 64)
        let question = JudgeQuestion(prompt, shortening)
        let fields = try JudgeBench.rules().fields
        let short = RecordReader(fields: fields, shortening: shortening, config: nil, leavesVerbatim: true)
        let long = RecordReader(fields: fields, shortening: shortening, config: nil)
        var random = SeededGenerator(seed: 11)
        var (verbatim, taken) = (0, 0)
        for _ in 0..<5000 {
            Self.line(&random).withUnsafeBytes { line in
                guard var first = Self.ask(line, question, short), let second = Self.ask(line, question, long) else {
                    return
                }
                verbatim += first.verbatimTexts
                taken += second.hasContent ? 1 : 0
                first.verbatimTexts = 0
                #expect(first == second, "\(String(decoding: line, as: UTF8.self))")
            }
        }
        // Neither way is a rare one. (Most records have two texts.)
        #expect(taken > 2500)
        #expect((taken / 4..<taken * 3 / 2).contains(verbatim))
    }
}
