import Bytes
import Foundation
import Gzip
import ObjectStorage
import Support
import Testing
import TestSupport

@testable import Judging

/// The results of a day, from the verdicts files that its state lists.
@Suite struct DayResultsTests {
    private let store = InMemoryStore()
    private let names = JudgedNames(topic: "t")
    private static let now: Milliseconds = 1_795_262_400_000

    private func state(asked: Int, inputs: [DayState.Input], missing: [Int] = []) -> DayState {
        var state = DayState(
            topic: "t", date: "2026-11-20",
            completeness: Completeness(
                sealedHours: Array(0..<24).filter { !missing.contains($0) },
                missing: missing.map { Completeness.MissingHour(hour: $0, partitions: [1]) }, isAllowed: true))
        var counts = DayState.Counts()
        (counts.records, counts.asked, counts.filtered, counts.notSampled) = (asked + 30, asked, 10, 20)
        state.rounds = [
            DayState.Round(
                number: 0, purpose: .first, phase: .assembled, files: ["f"], config: "c", prompt: "p-1-00000000",
                sample: "1", maxTokens: 100, schema: JudgeSample.schema, counts: counts),
            DayState.Round(
                number: 1, purpose: .retry, phase: .assembled, files: [], config: "c", prompt: "p-1-00000000",
                sample: "1", maxTokens: 100, schema: JudgeSample.schema, counts: counts),
        ]
        state.inputs = inputs
        return state
    }

    /// An input object that was collected, with its verdicts file.
    private func input(
        _ number: Int, attempt: Int = 0, _ lines: [(VerdictAnswer?, hour: String)],
        _ change: (inout CollectedInput) -> Void = { _ in }
    ) throws -> DayState.Input {
        let buffer = ByteBuffer()
        let line = VerdictLine(schema: JudgeSample.schema, model: "gemini-x", prompt: "p-1-00000000")
        for (index, (answer, hour)) in lines.enumerated() {
            let labels = RequestLabels(
                place: RowPlace(input: number, row: index), file: "\(hour)-p00000-x", line: index + 1,
                id: .text(Array("i-\(number)-\(index)".utf8)))
            if let answer {
                line.append(
                    answer, evidenceFound: answer.evidence.isEmpty ? nil : index % 2 == 0, model: nil, of: labels,
                    to: buffer)
            } else {
                line.append(.blocked("SAFETY"), model: nil, of: labels, to: buffer)
            }
            buffer.append("\n")
        }
        let rope = RopeWriter(pool: BlockPool())
        try GzipWriter().appendMember(of: buffer.bytes, to: rope)
        var collected = CollectedInput()
        let name = names.verdicts(of: "2026-11-20", input: number)
        store.put(name, rope.finish().joined)
        collected.verdicts = name
        change(&collected)
        var input = DayState.Input(
            number: number, round: attempt, name: "i\(number)", lines: lines.count, bytes: 1, checksum: 1, canaries: 0,
            attempt: attempt, phase: .collected)
        (input.jobState, input.collected) = ("JOB_STATE_SUCCEEDED", collected)
        return input
    }

    private func write(_ state: DayState, records: Int? = nil) async throws -> DaySummary {
        try await DayResults(store: store, names: names, schema: JudgeSample.schema)
            .write(state, recordsInManifests: records, at: Self.now)
    }

    private func text(_ name: String) -> String { String(decoding: store.objects[name]?.bytes ?? [], as: UTF8.self) }

    private let safe = VerdictAnswer(verdict: 0, severity: 0, confidence: 1)
    private let suspicious = VerdictAnswer(verdict: 1, severity: 1, categories: [0], evidence: "q", confidence: 0.5)
    private let unsafe = VerdictAnswer(verdict: 2, severity: 3, categories: [0, 2], evidence: "q", confidence: 0.9)

    @Test func countsWithHonestDenominators() async throws {
        let first = try input(0, [(safe, "00"), (unsafe, "13"), (suspicious, "13"), (safe, "x"), (nil, "13")])
        let retry = try input(1, attempt: 1, [(unsafe, "23")])
        let summary = try await write(state(asked: 8, inputs: [first, retry]), records: 40)
        #expect(summary.verdicts == ["safe": 2, "suspicious": 1, "unsafe": 2])
        #expect(summary.severities == ["low": 1, "medium": 0, "high": 2, "critical": 0])
        #expect(summary.categories == ["prompt_injection": 3, "data_exfiltration": 0, "jailbreak": 2])
        let coverage = summary.coverage
        #expect((coverage.recordsInManifests, coverage.recordsInFiles, coverage.asked) == (40, 38, 8))
        #expect((coverage.judged, coverage.unjudged, coverage.open) == (5, 1, 2))
        #expect(coverage.unjudgedReasons == ["blocked:SAFETY": 1])
        #expect((summary.worst.verdict, summary.worst.count, summary.worst.of) == ("unsafe", 2, 5))
        #expect((summary.worst.leastOfAsked, summary.worst.mostOfAsked) == (0.25, 0.625))
        #expect(summary.hours[13].verdicts == ["unsafe": 1, "suspicious": 1])
        #expect((summary.hours[13].unjudged, summary.withoutHour) == (1, 1))
        #expect((summary.jobs.inputs, summary.jobs.retries) == (2, 1))
        #expect(summary.findings.total == 3)
        #expect(summary.findings.evidence == DayTally.Evidence(found: 2, notFound: 1))
    }

