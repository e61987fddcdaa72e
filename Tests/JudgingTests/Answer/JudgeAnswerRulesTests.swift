import Testing

@testable import Judging

/// What is understood of a judge's answer, a test for each rule.
@Suite struct JudgeAnswerRulesTests {
    private func read(_ text: String) -> (RowOutcome, AnswerCounts) {
        let rules = JudgeAnswerRules(schema: JudgeSample.schema)
        return (rules.read(text), rules.counts)
    }

    private func counts(judged: Int = 1, _ change: (inout AnswerCounts) -> Void = { _ in }) -> AnswerCounts {
        var counts = AnswerCounts()
        counts.judged = judged
        change(&counts)
        return counts
    }

    private let found = VerdictAnswer(
        verdict: 2, severity: 3, categories: [0, 2], evidence: "ignore all", confidence: 0.93)
    private let plain =
        #"{"verdict":"unsafe","severity":"high","categories":["jailbreak","prompt_injection"],"evidence":"ignore all","confidence":0.93}"#

    @Test func whatTheSchemaAsksFor() {
        #expect(read(plain) == (.judged(found), counts()))
        #expect(read(" \n\(plain)\u{A0}") == (.judged(found), counts()))
        let nothing = VerdictAnswer(verdict: 0, severity: 0, confidence: 1)
        #expect(
            read(#"{"verdict":"safe","severity":"none","categories":[],"evidence":"","confidence":1}"#)
                == (.judged(nothing), counts()))
    }

