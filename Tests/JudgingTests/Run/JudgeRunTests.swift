import Interactions
import JobSupport
import Support
import Testing
import TestSupport
import VertexAI

@testable import Judging

@Suite struct JudgeRunTests {
    private static func ids(_ count: Int, _ verdict: String = "safe") -> [String] {
        (0..<count).map { "i-\($0) \(verdict)" }.sorted()
    }

    @Test func aWholeDay() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(3))
        try bench.put(JudgeBench.records(2, from: 3, text: "EVIL"), hour: 14)
        try bench.seal()
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(report.days.map(\.stand) == [.judged])
        #expect(report.days[0].judged == 5)
        #expect(report.days[0].isReported && report.coverage == 1)
        #expect(try await bench.verdicts() == ["i-0 safe", "i-1 safe", "i-2 safe", "i-3 unsafe", "i-4 unsafe"])
        #expect(bench.service.drafts.count == 1)
        let draft = bench.service.drafts[0]
        #expect(draft.inputURIs == ["memory://store/judge/t/2026-11-20/input-00000.jsonl"])
        #expect(draft.outputPrefix == "memory://store/judge/t/2026-11-20/output/00000")
        #expect(draft.displayName.hasPrefix("judge-t-2026-11-20-00000-"))
        #expect(bench.store.objects["judged/t/2026-11-20/report.html"] != nil)
        #expect(bench.store.objects["judge/t/2026-11-20/_lease"] == nil)
        let again = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(again.status == .success)
        // What was told once is not told again: alerts add up.
        #expect(again.report.coverage == nil && again.report.costMicroUsd == 0)
        #expect(bench.service.drafts.count == 1)
    }

    @Test func theNextRunCollects() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        let first = try await bench.run(bench.parts([.assemble, .submit]))
        #expect(first.status == .success)
        #expect(first.report.days.map(\.stand) == [.running])
        #expect(try await bench.verdicts().isEmpty)
        bench.service.change { $0.looks = 1 }
        let second = try await bench.run(bench.parts(.collect))
        #expect(second.status == .notDrained)
        #expect(second.report.days.map(\.stand) == [.running])
        let third = try await bench.run(bench.parts(.collect))
        #expect(third.status == .success)
        #expect([first, second, third].map(\.report.coverage) == [nil, nil, 1])
        #expect(third.report.costMicroUsd == third.report.days[0].costMicroUsd)
        #expect(try await bench.verdicts() == Self.ids(2))
    }

    @Test func lateFilesAreJudgedByTheNextRun() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        _ = try await bench.run(bench.parts { $0.wait = .zero })
        try bench.put(JudgeBench.records(1, from: 2), start: 2, .late)
        // A day later.
        let (status, report) = try await bench.run(
            bench.parts {
                $0.wait = .zero
                $0.allowsIncomplete = true
                $0.days = .yesterday(CivilDate("2026-11-21") ?? $0.yesterday, lookback: 7)
            })
        #expect(status == .success)
        #expect(report.days.map(\.stand) == [.judged, .empty])
        #expect(try await bench.verdicts() == Self.ids(3))
        #expect(try await bench.state()?.rounds.map(\.purpose) == [.first, .late])
    }

    @Test func whatFailedIsAskedAgainAndThenKept() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(3))
        try bench.seal()
        bench.service.change { $0.missing = [1] }
        _ = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(try await bench.verdicts() == Self.ids(3))
        let state = try #require(try await bench.state())
        #expect(state.rounds.map(\.purpose) == [.first, .retry])
        #expect(state.inputs.map(\.lines) == [3, 1])
        #expect(state.inputs.map(\.attempt) == [0, 1])
    }

    @Test func withoutRetriesItStaysUnjudged() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        bench.service.change { $0.missing = [0] }
        _ = try await bench.run(
            bench.parts {
                $0.wait = .zero
                $0.retries = 0
            })
        #expect(try await bench.verdicts() == ["i-0 missing", "i-1 safe"])
    }

    @Test func filesThatOverlapAreTold() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(10))
        try bench.put(JudgeBench.records(10, from: 5), start: 5)
        try bench.seal()
        let (early, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(early == .success)
        #expect(report.days.map(\.stand) == [.overlapping])
        #expect(report.days[0].warnings.contains { $0.hasPrefix("2 files were left alone") })
        #expect(bench.service.drafts.isEmpty)
        // Somebody takes one of them away.
        bench.store.remove(try #require(bench.store.names.first { $0.contains("-00000000000000000005-") }))
        let (status, later) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(!later.days[0].warnings.contains { $0.contains("left alone,") })
        #expect(try await bench.verdicts() == Self.ids(10))
    }

    @Test(arguments: [(-1, "files are missing"), (1, "came since the hours were sealed")])
    func manifestsThatCountOtherwiseAreTold(_ more: Int64, _ meaning: String) async throws {
        let bench = JudgeBench()
        let name = try bench.put(JudgeBench.records(3))
        try bench.put(JudgeBench.records(2, from: 3), hour: 14)
        try bench.seal()
        if more < 0 { bench.store.remove(name) } else { try bench.put(JudgeBench.records(1, from: 5), start: 3, .late) }
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(report.days[0].warnings.count == 1)
        #expect(report.days[0].warnings[0].contains("count 5 records"))
        #expect(report.days[0].warnings[0].contains(meaning))
    }

    @Test func aDayThatIsNotComplete() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal(0..<23)
        bench.progress(0, closedBefore: try bench.hour(23).next)
        bench.progress(4, closedBefore: try bench.hour(23))
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .dayIncomplete)
        #expect(report.days[0].missing == "23 (partitions 4)")
        #expect(bench.service.drafts.isEmpty)
        #expect(try await bench.state()?.rounds == [])
        let allowed = try await bench.run(
            bench.parts {
                $0.allowsIncomplete = true
                $0.wait = .zero
            })
        #expect(allowed.status == .success)
        let state = try #require(try await bench.state())
        #expect(state.completeness.isAllowed)
        #expect(state.completeness.missing.map(\.hour) == [23])
        #expect(allowed.report.days[0].missing == "23 (partitions 4)")
        #expect(allowed.report.days[0].warnings.contains { $0.contains("hours 23 (partitions 4) are not sealed") })
    }

    @Test func anHourWithoutFilesThatIsClosedIsNotMissing() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal(5..<24)
        bench.progress(0, closedBefore: try bench.hour(23).next)
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .success, "\(report.days)")
    }

    @Test func waitsForTheDayToBeComplete() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal(0..<23)
        bench.store.before { [bench] (operation, name) async throws(Failure) in
            guard operation == .list, bench.clock.sleeps.count >= 3, name.hasSuffix("2026-11-20/") else { return }
            try? bench.seal([23])
        }
        let (status, _) = try await bench.run(bench.parts { $0.waitForComplete = .seconds(600) })
        #expect(status == .success)
        #expect(bench.clock.sleeps.count >= 3)
        #expect(bench.service.drafts.count == 1)
    }

    @Test func waitingForTheDayHasAnEnd() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        let (status, _) = try await bench.run(bench.parts { $0.waitForComplete = .seconds(300) })
        #expect(status == .dayIncomplete)
        #expect(bench.clock.sleeps.reduce(.zero, +) == .seconds(300))
    }

    @Test func aRetiredModelIsReplaced() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        bench.service.change { $0.retired = ["publishers/google/models/m-1"] }
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(bench.service.drafts.map(\.model) == ["publishers/google/models/m-2"])
        #expect(report.days[0].warnings.contains { $0.contains("m-1 is not to be had") })
    }

    @Test(arguments: [nil, "publishers/google/models/m-1"])
    func thePromptFileMayNameTheModel(_ asked: String?) async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        let rules = try JudgeBench.rules(JudgeBench.prompt.replacing("version: 1", with: "version: 1\nmodel: m-9"))
        _ = try await bench.run(bench.parts(.assemble, rules: rules, model: asked))
        // Whoever submits need not know the prompt file.
        _ = try await bench.run(bench.parts(.submit, model: asked))
        #expect(bench.service.drafts.map(\.model) == [asked ?? "m-9"])
    }

    @Test func aJobThatFailsForTheModelIsReplaced() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        bench.service.change {
            $0.ends = [.failed]
            $0.error = BatchJob.Problem(code: 5, message: "no models/m-1")
        }
        let (status, _) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(
            bench.service.drafts.map(\.model) == ["publishers/google/models/m-1", "publishers/google/models/m-2"])
        #expect(try await bench.verdicts() == Self.ids(2))
    }

    @Test func withoutFallbackARetiredModelFailsTheRun() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        bench.service.change { $0.retired = ["publishers/google/models/m-1"] }
        let (status, report) = try await bench.run(bench.parts(fallback: nil))
        #expect(status == .noInput)
        #expect(report.days[0].stand == .failed)
    }

    @Test func rulesThatHaveChangedAreTold() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(200))
        try bench.seal()
        var rules = try JudgeBench.rules()
        rules.sample = try #require(Sample("0.5"))
        let first = try await bench.run(bench.parts(rules: rules) { $0.wait = .zero })
        #expect(first.report.days[0].warnings.isEmpty)
        #expect(first.report.days[0].rules.map(\.sample) == ["0.5"])
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(
            report.days[0].warnings.contains {
                $0.contains("otherwise than this run would") && $0.contains("sample 0.5")
            })
        #expect(report.days[0].rules.map(\.sample) == ["0.5"])
        let model = try await bench.run(bench.parts(rules: rules, model: "publishers/google/models/m-7"))
        #expect(model.report.days[0].warnings.contains { $0.contains("model publishers/google/models/m-1") })
        #expect(bench.service.drafts.count == 1)
        let later = try await bench.run(
            bench.parts {
                $0.allowsIncomplete = true
                $0.days = .yesterday(CivilDate("2026-11-21") ?? $0.yesterday, lookback: 7)
            })
        #expect(later.report.days[0].warnings.isEmpty, "a day that nobody asks for")
    }

    @Test func aFilterThatLeavesNothingDoesNotUseUpTheDay() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(3))
        try bench.seal()
        var rules = try JudgeBench.rules()
        rules.filters = [try #require(RecordFilter("/nosuch=x"))]
        let first = try await bench.run(bench.parts(rules: rules) { $0.wait = .zero })
        #expect(
            first.report.days[0].warnings == [
                "None of 3 records was asked about: 3 were left out by a filter, 0 by the sample, and 0 have no content."
            ])
        #expect(try await bench.run(bench.parts(rules: rules)).report.days[0].counts.records == 3)
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(report.days[0].counts.records == 3)
        #expect(report.days[0].warnings.isEmpty)
        #expect(try await bench.verdicts() == Self.ids(3))
    }

    /// The likely price is no limit: the answers may be longer.
    @Test func theWorstCaseCounts() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(100))
        try bench.seal()
        let rules = try JudgeBench.rules(JudgeBench.prompt.replacing("maxTokens: 100", with: "maxTokens: 3000"))
        let (status, report) = try await bench.run(bench.parts(rules: rules) { $0.maxCost = 100_000 })
        #expect(status == .notDrained)
        // 0.5 micro-dollars a token.
        let input = report.estimate.inputTokens
        #expect(report.estimate.costMicroUsd == (input + 100 * 300 + 1) / 2)
        #expect(report.estimate.worstMicroUsd == (input + 100 * 3000 + 1) / 2)
    }

    @Test func canariesGoAlongAndTheirFailuresAreTold() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        let rules = try JudgeBench.rules(JudgeBench.prompt + JudgeBench.canaries)
        let (_, report) = try await bench.run(bench.parts(rules: rules) { $0.wait = .zero })
        #expect(try await bench.verdicts() == Self.ids(1))
        #expect(try await bench.state()?.inputs[0].canaries == 2)
        #expect(report.days[0].warnings == ["the canary good failed: safe instead of unsafe"])
    }

    @Test func eachJobOfRecordsHasCanaries() async throws {
        let bench = JudgeBench()
        try bench.seal()
        let rules = try JudgeBench.rules(JudgeBench.prompt + JudgeBench.canaries)
        let empty = try await bench.run(bench.parts(rules: rules) { $0.wait = .zero })
        #expect(empty.report.days.map(\.stand) == [.empty])
        try bench.put(JudgeBench.records(2))
        bench.service.change { $0.missing = [2] }
        _ = try await bench.run(bench.parts(rules: rules) { $0.wait = .zero })
        #expect(try await bench.state()?.inputs.map(\.canaries) == [2, 0])
        #expect(try await bench.state()?.rounds.map(\.purpose) == [.first, .late, .retry])
    }

    @Test func aCanaryWithoutAnAnswerHasNeitherPassedNorFailed() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        bench.service.change { $0.missing = [0] }
        let rules = try JudgeBench.rules(JudgeBench.prompt + JudgeBench.canaries)
        let (_, report) = try await bench.run(bench.parts(rules: rules) { $0.wait = .zero })
        #expect(
            report.days[0].warnings == [
                "the canary bad got no answer (missing): unknown whether it would have passed",
                "the canary good failed: safe instead of unsafe",
            ])
    }

    @Test func aDayWithoutRecordsHasNoJob() async throws {
        let bench = JudgeBench()
        try bench.seal()
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(report.days.map(\.stand) == [.empty])
        #expect(bench.service.drafts.isEmpty)
        #expect(bench.store.objects["judged/t/2026-11-20/report.html"] != nil)
    }

    @Test func anotherRunIsAtWork() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        let other = try bench.parts(run: "other")
        #expect(try await other.leases.take("judge/t/2026-11-20/_lease"))
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .notDrained)
        #expect(report.days.map(\.stand) == [.busy])
        #expect(report.stopReason == "lease")
        #expect(report.days[0].busyUntil == rfc3339(bench.store.time + 600_000))
        #expect(bench.service.drafts.isEmpty)
        // It was killed: nobody prolongs its lease.
        bench.store.time += 600_000
        let later = try await bench.run(bench.parts())
        #expect(later.status == .success)
        #expect(later.report.days[0].busyUntil == nil)
        #expect(bench.service.drafts.count == 1)
    }

    @Test func oneDamagedDayDoesNotStopTheOthers() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.put(["no record"], date: "2026-11-19")
        for date in ["2026-11-19", JudgeBench.date] { try bench.seal(date: date) }
        let (status, report) = try await bench.run(
            bench.parts {
                let day = $0.yesterday.daysSince1970
                $0.days = .dates(day - 1...day)
                $0.wait = .zero
            })
        #expect(status == .protocolError)
        #expect(report.days.map(\.stand) == [.failed, .judged])
        #expect(report.days[0].failure?.contains("line 1: not a minified JSON object") == true)
    }

    @Test func nothingStoredAtAll() async throws {
        let bench = JudgeBench()
        await #expect(throws: Failure.self) { try await bench.run(bench.parts()) }
    }
}

extension JudgeLimits {
    fileprivate var yesterday: CivilDate {
        if case .yesterday(let date, _) = days { return date }
        return CivilDate(daysSince1970: 0)
    }
}
