import Foundation
import Support
import Testing
import TestSupport

@testable import Judging

/// Which days a run looks at when none is named.
@Suite struct JudgeDaysTests {
    private static let before = "2026-11-18"

    /// Yesterday is there and complete.
    private func bench() throws -> JudgeBench {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        return bench
    }

    private func stands(_ report: JudgeReport) -> [String] { report.days.map { "\($0.date) \($0.stand)" } }

    @Test func aDayThatNoRunHasComeToIsJudged() async throws {
        let bench = try bench()
        try bench.put(JudgeBench.records(2), date: Self.before)
        try bench.seal(date: Self.before)
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(stands(report) == ["2026-11-18 judged", "2026-11-20 judged"])
        #expect(try await bench.state(Self.before)?.inputs.map(\.lines) == [2])
    }

    @Test func aDayThatWasNotCompleteIsNotForgotten() async throws {
        let bench = try bench()
        try bench.put(JudgeBench.records(2), date: Self.before)
        try bench.seal(0..<20, date: Self.before)
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .dayIncomplete)
        #expect(stands(report) == ["2026-11-18 incomplete", "2026-11-20 judged"])
        try bench.seal(date: Self.before)
        let later = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(later.status == .success)
        #expect(stands(later.report) == ["2026-11-18 judged", "2026-11-20 judged"])
    }

    @Test func onlyDaysThatAreAskedForAreWaitedFor() async throws {
        let bench = try bench()
        try bench.put(JudgeBench.records(2), date: Self.before)
        let (status, _) = try await bench.run(bench.parts { $0.waitForComplete = .seconds(600) })
        #expect(status == .dayIncomplete)
        #expect(bench.clock.sleeps.isEmpty)
        #expect(bench.service.drafts.count == 1)
    }

    /// Of a run that was killed before it knew anything.
    @Test func aLeaseMakesNoDayKnown() async throws {
        let bench = try bench()
        try bench.put(JudgeBench.records(2), date: Self.before)
        try bench.seal(0..<20, date: Self.before)
        for date in [Self.before, "2026-11-17"] { bench.store.put("judge/t/\(date)/_lease", Array("{}".utf8)) }
        bench.store.remove("judge/t/\(Self.before)/_lease")
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .dayIncomplete)
        #expect(stands(report) == ["2026-11-18 incomplete", "2026-11-20 running"])
        #expect(try await bench.state(Self.before)?.rounds == [])
        #expect(try await bench.state("2026-11-17") == nil)
    }

    @Test func daysOutsideTheWindowAreNotJudged() async throws {
        let bench = try bench()
        try bench.put(JudgeBench.records(2), date: "2026-11-12")
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .success)
        #expect(stands(report) == ["2026-11-20 running"])
    }

    @Test(arguments: [JudgeSteps.submit, .collect])
    func ofADayThatNobodyAssembledNothingIsKnown(_ steps: JudgeSteps) async throws {
        let bench = try bench()
        await #expect(throws: Failure.self) { try await bench.run(bench.parts(steps)) }
        let (status, report) = try await bench.run(bench.parts(steps) { $0.topic = "t" })
        #expect(status == .noInput)
        #expect(stands(report) == ["2026-11-20 unknown"])
        _ = try await bench.run(bench.parts(.assemble))
        let known = try await bench.run(bench.parts(steps))
        #expect(known.report.days.map(\.stand) == [steps == .submit ? .running : .open])
        #expect(known.status != .noInput)
    }

    @Test(arguments: [false, true])
    func aTopicThatIsNotStored(_ isAllowed: Bool) async throws {
        let bench = try bench()
        let parts = try bench.parts {
            $0.topic = "other"
            $0.allowsIncomplete = isAllowed
        }
        await #expect { try await bench.run(parts) } throws: { ($0 as? Failure)?.status == .noInput }
    }

    @Test func somebodyElsesFolderIsNoTopic() async throws {
        let bench = try bench()
        for name in ["raw/_runs/x.json", "raw/notes/readme.txt", "raw/.store/lock"] { bench.store.put(name, [0]) }
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .success)
        #expect(report.days.map(\.topic) == ["t"])
    }

    @Test func whereNothingIsStoredNothingIsJudged() async throws {
        let bench = try bench()
        let (status, report) = try await bench.run(
            bench.parts {
                $0.days = .dates(10_000...10_000)
                $0.allowsIncomplete = true
            })
        #expect(status == .success)
        #expect(report.days.map(\.stand) == [.empty])
        #expect(report.days[0].missing != nil)
        #expect(bench.store.names.allSatisfy { !$0.hasPrefix("judge") })
    }

    @Test func whatIsLeftBehindIsTold() async throws {
        let bench = try bench()
        _ = try await bench.run(bench.parts([.assemble, .submit]))
        try bench.put(JudgeBench.records(1), date: "2026-12-10")
        try bench.seal(date: "2026-12-10")
        let (_, report) = try await bench.run(
            bench.parts { $0.days = .yesterday(CivilDate(daysSince1970: 20_797), lookback: 7) })
        #expect(stands(report) == ["2026-12-10 running"])
        #expect(report.leftBehind == ["t 2026-11-20"])
    }

    private func leftBehind(_ bench: JudgeBench, yesterday: String, _ steps: JudgeSteps = [.assemble, .collect])
        async throws -> [String]
    {
        let yesterday = try #require(CivilDate(yesterday))
        let (_, report) = try await bench.run(bench.parts(steps) { $0.days = .yesterday(yesterday, lookback: 0) })
        return report.leftBehind
    }

    @Test func aDayThatWasWaitedForInVainIsToldWhenItIsLeftBehind() async throws {
        let bench = try bench()
        try bench.put(JudgeBench.records(1), date: Self.before)
        try bench.seal(0..<20, date: Self.before)
        let first = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(first.status == .dayIncomplete && first.report.leftBehind == [])
        for steps in [JudgeSteps.collect, [.assemble, .collect]] {
            #expect(try await leftBehind(bench, yesterday: JudgeBench.date, steps) == ["t 2026-11-18"])
        }
        // A collection knows nothing of it, as of any day that nobody assembled.
        let (_, report) = try await bench.run(bench.parts(.collect))
        #expect(stands(report) == ["2026-11-20 judged"])
        try bench.seal(date: Self.before)
        _ = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(try await leftBehind(bench, yesterday: JudgeBench.date) == [])
    }

    @Test func daysThatNoRunHasComeToAreToldUnlessTheyAreOlderThanJudging() async throws {
        let bench = try bench()
        try bench.put(JudgeBench.records(1), date: "2026-11-19")
        for _ in 0..<2 {
            // Nothing was judged before this day.
            #expect(try await leftBehind(bench, yesterday: JudgeBench.date) == [])
        }
        for date in ["2026-11-21", "2026-11-22"] { try bench.put(JudgeBench.records(1), date: date) }
        #expect(try await leftBehind(bench, yesterday: "2026-11-22") == ["t 2026-11-21"])
        #expect(try await leftBehind(bench, yesterday: "2027-01-10") == [], "told long enough")
    }
}