    @Test func usageCostCanariesAndWarnings() async throws {
        var usage = ModelUsage()
        (usage.answers, usage.tokens, usage.costMicroUsd) = (2, AnswerTokens(prompt: 10, answer: 5), 1_500_000)
        var unpriced = usage
        (unpriced.unpriced, unpriced.costMicroUsd) = (2, 0)
        let first = try input(0, [(safe, "00")]) { collected in
            collected.usage = ["gemini-x": usage]
            collected.canaries = [
                CollectedInput.Canary(name: "override"), CollectedInput.Canary(name: "leak", problem: "says safe"),
                CollectedInput.Canary(name: "later", unanswered: "missing"),
            ]
        }
        let second = try input(1, [(safe, "01")]) { $0.usage = ["gemini-x": usage, "new": unpriced] }
        var state = state(asked: 2, inputs: [first, second], missing: [4, 5])
        state.warn("another model")
        let summary = try await write(state)
        #expect(summary.costMicroUsd == 3_000_000)
        #expect(summary.models["gemini-x"]?.usage.tokens == AnswerTokens(prompt: 20, answer: 10))
        #expect(summary.models["gemini-x"]?.verdicts == 2)
        #expect(summary.models["new"]?.verdicts == 0)
        #expect(
            summary.warnings == [
                "another model",
                "The day is not complete: hours 4 (partitions 1), 5 (partitions 1) are not sealed.",
                "No price is known for new.",
            ])
        #expect(!summary.isComplete)
        let canaries = "Canaries: 1 of 3 passed, 1 failed, 1 unknown, without an answer."
        #expect(text("judged/t/2026-11-20/summary.md").contains(canaries))
        for warning in summary.warnings.prefix(1) { #expect(text("judged/t/2026-11-20/summary.md").contains(warning)) }
    }

    @Test func theObjectsAreWrittenAndReadAgain() async throws {
        let day = state(asked: 1, inputs: [try input(0, [(unsafe, "00")])])
        let summary = try await write(day)
        #expect(
            store.names.filter { !$0.hasSuffix(".gz") } == [
                "judged/t/2026-11-20/metrics.prom", "judged/t/2026-11-20/report.html",
                "judged/t/2026-11-20/summary.json", "judged/t/2026-11-20/summary.md",
            ])
        let json = try JSONSerialization.jsonObject(with: Data(text("judged/t/2026-11-20/summary.json").utf8))
        let object = try #require(json as? [String: Any])
        #expect((object["worst"] as? [String: Any])?["method"] as? String == "Wilson score interval, 95 %")
        #expect(object["generated_at"] as? String == rfc3339(Self.now))
        // Written again, they are put in place of these.
        #expect(try await write(day) == summary)
    }

    @Test func aDayWithoutVerdicts() async throws {
        let summary = try await write(state(asked: 0, inputs: []))
        #expect(summary.worst.interval == nil)
        #expect(summary.worst.mostOfAsked == nil)
        #expect(text("judged/t/2026-11-20/summary.md").contains("Nothing was judged."))
        #expect(text("judged/t/2026-11-20/metrics.prom").contains("batch_judge_last_run_success 1\n"))
    }

    @Test func theTrendIsReadFromEarlierSummaries() async throws {
        let earlier = try await write(state(asked: 1, inputs: [try input(0, [(unsafe, "00")])]))
        for (date, content) in [("2026-11-18", nil), ("2026-10-22", nil), ("2026-10-21", nil), ("2026-11-17", "{")] {
            let json = text("judged/t/2026-11-20/summary.json").replacing("2026-11-20", with: date)
            store.put(names.summary(of: date), Array((content ?? json).utf8))
        }
        store.put(names.summary(of: "2026-11-16"), Array(#"{"version":99}"#.utf8))
        store.put(names.summary(of: "2026-11-15"), [UInt8](repeating: 0x20, count: (1 << 20) + 1))
        let trend = try await Trend(upTo: earlier, names: names, in: store)
        #expect(trend.points.map(\.date) == ["2026-10-22", "2026-11-18", "2026-11-20"])
        #expect(trend.unreadable == ["2026-11-15", "2026-11-16", "2026-11-17"])
    }

    @Test func aVerdictsFileThatIsGone() async throws {
        let input = try input(0, [(safe, "00")])
        store.remove(names.verdicts(of: "2026-11-20", input: 0))
        await #expect { try await write(state(asked: 1, inputs: [input])) } throws: {
            ($0 as? Failure)?.status == .dataLoss
        }
    }

    @Test func damagedLinesAreCounted() async throws {
        let input = try input(0, [(safe, "00")])
        let rope = RopeWriter(pool: BlockPool())
        try Array("{}\nx\n[]\n{\"status\":\"judged\"}\n".utf8).withUnsafeBytes {
            try GzipWriter().appendMember(of: $0, to: rope)
        }
        store.put(names.verdicts(of: "2026-11-20", input: 0), rope.finish().joined)
        let summary = try await write(state(asked: 1, inputs: [input]))
        #expect(summary.coverage.judged == 0)
        #expect(summary.warnings.contains("4 lines of verdicts files could not be read."))
    }
}
