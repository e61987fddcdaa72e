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
}
