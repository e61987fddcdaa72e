import Support
import Testing
import TestSupport
import VertexAI

@testable import Judging

/// What is likely to be paid, and the limit of it.
@Suite struct JudgeCostTests {
    @Test func nothingIsSentThatCostsTooMuch() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(100))
        try bench.seal()
        let (status, report) = try await bench.run(bench.parts { $0.maxCost = 100 })
        #expect(status == .notDrained)
        #expect(report.stopReason == "cost")
        #expect(report.estimate.requests == 100)
        #expect(bench.service.drafts.isEmpty)
        let cost = try #require(report.estimate.costMicroUsd)
        let allowed = try await bench.run(bench.parts { $0.maxCost = cost })
        #expect(allowed.status == .success)
        #expect(bench.service.drafts.count == 1)
    }

    @Test func aJobThatHasEndedCountsAsWhatItHasCost() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(100))
        try bench.seal()
        bench.service.change { $0.missing = Set(0..<10) }
        // By itself the first round fits, and so does asking ten again after what the first round really cost.
        let worst = try await worst(bench)
        let (status, report) = try await bench.run(
            bench.parts {
                $0.wait = .zero
                $0.maxCost = worst
            })
        #expect(status == .success)
        #expect(report.stopReason == nil)
        #expect(try await bench.verdicts().count == 100)
        #expect(report.estimate.requests == 110)
    }

    @Test func aDayThatDidNotFitIsSubmittedOnceOthersCostLess() async throws {
        let bench = JudgeBench()
        for date in ["2026-11-19", JudgeBench.date] {
            try bench.put(JudgeBench.records(100), date: date)
            try bench.seal(date: date)
        }
        let both = try await worst(bench)
        let (status, report) = try await bench.run(
            bench.parts {
                $0.wait = .zero
                $0.maxCost = both - 1
            })
        #expect(status == .success)
        #expect(report.stopReason == nil)
        #expect(report.days.map(\.stand) == [.judged, .judged])
        #expect(report.estimate.requests == 200)
    }

    @Test func aDayThatIsHeldBackTellsWhatIsJudged() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(100))
        try bench.seal()
        bench.service.change { $0.missing = Set(0..<10) }
        _ = try await bench.run(bench.parts([.assemble, .submit]))
        let page = "judged/t/2026-11-20/report.html"
        let (status, report) = try await bench.run(bench.parts { $0.maxCost = 1 })
        #expect(status == .notDrained)
        #expect(report.stopReason == "cost")
        #expect(report.days.map(\.stand) == [.open])
        #expect(report.coverage == 0.9)
        #expect(report.days[0].report == "memory://store/\(page)")
        #expect(bench.store.objects[page] != nil)
        // Who waits for the verdicts of the whole day goes on waiting.
        #expect(try await bench.state()?.isReported == false)
        let held = try await bench.run(bench.parts { $0.maxCost = 1 })
        #expect(held.report.coverage == nil)
        let done = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(done.status == .success)
        #expect(done.report.coverage == 1)
        #expect(try await bench.state()?.isReported == true)
    }

    /// What all days could cost.
    private func worst(_ bench: JudgeBench) async throws -> Int64 {
        let (_, report) = try await bench.run(bench.parts(.assemble))
        return try #require(report.estimate.worstMicroUsd)
    }

    @Test func assemblingTellsThePrice() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(100))
        try bench.seal()
        var parts = try bench.parts(.assemble)
        parts.pricing = JobPricing(prices: try JudgeBench.prices(), asked: "publishers/google/models/m-1")
        parts.submitter = nil
        let (_, report) = try await bench.run(parts)
        #expect((report.estimate.jobs, report.estimate.requests) == (1, 100))
        let (_, submitted) = try await bench.run(bench.parts(.submit))
        #expect(report.estimate == submitted.estimate)
        #expect(report.estimate.costMicroUsd ?? 0 > 0)
    }

    @Test func theOldestDaysAreSentFirstWhileTheyFit() async throws {
        let bench = JudgeBench()
        let days = [("2026-11-18", 10), ("2026-11-19", 1000), (JudgeBench.date, 10)]
        for (date, records) in days {
            try bench.put(JudgeBench.records(records), date: date)
            try bench.seal(date: date)
        }
        func jobs() -> [String] { bench.service.drafts.map { String($0.displayName.dropFirst(8).prefix(10)) } }
        let assembled = try await bench.run(bench.parts(.assemble))
        #expect(assembled.status == .success)
        let (status, report) = try await bench.run(
            bench.parts {
                $0.maxCost = 20_000
                $0.wait = .zero
            })
        #expect(status == .notDrained)
        #expect(report.stopReason == "cost")
        #expect(report.days.map(\.stand) == [.judged, .open, .judged])
        #expect(jobs() == ["2026-11-18", JudgeBench.date])
        let cost = try #require(report.estimate.costMicroUsd)
        _ = try await bench.run(bench.parts { $0.maxCost = cost })
        #expect(jobs() == ["2026-11-18", JudgeBench.date, "2026-11-19"])
    }

    /// The model asked for is not there, and another one costs a hundred times as much.
    @Test(arguments: [(Int64?.none, true), (1_000_000, true), (20_000, false)])
    func theFallbackHasToFitAsWell(_ most: Int64?, _ isSent: Bool) async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(100))
        try bench.seal()
        bench.service.change { $0.retired = ["publishers/google/models/m-1"] }
        let (status, report) = try await bench.run(
            bench.parts(fallback: "publishers/google/models/m-dear") { $0.maxCost = most })
        #expect(status == (isSent ? .success : .notDrained))
        #expect(report.stopReason == (isSent ? nil : "cost"))
        #expect(bench.service.drafts.map(\.model) == (isSent ? ["publishers/google/models/m-dear"] : []))
        #expect(report.estimate.jobs == 1)
        #expect(report.estimate.worstMicroUsd ?? 0 > 500_000)
        #expect(report.days.map(\.stand) == [isSent ? .running : .open])
    }

    @Test func aFallbackWithoutAPriceIsNotAskedWhereThereIsALimit() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        bench.service.change { $0.retired = ["publishers/google/models/m-1"] }
        let (status, _) = try await bench.run(bench.parts { $0.maxCost = 1_000_000 })
        #expect(status == .usage)
        #expect(bench.service.drafts.isEmpty)
    }

    // MARK: What was never sent

    private func half() throws -> JudgeRules {
        var rules = try JudgeBench.rules()
        rules.sample = try #require(Sample("0.5"))
        return rules
    }

    private func heldBack() async throws -> JudgeBench {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(200))
        try bench.seal()
        let (status, report) = try await bench.run(bench.parts { $0.maxCost = 1 })
        #expect(status == .notDrained && report.stopReason == "cost")
        return bench
    }

    @Test func whatWasNeverSentIsPutTogetherAnewByOtherRules() async throws {
        let bench = try await heldBack()
        let old = try #require(try await bench.state()?.inputs.first?.name)
        let (status, report) = try await bench.run(bench.parts(rules: half()) { $0.wait = .zero })
        #expect(status == .success)
        #expect(report.days[0].warnings.isEmpty)
        #expect(report.days[0].rules.map(\.sample) == ["0.5"])
        #expect(report.estimate.requests == report.days[0].judged && report.days[0].judged < 200)
        #expect(report.days[0].counts.records == 200)
        #expect(try await bench.state()?.rounds.map(\.purpose) == [.first])
        #expect(!bench.store.names.contains(old))
        #expect(bench.service.drafts.count == 1)
    }

    @Test func whatWasNeverSentIsKeptByTheSameRules() async throws {
        let bench = try await heldBack()
        let before = try await bench.state()
        _ = try await bench.run(bench.parts { $0.maxCost = 1 })
        #expect(try await bench.state() == before)
        // These have no rules of their own.
        for steps: JudgeSteps in [.collect, .submit] {
            _ = try await bench.run(bench.parts(steps, rules: half()))
            #expect(try await bench.state()?.rounds == before?.rounds)
        }
        #expect(bench.service.drafts.count == 1)
    }

    @Test func aRoundThatWasSentInPartStays() async throws {
        let bench = try await heldBack()
        let states = StateStore(bench.store)
        var day = try #require(try await states.read(JudgeBench.topic, JudgeBench.date))
        day.state.inputs[0].lostJobs = 1
        try await states.write(&day)
        let (_, report) = try await bench.run(bench.parts(rules: half()) { $0.wait = .zero })
        #expect(report.days[0].judged == 200)
        #expect(report.days[0].warnings.contains { $0.contains("otherwise than this run would") })
    }

    @Test func whatCameLateIsPutTogetherAnewToo() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(10))
        try bench.seal()
        _ = try await bench.run(bench.parts { $0.wait = .zero })
        try bench.put(JudgeBench.records(200, from: 10), partition: 7)
        _ = try await bench.run(bench.parts { $0.maxCost = 1 })
        let (status, report) = try await bench.run(bench.parts(rules: half()) { $0.wait = .zero })
        #expect(status == .success)
        #expect(report.days[0].rules.map(\.sample) == ["1", "0.5"])
        #expect((11..<210).contains(report.days[0].judged))
        #expect(report.days[0].counts.records == 210)
    }

    /// Else it would be sent, and paid for, by rules that nobody asks for any more.
    @Test func itIsNotSentEitherWhereTheDayHasToWait() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(200))
        _ = try await bench.run(
            bench.parts {
                $0.maxCost = 1
                $0.allowsIncomplete = true
            })
        let (status, _) = try await bench.run(bench.parts(rules: half()))
        #expect(status == .dayIncomplete)
        #expect(bench.service.drafts.isEmpty)
        try bench.seal()
        let later = try await bench.run(bench.parts(rules: half()) { $0.wait = .zero })
        #expect(later.report.days[0].rules.map(\.sample) == ["0.5"])
    }
}
