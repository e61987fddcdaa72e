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
