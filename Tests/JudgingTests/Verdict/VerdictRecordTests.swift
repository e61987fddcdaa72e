import Bytes
import Testing

@testable import Judging

@Suite struct VerdictRecordTests {
    private func record(_ line: String) -> VerdictRecord? {
        Array(line.utf8).withUnsafeBytes { VerdictRecord($0) }
    }

    private func line(_ write: (VerdictLine, RequestLabels, ByteBuffer) -> Void) -> String {
        let labels = RequestLabels(
            place: RowPlace(input: 0, row: 0), file: "07-p00000-x", line: 12, id: .text(Array(#"a\"é"#.utf8)))
        let buffer = ByteBuffer()
        write(VerdictLine(schema: JudgeSample.schema, model: "m", prompt: "p"), labels, buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test func whatIsWrittenIsRead() throws {
        let answer = VerdictAnswer(
            verdict: 2, severity: nil, categories: [0, 2], evidence: "q\n\"é\u{2028}😀", confidence: 0.125,
            isContradictory: true)
        let text = line { $0.append(answer, evidenceFound: false, model: "other", of: $1, to: $2) }
        let found = try #require(record(text))
        #expect((found.id, found.hour, found.file, found.line) == (#"a"é"#, 7, "07-p00000-x", 12))
        #expect(found.model == "other")
        #expect(
            found.status
                == .judged(
                    VerdictRecord.Judged(
                        verdict: "unsafe", severity: nil, isFinding: true, isContradictory: true,
                        categories: ["prompt_injection", "jailbreak"], evidence: "q\n\"é\u{2028}😀",
                        isEvidenceFound: false,
                        confidence: 0.125)))
    }

    @Test func unjudged() throws {
        let found = try #require(record(line { $0.append(.truncated, model: nil, of: $1, to: $2) }))
        #expect((found.status, found.model) == (.unjudged("truncated"), "m"))
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"file":"f","line":1,"model":"m"}"#,
        #"{"file":"f","line":1e300,"model":"m","status":"judged"}"#,
        #"{"file":"f","line":1,"model":"m","status":"judged"}"#,
        #"{"file":"f","line":1,"model":"m","status":"unjudged"}"#,
        #"{"file":"f","line":1,"model":"m","status":"new","verdict":"safe"}"#, "{\"file\":\"f\"", "\u{0}",
    ])
    func whatIsNoVerdictLine(_ text: String) { #expect(record(text) == nil) }
}
