import Testing

@testable import Judging

@Suite struct DayTallyTests {
    private func record(_ verdict: String, _ severity: String?, _ confidence: Double?, line: Int64 = 1) throws
        -> VerdictRecord
    {
        let text = """
            {"id":"i","hour":3,"file":"03-x","line":\(line),"status":"judged","verdict":"\(verdict)",\
            "severity":\(severity.map { "\"\($0)\"" } ?? "null"),"contradictory":false,"categories":[],"evidence":"",\
            "evidence_found":null,"confidence":\(confidence.map { "\($0)" } ?? "null"),"model":"m","prompt":"p"}
            """
        return try #require(Array(text.utf8).withUnsafeBytes { VerdictRecord($0) })
    }

    @Test func theWorstAreListedFirst() throws {
        var tally = DayTally(schema: JudgeSample.schema, mostListed: 10)
        for (verdict, severity, confidence) in [
            ("suspicious", "critical", 1), ("unsafe", "low", 0.2), ("safe", "none", 1), ("unsafe", "high", 0.4),
            ("unsafe", "high", 0.9), ("unsafe", nil, nil), ("dangerous", nil, nil),
        ] as [(String, String?, Double?)] { tally.add(try record(verdict, severity, confidence)) }
        #expect(
            tally.listed.map { "\($0.judged.verdict) \($0.judged.severity ?? "-")" } == [
                "dangerous -", "unsafe high", "unsafe high", "unsafe low", "unsafe -", "suspicious critical",
            ])
        #expect(tally.listed[1].judged.confidence == 0.9)
        #expect(tally.severities["unknown"] == 2)
    }

    @Test func onlySoManyAreKept() throws {
        var tally = DayTally(schema: JudgeSample.schema, mostListed: 3)
        for line in 1...100 {
            tally.add(try record("unsafe", line % 10 == 0 ? "critical" : "low", 0.5, line: Int64(line)))
        }
        #expect(tally.listed.map(\.line) == [10, 20, 30])
        #expect(tally.findings == 100)
    }
}
