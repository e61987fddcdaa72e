import Support
import Testing
import TestSupport
import VertexAI

@testable import Judging

/// Jobs that come to nothing.
@Suite struct LostJobTests {
    private func bench(_ records: Int) throws -> JudgeBench {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(records))
        try bench.seal()
        return bench
    }

    @Test(arguments: [JobState.failed, .expired, .cancelled])
    func aJobThatAnswersNothingIsNoAttempt(_ end: JobState) async throws {
        let bench = try bench(3)
        // More often than anything is asked again.
        for _ in 0..<4 {
            bench.service.change {
                $0.ends = [end]
                $0.error = BatchJob.Problem(code: 7, message: "the service agent may not write there")
            }
            let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
            #expect(status == (end == .failed ? .noPermission : .unavailable))
            #expect(report.days.map(\.stand) == [.failed])
            #expect(report.failure?.contains("ended as \(end)") == true)
            #expect(try await bench.verdicts().isEmpty)
        }
        let (status, _) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(try await bench.verdicts() == ["i-0 safe", "i-1 safe", "i-2 safe"])
        #expect(try await bench.state()?.inputs.map(\.attempt) == [0])
        #expect(Set(bench.service.drafts.map(\.displayName)).count == 5)
    }

    @Test func aJobThatDidNotEndWellIsTold() async throws {
        let bench = try bench(1)
        bench.service.change { $0.ends = [.partiallySucceeded] }
        let (status, report) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(report.days[0].warnings.count == 1)
        #expect(report.days[0].warnings[0].hasSuffix("ended as JOB_STATE_PARTIALLY_SUCCEEDED"))
    }
}
