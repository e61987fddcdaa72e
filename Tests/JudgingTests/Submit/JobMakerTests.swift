import Bytes
import HTTP
import Interactions
import Support
import Synchronization
import Testing
import TestSupport
import VertexAI

@testable import Judging

/// One job for one input object, also when two runs take themselves for the only one, or a list lags behind.
@Suite struct JobMakerTests {
    private static let lost = VertexError(.unanswered(.timeout), message: "lost")
    private static func job(_ number: Int) -> String { "projects/1/locations/l/batchPredictionJobs/\(number)" }
    private let bench = JudgeBench()

    private func day() throws {
        try bench.put(JudgeBench.records(1))
        try bench.seal()
    }

    private func assembledInput() async throws -> DayState.Input {
        try day()
        _ = try await bench.run(bench.parts(.assemble))
        return try #require(try await bench.state()?.inputs.first)
    }

    // MARK: Places

    @Test func jobsOfAnotherStoreAreNotLookedFor() async throws {
        let input = try await assembledInput()
        let names = ["gs://b/one", "gs://b/two"].map {
            JobName.text(input, in: $0, topic: "t", date: "2026-11-20", config: "c", model: "m")
        }
        #expect(names[0] != names[1])
    }

    @Test func aJobOfOtherPlacesIsNotTaken() async throws {
        let input = try await assembledInput()
        let config = try #require(try await bench.state()?.rounds[0].config)
        let name = JobName.text(
            input, in: bench.store.location, topic: "t", date: JudgeBench.date, config: config,
            model: "publishers/google/models/m-1")
        _ = try await bench.service.createBatchJob(
            BatchJobDraft(displayName: name, model: "m", inputURIs: ["gs://other/x"], outputPrefix: "gs://other/y"))
        _ = try await bench.run(bench.parts(.submit))
        #expect(try await bench.state()?.inputs[0].job == Self.job(1))
        #expect(bench.service.cancelled.isEmpty)
    }

    // MARK: Two runs

    @Test func aRunWhoseLeaseRanOutCreatesNothing() async throws {
        try day()
        let clock = Mutex<ManualWallClock?>(nil)
        let failpoints = Failpoints(Failpoint.Trigger(.beforeCreate)) {
            clock.withLock { $0?.advance(by: 600_000) }
        }
        let parts = try bench.parts(failpoint: failpoints)
        clock.withLock { $0 = parts.clock as? ManualWallClock }
        let (status, _) = try await bench.run(parts)
        #expect(status == .conflict)
        #expect(bench.service.drafts.isEmpty)
        #expect(try await bench.run(bench.parts(run: "run") { $0.wait = .zero }).status == .success)
    }

    @Test func whatALateListShowsAfterwardsIsCancelled() async throws {
        try day()
        bench.service.change {
            $0.createErrors = [Self.lost]
            $0.lag = 2
        }
        let (status, _) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(bench.service.drafts.count == 2)
        #expect(bench.service.cancelled == [Self.job(1)])
        #expect(try await bench.state()?.inputs[0].job == Self.job(0))
    }

    @Test func aJobThatAListDoesNotShowYetIsKept() async throws {
        try day()
        bench.service.change { $0.lag = 10 }
        let (status, _) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(bench.service.drafts.count == 1)
        #expect(bench.service.cancelled.isEmpty)
    }

    /// - Parameter change: what another run has done to the state when the job was just created.
    private func overtaken(
        _ change: @escaping @Sendable (inout DayState.Input) -> Void
    ) async throws -> Support.ExitStatus {
        try day()
        let name = "judge/t/2026-11-20/state.json"
        let store = bench.store
        let failpoints = Failpoints(Failpoint.Trigger(.afterCreate)) {
            guard let bytes = store.objects[name]?.bytes,
                var state = try? ObjectCoding.decode(
                    DayState.self, bytes, what: "state", location: name, version: DayState.currentVersion)
            else { return }
            change(&state.inputs[0])
            store.put(name, ObjectCoding.encode(state))
        }
        return try await bench.run(bench.parts(failpoint: failpoints)).status
    }

    @Test func theJobOfARunThatWasOvertakenIsCancelled() async throws {
        let status = try await overtaken { input in
            input.job = "another"
            input.phase = .submitted
        }
        #expect(status == .conflict)
        #expect(bench.service.cancelled == [Self.job(0)])
    }

    @Test func aJobThatTheOtherRunAsksForWithAnotherModelIsCancelled() async throws {
        let status = try await overtaken { $0.displayName = "another" }
        #expect(status == .conflict)
        #expect(bench.service.cancelled == [Self.job(0)])
    }

    @Test func aJobThatTheOtherRunWillFindIsLeftToIt() async throws {
        let status = try await overtaken { $0.tokens += 1 }
        #expect(status == .conflict)
        #expect(bench.service.cancelled.isEmpty)
        let next = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(next.status == .success)
        #expect(bench.service.drafts.count == 1)
    }
}
