import Anthropic
import JobSupport
import ObjectStorage
import Support
import Synchronization
import Testing
import TestSupport

@testable import Tagging

/// A whole run over a backlog.
@Suite struct TagRunTests {
    private let bench: TagBench
    private let clock = StandingClock()

    init() throws { bench = try TagBench() }

    private func job(
        maxDuration: Duration? = nil, budget: TagBudget = TagBudget(maxCalls: nil, maxCost: nil), model: FakeModel
    ) throws -> TagJob {
        try bench.job(
            "run", mode: .messages, budget: budget, maxDuration: maxDuration, model: model,
            service: FakeBatches(bench.wall), clock: clock)
    }

    /// So many files of four records, in as many hours.
    private func backlog(_ count: Int64) -> [RawFile] {
        (0..<count).map { hour in
            bench.put((0..<4).map { TagBench.line($0, "hour \(hour), record \($0)") }, at: hour * 4, hour: hour)
        }
    }

    /// To read one file takes longer than the run may: it asks about the first ones nevertheless.
    @Test func aBacklogThatTakesLongToReadIsBegun() async throws {
        let files = backlog(8)
        let clock = clock
        let firstAsked = Mutex<Int?>(nil)
        let surveyed = Mutex(0)
        bench.store.before { operation, _ throws(Failure) in
            guard operation == .readRange else { return }
            clock.time.advance(by: .seconds(700))
            surveyed.withLock { $0 += 1 }
        }
        let model = FakeModel { _ in
            firstAsked.withLock { $0 = $0 ?? surveyed.withLock { $0 } }
            return .success(answer(["bug"]))
        }
        let report = try await job(maxDuration: .seconds(600), model: model).go()
        // Two at once, and the second reading of those that are asked about.
        #expect((firstAsked.withLock { $0 } ?? .max) <= 4)
        #expect(report.filesLeft == 0 && files.allSatisfy { bench.tagged($0) != nil })
        #expect(model.calls == 32)
    }

    @Test func noMoreIsReadThanMayBeAskedAbout() async throws {
        let files = backlog(8)
        let model = FakeModel()
        let report = try await job(budget: TagBudget(maxCalls: 5, maxCost: nil), model: model).go()
        #expect(report.calls == 0 && model.calls == 5)
        #expect(report.estimate.files == 2 && report.estimate.calls == 8)
        // The two are worked on at once, and share the calls as they come to ask: one of them may be done, or none.
        let tagged = files.filter { bench.tagged($0) != nil }
        #expect(tagged.count <= 1 && report.filesLeft == 8 - tagged.count)
        #expect(files[2...].allSatisfy { bench.tagged($0) == nil })
    }

    @Test func withoutALimitAllIsReadFirst() async throws {
        _ = backlog(5)
        let model = FakeModel()
        let report = try await job(model: model).go()
        #expect(report.estimate.files == 5 && report.estimate.calls == 20 && report.filesLeft == 0)
        #expect(model.calls == 20)
    }

    @Test func aDamagedRawFileIsLeftAlone() async throws {
        let files = backlog(3)
        bench.store.put(files[1].object.name, Array("damaged".utf8))
        let model = FakeModel()
        let job = try job(model: model)
        var report = TagReport(store: "", topic: "t", startedAt: TagBench.start)
        let failure = await #expect(throws: Failure.self) { try await job.tag.run(&report) }
        #expect(failure?.status == .protocolError && report.filesUnreadable == 1 && report.filesLeft == 0)
        #expect(bench.tagged(files[0]) != nil && bench.tagged(files[2]) != nil)
    }

    /// Nor does a damaged lease make a raw file a damaged one.
    @Test func aDamagedLeaseEndsTheRun() async throws {
        let files = backlog(3)
        bench.store.put(bench.names.lease(files[1].object.name), Array("damaged".utf8))
        let job = try job(model: FakeModel())
        var report = TagReport(store: "", topic: "t", startedAt: TagBench.start)
        let failure = await #expect(throws: Failure.self) { try await job.tag.run(&report) }
        #expect(failure?.status == .protocolError && report.filesUnreadable == 0 && report.filesLeft > 0)
    }

    @Test func moneyForNoCallIsTold() async throws {
        _ = backlog(2)
        let job = try job(budget: TagBudget(maxCalls: nil, maxCost: 1), model: FakeModel())
        let report = try await job.go()
        #expect(await job.run.gate.budget.exhausted == .cost && report.filesLeft == 2)
        #expect(bench.warnings.all.contains { $0.contains("no call was made") && $0.contains("0.00") })
    }

    @Test func moneyForSomeCallsIsNot() async throws {
        _ = backlog(2)
        let limit = try bench.form().most(try bench.question("hour 0, record 0"), isBatch: false) + 20
        let job = try job(budget: TagBudget(maxCalls: nil, maxCost: limit), model: FakeModel())
        #expect(try await job.go().filesLeft == 2)
        #expect(await job.run.gate.budget.exhausted == .cost)
        #expect(!bench.warnings.all.contains { $0.contains("no call was made") })
    }

    /// A wrong key, a service that does not answer.
    @Test(arguments: [401, 500]) func whatIsLeftIsToldAlsoOfARunThatFails(status: Int) async throws {
        _ = backlog(3)
        let type = status == 401 ? "authentication_error" : "api_error"
        let job = try job(model: FakeModel { _ in refused(status, type) })
        var report = TagReport(store: "", topic: "t", startedAt: TagBench.start)
        let failure = await #expect(throws: Failure.self) { try await job.tag.run(&report) }
        #expect(failure?.status == (status == 401 ? .noPermission : .unavailable))
        #expect(report.filesLeft == 3)
    }

    @Test func theReportNamesAFewOverlappingFiles() {
        var report = TagReport(store: "", topic: "t", startedAt: TagBench.start)
        report.overlapping((0..<50).map { "file \($0)" })
        #expect(report.filesOverlapping.count == 20 && report.filesOverlappingCount == 50)
    }

    /// A signal closes the gate while the files are looked at.
    @Test func whatWasNotLookedAtIsLeft() async throws {
        _ = backlog(5)
        let model = FakeModel()
        let job = try job(model: model)
        let gate = job.run.gate
        bench.store.before { operation, _ throws(Failure) in
            if operation == .readRange { await gate.close() }
        }
        let report = try await job.go()
        #expect(report.filesLeft == 5 && report.estimate.files == 2 && model.calls == 0)
    }
}

/// Time that the test moves; who sleeps does so until he is cancelled.
private struct StandingClock: Clock {
    let time = ManualClock()
    var now: ManualClock.Instant { time.now }
    var minimumResolution: Duration { time.minimumResolution }

    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        // Nobody yields anything: it ends when the task is cancelled.
        for await _ in AsyncStream<Never>(Never.self, { _ in }) {}
        try Task.checkCancellation()
    }
}
