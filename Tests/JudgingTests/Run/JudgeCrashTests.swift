import Support
import Synchronization
import Testing
import TestSupport
import VertexAI

@testable import Judging

/// Runs that are killed, doubled, or not answered: each request is paid for once, and each record judged once.
@Suite struct JudgeCrashTests {
    private struct Killed: Error {}

    private static let points: [Failpoint] = [
        .beforeAnnounce, .afterAnnounce, .beforeInput, .afterInput, .beforeAssembled, .afterAssembled,
        .beforeSubmitting,
        .afterSubmitting, .beforeCreate, .afterCreate, .afterSubmitted, .beforeCollected, .afterCollected,
        .beforeResults,
    ]

    /// From the failpoint on nothing of the run reaches the store or the service.
    @Test(arguments: points)
    func aKilledRunIsContinued(_ point: Failpoint) async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(3))
        try bench.seal()
        bench.service.change { $0.missing = [1] }
        let isDead = Mutex(false)
        let dead = Failure(.failure, "dead")
        bench.store.before { (_, _) async throws(Failure) in if isDead.withLock({ $0 }) { throw dead } }
        let failpoints = Failpoints(Failpoint.Trigger(point)) { isDead.withLock { $0 = true } }
        _ = try? await bench.run(bench.parts(run: "killed", failpoint: failpoints) { $0.wait = .zero })
        #expect(isDead.withLock { $0 }, "\(point) was not reached")
        isDead.withLock { $0 = false }
        // The killed run's lease has run out.
        bench.store.remove("judge/t/2026-11-20/_lease")
        let (status, _) = try await bench.run(bench.parts(run: "next") { $0.wait = .zero })
        #expect(status == .success)
        #expect(try await bench.verdicts() == ["i-0 safe", "i-1 safe", "i-2 safe"])
        let names = bench.service.drafts.map(\.displayName)
        #expect(Set(names).count == names.count, "\(names)")
        #expect(names.count == 2)
        #expect(bench.store.objects["judged/t/2026-11-20/report.html"] != nil)
    }

    @Test func aLostAnswerToACreationIsFoundAgain() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        bench.service.change { $0.createErrors = [VertexError(.status(503, rpc: "UNAVAILABLE"), message: "lost")] }
        let (status, _) = try await bench.run(bench.parts())
        #expect(status == .success)
        #expect(bench.service.drafts.count == 1)
        #expect(bench.clock.sleeps.count == 1)
    }

    @Test func aRefusalForTooManyCallsIsTriedAgain() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        bench.service.change { $0.createErrors = [VertexError(.status(429, rpc: "RESOURCE_EXHAUSTED"), message: "no")] }
        let (status, _) = try await bench.run(bench.parts())
        #expect(status == .success)
        #expect(bench.service.drafts.count == 1)
    }

    @Test func ofDoublesTheOldestCounts() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        try bench.seal()
        _ = try await bench.run(bench.parts(.assemble))
        let state = try #require(try await bench.state())
        let name = JobName.text(
            state.inputs[0], in: bench.store.location, topic: "t", date: JudgeBench.date,
            config: state.rounds[0].config,
            model: "publishers/google/models/m-1")
        let folder = "memory://store/judge/t/2026-11-20"
        for _ in 0..<2 {
            _ = try await bench.service.createBatchJob(
                BatchJobDraft(
                    displayName: name, model: "m", inputURIs: ["\(folder)/input-00000.jsonl"],
                    outputPrefix: "\(folder)/output/00000"))
        }
        _ = try await bench.run(bench.parts(.submit))
        #expect(bench.service.drafts.count == 2)
        #expect(bench.service.cancelled == ["projects/1/locations/l/batchPredictionJobs/1"])
        #expect(try await bench.state()?.inputs[0].job == "projects/1/locations/l/batchPredictionJobs/0")
    }

    @Test func inputOfAnotherConfigurationIsPassedOver() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2))
        try bench.seal()
        let isDead = Mutex(false)
        let dead = Failure(.failure, "dead")
        bench.store.before { (_, _) async throws(Failure) in if isDead.withLock({ $0 }) { throw dead } }
        let failpoints = Failpoints(Failpoint.Trigger(.afterInput)) { isDead.withLock { $0 = true } }
        _ = try? await bench.run(bench.parts(failpoint: failpoints))
        isDead.withLock { $0 = false }
        bench.store.remove("judge/t/2026-11-20/_lease")
        // Of other runs that were stopped.
        for number in [1, 7] { bench.store.put("judge/t/2026-11-20/input-0000\(number).jsonl", [0x0A]) }
        let rules = try JudgeBench.rules(JudgeBench.prompt.replacing("Judge.", with: "Judge well."))
        let uploads = Mutex(0)
        bench.store.before { (operation, name) async throws(Failure) in
            if operation == .create, name.contains("/input-") { uploads.withLock { $0 += 1 } }
        }
        let (status, _) = try await bench.run(bench.parts(rules: rules) { $0.wait = .zero })
        #expect(status == .success)
        let state = try #require(try await bench.state())
        #expect(state.inputs.map(\.number) == [8])
        #expect(uploads.withLock { $0 } == 1, "nothing is written in vain")
        #expect(state.rounds.map(\.config) == [rules.config])
        #expect(try await bench.verdicts() == ["i-0 safe", "i-1 safe"])
    }
}
