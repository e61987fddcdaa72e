import Support
import Testing
import TestSupport

@testable import Judging

/// Results that somebody has removed.
@Suite struct LostResultsTests {
    private static let folder = "judged/t/2026-11-20/"
    private let bench = JudgeBench()

    private func run(
        again: Bool = false, _ steps: JudgeSteps = [.assemble, .submit, .collect]
    ) async throws -> (status: Support.ExitStatus, report: JudgeReport) {
        try await bench.run(
            bench.parts(steps) { ($0.wait, $0.retries, $0.asksUnjudged) = (.zero, 1, again) })
    }

    private func judge(_ change: (inout FakeBatches.State) -> Void = { _ in }) async throws -> DayState? {
        try bench.put(JudgeBench.records(5))
        try bench.seal()
        bench.service.change(change)
        #expect(try await run().status == .success)
        return try await bench.state()
    }

    private func remove(_ part: String) {
        for name in bench.store.names where name.contains(part) { bench.store.remove(name) }
    }

    @Test(arguments: ["", "summary.json", "verdicts-00000", "verdicts-00001"], [false, true])
    func whatIsGoneIsMadeAgain(_ part: String, _ again: Bool) async throws {
        let before = try await judge {
            $0.missing = [1]
            $0.cut = [2]
        }
        let (verdicts, names, jobs) = (try await bench.verdicts(), bench.store.names, bench.service.drafts.count)
        remove(Self.folder + part)
        let (status, report) = try await run(again: again)
        #expect(status == .success)
        #expect(report.days[0].isReported && report.costMicroUsd == 0)
        #expect(try await bench.verdicts() == verdicts)
        #expect(bench.store.names == names)
        #expect(try await bench.state() == before)
        #expect(bench.service.drafts.count == jobs)
        #expect(try await run().report.days[0].isReported == false, "nothing is gone any more")
    }

    /// What stayed unjudged has left its verdicts file since.
    @Test func soIsWhatWasTakenUpAgain() async throws {
        _ = try await judge { $0.errors = [1: "RESOURCE_EXHAUSTED"] }
        let verdicts = try await bench.verdicts()
        #expect(verdicts.count == 5)
        remove(Self.folder)
        #expect(try await run(.collect).status == .success)
        #expect(try await bench.verdicts() == verdicts)
    }

    @Test func withoutTheOutputItIsTold() async throws {
        let before = try await judge()
        remove("/output/")
        #expect(try await run().status == .success, "nothing needs it")
        remove("summary.json")
        #expect(try await run().status == .success)
        remove(Self.folder)
        for _ in 0..<2 {
            let (status, report) = try await run()
            #expect(status == .dataLoss)
            #expect(report.days[0].failure?.contains(Self.folder + "verdicts-00000.jsonl.gz is gone") == true)
        }
        #expect(try await bench.state()?.inputs == before?.inputs)
        #expect(bench.service.drafts.count == 1)
    }
}