    @Test(arguments: [
        #"{"Verdict":"unsafe","SEVERITY":"high","Categories":["jailbreak","prompt_injection"],"evidence_":"ignore all","confidence":0.93}"#,
        #"{"VERDICT":"unsafe","severity ":"high","category":["jailbreak","prompt_injection"],"evidenceQuote":"ignore all","confidence":0.93}"#,
        #"{"ver_dict":"unsafe","Severity":"high","CATEGORIES":["jailbreak","prompt_injection"],"evidence_quote":"ignore all","confidence":0.93}"#,
    ])
    func renamedKeys(_ text: String) { #expect(read(text) == (.judged(found), counts { $0.renamedKeys = 4 })) }

    @Test func choicesInAnotherSpelling() {
        let text = plain.replacing("unsafe", with: "UNSAFE").replacing("high", with: "High")
            .replacing("prompt_injection", with: "Prompt Injection").replacing("jailbreak", with: "JAIL-BREAK")
        #expect(read(text) == (.judged(found), counts { $0.respelledChoices = 4 }))
    }

    @Test func aBareVerdict() {
        let (outcome, counted) = read(#""unsafe""#)
        #expect(outcome == .judged(VerdictAnswer(verdict: 2)))
        #expect(
            counted
                == counts {
                    $0.bareVerdict = 1
                    ($0.severityMissing, $0.evidenceMissing, $0.confidenceMissing) = (1, 1, 1)
                })
    }

    @Test func aListAroundTheObject() {
        #expect(read("[\(plain)]") == (.judged(found), counts { $0.listed = 1 }))
        #expect(read("[\(plain),\(plain)]").0 == .failed(.unreadable), "which of them?")
        #expect(read("[]").0 == .failed(.unreadable))
    }

    @Test(arguments: ["```json\n", "```\n", "```JSON\r\n"])
    func codeFences(_ fence: String) {
        #expect(read("\(fence)\(plain)\n```\n") == (.judged(found), counts { $0.fenced = 1 }))
    }

    @Test func unknownCategoriesAreDropped() {
        let text =
            #"{"verdict":"safe","severity":"none","categories":["x","jailbreak","","jailbreak",7],"evidence":"","confidence":0}"#
        let answer = VerdictAnswer(verdict: 0, severity: 0, categories: [2], confidence: 0)
        #expect(read(text) == (.judged(answer), counts { $0.categoriesUnknown = 3 }))
    }

    @Test func aCategoryInsteadOfTheList() {
        let text = plain.replacing(#"["jailbreak","prompt_injection"]"#, with: #""jailbreak""#)
        var answer = found
        answer.categories = [2]
        #expect(read(text) == (.judged(answer), counts { $0.categoryBare = 1 }))
    }

    @Test(arguments: ["null", "[]", "7", "{}"])
    func categoriesThatAreNone(_ value: String) {
        let (outcome, _) = read(plain.replacing(#"["jailbreak","prompt_injection"]"#, with: value))
        var answer = found
        answer.categories = []
        #expect(outcome == .judged(answer))
    }

    @Test(arguments: [("1.5", 1, 0), ("-0.1", 1, 0), ("93", 1, 0), ("1e999", 1, 0), (#""7""#, 1, 1)])
    func confidenceOutOfRange(_ value: String, _ outOfRange: Int, _ texts: Int) {
        var answer = found
        answer.confidence = nil
        let expected = counts { ($0.confidenceOutOfRange, $0.confidenceText) = (outOfRange, texts) }
        #expect(read(plain.replacing("0.93", with: value)) == (.judged(answer), expected))
    }

    @Test(arguments: [(#""0.93""#, 0.93), (#"" 93 % ""#, 0.93), (#""1""#, 1.0), (#""0""#, 0.0)])
    func confidenceAsText(_ value: String, _ confidence: Double) {
        var answer = found
        answer.confidence = confidence
        #expect(read(plain.replacing("0.93", with: value)) == (.judged(answer), counts { $0.confidenceText = 1 }))
    }

    @Test(arguments: ["null", #""high""#, "true", "[0.9]", #""nan""#])
    func confidenceThatIsNone(_ value: String) {
        let (outcome, counted) = read(plain.replacing("0.93", with: value))
        var answer = found
        answer.confidence = nil
        #expect(outcome == .judged(answer))
        #expect(counted.confidenceMissing + counted.confidenceOutOfRange == 1)
    }

    @Test(arguments: ["null", "7", #""""#, "{}"])
    func missingEvidence(_ value: String) {
        var answer = found
        answer.evidence = ""
        let text = plain.replacing(#""ignore all""#, with: value)
        #expect(read(text) == (.judged(answer), counts { $0.evidenceMissing = 1 }))
        #expect(read(text.replacing("unsafe", with: "safe").replacing("high", with: "none")).1.evidenceMissing == 0)
    }

    @Test func evidenceAsAList() {
        var answer = found
        answer.evidence = "one\ntwo"
        let text = plain.replacing(#""ignore all""#, with: #"["one",7,"two"]"#)
        #expect(read(text) == (.judged(answer), counts { $0.evidenceListed = 1 }))
    }

    /// 40 scalars are allowed; a family of seven scalars that begins at the 39th does not fit.
    @Test func evidenceIsCutAtAGrapheme() {
        let start = String(repeating: "é", count: 38)
        let family = "👨‍👩‍👧‍👦"
        let (outcome, counted) = read(plain.replacing("ignore all", with: start + family + "x"))
        guard case .judged(let answer) = outcome else { Issue.record("\(outcome)"); return }
        #expect(answer.evidence == start)
        #expect(counted == counts { $0.evidenceCut = 1 })

        let exact = String(repeating: "é", count: 40)
        #expect(read(plain.replacing("ignore all", with: exact)).1 == counts())
    }

    @Test func oneCharacterThatIsTooLongIsCutBetweenItsScalars() {
        let (outcome, _) = read(plain.replacing("ignore all", with: "e" + String(repeating: "\u{301}", count: 5000)))
        guard case .judged(let answer) = outcome else { Issue.record("\(outcome)"); return }
        #expect(answer.evidence.unicodeScalars.count == 40)
    }

    @Test func loneSurrogatesInEvidence() {
        var answer = found
        answer.evidence = "\u{FFFD}x"
        #expect(read(plain.replacing("ignore all", with: #"\ud800x"#)).0 == .judged(answer))
    }

    @Test func severityThatContradictsTheVerdict() {
        let (severe, first) = read(
            #"{"verdict":"safe","severity":"high","categories":[],"evidence":"q","confidence":1}"#)
        #expect(
            severe
                == .judged(VerdictAnswer(verdict: 0, severity: 3, evidence: "q", confidence: 1, isContradictory: true)))
        #expect(first == counts { $0.contradictions = 1 })
        let (mild, second) = read(
            #"{"verdict":"unsafe","severity":"none","categories":[],"evidence":"q","confidence":1}"#)
        #expect(
            mild
                == .judged(VerdictAnswer(verdict: 2, severity: 0, evidence: "q", confidence: 1, isContradictory: true)))
        #expect(second == counts { $0.contradictions = 1 })
    }

    @Test(arguments: ["null", #""severe""#, "3"])
    func aSeverityThatIsNone(_ value: String) {
        var answer = found
        answer.severity = nil
        #expect(
            read(plain.replacing(#""high""#, with: value)) == (.judged(answer), counts { $0.severityMissing = 1 }))
    }

    @Test(arguments: [
        "{}", #"{"verdict":"dangerous"}"#, #"{"verdict":null}"#, #"{"verdict":["unsafe"]}"#, "null", "7", "true",
        #""dangerous""#, "unsafe", "The verdict is {\"verdict\":\"unsafe\"}", #"{"verdict":"unsafe""#,
        #"{"verdict":"unsafe"}}"#, #"{"verdict":"unsafe"} done"#, #"{'verdict':'unsafe'}"#, #"{"verdict":"unsafe",}"#,
        "[[{\"verdict\":\"unsafe\"}]]", #"{"answer":{"verdict":"unsafe"}}"#, "```json\n{\"verdict\":\"unsafe\"}",
        "{\"verdict\":\"unsafe\u{1}\"}",
    ])
    func whatIsNoAnswer(_ text: String) {
        #expect(read(text) == (.failed(.unreadable), counts(judged: 0) { $0.unreadable = 1 }))
    }

    @Test(arguments: ["", " \n", "```\n```"])
    func nothing(_ text: String) { #expect(read(text).0 == .failed(.empty)) }

    @Test func whatIsTooLongOrTooDeepIsNotRead() {
        let long = #"{"verdict":"safe","x":""# + String(repeating: "x", count: JudgeAnswerRules.Limits.text) + #""}"#
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        for text in [long, deep] {
            #expect(read(text) == (.failed(.unreadable), counts(judged: 0) { ($0.unreadable, $0.oversized) = (1, 1) }))
        }
    }

    @Test func ofEqualKeysTheLastOneCounts() {
        #expect(read(#"{"verdict":"safe","verdict":"unsafe"}"#).0 == .judged(VerdictAnswer(verdict: 2)))
    }
}
