import Foundation
import Testing

@testable import Judging

/// How the page is put together. What it does is tested in a browser.
@Suite struct ReportPageTests {
    private func page(_ evidence: String) -> String {
        let state = DayState(
            topic: "t", date: "2026-11-20",
            completeness: Completeness(sealedHours: Array(0..<24), missing: [], isAllowed: false))
        let tally = DayTally(schema: JudgeSample.schema, mostListed: 1)
        let summary = DaySummary(state, tally, schema: JudgeSample.schema, recordsInManifests: nil, at: 0)
        let judged = VerdictRecord.Judged(
            verdict: "unsafe", severity: nil, isContradictory: false, categories: [], evidence: evidence,
            isEvidenceFound: nil, confidence: nil)
        let finding = DayTally.Finding(id: "i", hour: nil, file: "f", line: 1, judged: judged)
        return ReportPage(summary, trend: Trend(points: []), findings: [finding], schema: JudgeSample.schema).html
    }

    /// What stands between two texts, the first time.
    private func between(_ start: String, _ end: String, _ text: String) throws -> String {
        let from = try #require(text.firstRange(of: start))
        let to = try #require(text[from.upperBound...].firstRange(of: end))
        return String(text[from.upperBound..<to.lowerBound])
    }

    @Test(arguments: ["</script>", "<!--<script>", "{{script}}", "&lt;", "\u{2028}\u{2029}", "\\u003c", "\"\\", "$&"])
    func whatARecordSaysIsDataAndComesBackAsItWas(_ evidence: String) throws {
        let page = page(evidence)
        let json = try between("id=\"data\">", "</script>", page)
        #expect(!json.contains { "<>&\u{2028}\u{2029}".contains($0) })
        let data = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        let findings = data?["findings"] as? [[String: Any]]
        #expect(findings?.first?["evidence"] as? String == evidence)
        #expect(page.ranges(of: "<script").count == 2)
        #expect(page.ranges(of: "</script>").count == 2)
    }

    @Test func everyPlaceOfTheTemplateIsFilled() { #expect(!page("").contains("{{")) }
}
