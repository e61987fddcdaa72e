import Anthropic
import HTTP
import ObjectStorage
import Support
import Testing
import TestSupport

@testable import Tagging

/// Runs that are killed, batches that are refused, results that are not what they should be.
@Suite struct BatchFailureTests: BatchSuite {
    let bench: TagBench
    let service: FakeBatches

    init() throws {
        bench = try TagBench()
        service = FakeBatches(bench.wall)
    }

    /// The service looks at the parameters only after it has taken the batch.
    @Test(arguments: [
        ("not_found_error", "model: claude-gone", Support.ExitStatus.usage),
        ("invalid_request_error", "This model does not support effort", .usage),
        ("invalid_request_error", "Schema is too complex.", .usage),
        ("invalid_request_error", "Your credit balance is too low", .noPermission),
    ])
    func whatIsWrongWithAllRequestsStopsTheRun(type: String, message: String, exit: Support.ExitStatus) async throws {
        let raw = put((0..<3).map { "record \($0)" })
        _ = try await job("one").go()
        service.end(0) { number, _ in number == 0 ? FakeBatches.succeeded() : FakeBatches.errored(type, message) }
        let failure = await #expect(throws: Failure.self) { try await job("two").go() }
        #expect(failure?.status == exit)
        #expect(states.isEmpty && service.all.count == 1 && bench.tagged(raw) == nil)
        // What was answered is kept, and nothing counts as refused.
        #expect(try await job("three").go().batchesSubmitted == 1)
        #expect(service.all[1].requests.count == 2)
    }

    @Test(arguments: ["something new", "prompt is too long: 2000000 tokens > 1000000 maximum"])
    func whenAllAreRefusedItIsNotTheRecords(message: String) async throws {
        let raw = put((0...RefusalJudge.limit).map { "record \($0)" })
        _ = try await job("one").go()
        service.end(0) { _, _ in FakeBatches.errored("invalid_request_error", message) }
        let failure = await #expect(throws: Failure.self) { try await job("two").go() }
        #expect(failure?.message.contains(message) == true)
        #expect(states.isEmpty && bench.tagged(raw) == nil)
        _ = try await job("three").go()
        #expect(service.all[1].requests.count == RefusalJudge.limit + 1)
    }

    @Test(arguments: [(RefusalJudge.limit, true), (RefusalJudge.limit + 1, false)])
    func aReasonThatIsNotKnownIsTheRecordsIfFewAreRefused(refused: Int, isTheRecords: Bool) async throws {
        let raw = put((0...refused).map { "record \($0)" })
        _ = try await job("one").go()
        service.end(0) { number, _ in
            number == 5 ? FakeBatches.succeeded() : FakeBatches.errored("invalid_request_error", "something new")
        }
        let second = try await job("two").go()
        #expect((bench.tagged(raw) != nil) == isTheRecords)
        #expect(second.batchesSubmitted == (isTheRecords ? 0 : 1))
        #expect(statuses(raw).filter { $0 == "rejected" }.count == (isTheRecords ? refused : 0))
    }

    @Test func aloneItIsAskedAboutAgain() async throws {
        let raw = put(["a"])
        _ = try await job("one").go()
        service.end(0) { _, _ in FakeBatches.errored("invalid_request_error", "something new") }
        #expect(try await job("two").go().batchesSubmitted == 1)
        #expect(bench.tagged(raw) == nil)
    }

    @Test func killedBeforeItWasMadeItIsMadeOnce() async throws {
        let raw = put(["a", "b"])
        service.on { request, _ throws(HTTPError) in
            if request.method == .post { throw HTTPError(.cancelled, request: "") }
        }
        await #expect(throws: Failure.self) { try await job("one").go() }
        #expect(states.count == 1 && service.all.isEmpty)
        service.on(nil)
        let second = try await job("two").go()
        #expect(second.batchesSubmitted == 1 && service.all.count == 1 && states.count == 1)
        service.end(0)
        _ = try await job("three").go()
        #expect(statuses(raw) == ["tagged", "tagged"] && service.all.count == 1)
    }

    @Test func killedAfterItWasMadeItIsFoundByItsResults() async throws {
        let raw = put(["a", "b"])
        service.add(FakeBatches.Batch(id: "others", requests: ["x"], createdAt: bench.wall.now()))
        service.on { request, isDone throws(HTTPError) in
            if request.method == .post, isDone { throw HTTPError(.reset, request: "") }
        }
        await #expect(throws: Failure.self) { try await job("one").go() }
        service.on(nil)
        #expect(service.all.count == 2 && states.count == 1)
        // As long as either of the two may be it, nothing is asked again.
        #expect(try await job("two").go().batchesPending == 1)
        service.end(0)
        #expect(try await job("three").go().batchesPending == 1)
        service.end(1)
        let last = try await job("four").go()
        #expect(last.batchesCollected == 1 && last.batchesPending == 0)
        #expect(statuses(raw) == ["tagged", "tagged"] && service.all.count == 2 && states.isEmpty)
    }

    @Test func whatWasNotAcceptedIsForgotten() async throws {
        _ = put(["a"])
        service.on { request, _ throws(HTTPError) in
            if request.method == .post { throw HTTPError(.connect, request: "") }
        }
        await #expect(throws: Failure.self) { try await job("one").go() }
        #expect(states.isEmpty && !bench.store.names.contains { $0.contains("_leases") })
    }

    @Test func nobodyConcludesAnythingWhileItIsBeingMade() async throws {
        _ = put(["a"])
        let collector = try job("two").collector
        let seen = Once()
        bench.store.after { operation, name throws(Failure) in
            // Announced, not made yet.
            guard operation == .replace, name.hasSuffix("-0000.json"), !seen.isPast() else { return }
            let outcome = try await collector.collect()
            if outcome.pending != 1 || outcome.collected != 0 { throw Failure(.conflict, "\(outcome)") }
        }
        #expect(try await job("one").go().batchesSubmitted == 1)
        #expect(seen.isPast() && states.count == 1)
    }

    @Test func whatIsGoneIsAskedAgain() async throws {
        let raw = put(["a"])
        _ = try await job("one").go()
        service.lose(0)
        let model = FakeModel()
        let second = try await job("two", mode: .messages, model: model).go()
        #expect(second.batchesPending == 0 && states.isEmpty)
        #expect(statuses(raw) == ["tagged"] && model.calls == 1)
        #expect(bench.warnings.all.contains { $0.contains("gone") })
    }

    /// Neither is asked, and paid, again.
    @Test(arguments: [
        (#"{"type":"succeeded","message":{"content":"of another kind"}}"#, 2), (#"{"type":"completed"}"#, 2),
        (FakeBatches.succeeded(), 1), (FakeBatches.succeeded(), 0),
    ])
    func resultsThatAreCutOrCannotBeReadAreWaitedFor(result: String, kept: Int) async throws {
        let raw = put(["a", "b"])
        _ = try await job("one").go()
        service.end(0) { _, _ in result }
        service.keepResults(of: 0, kept)
        let report = try await job("two").go()
        #expect(report.batchesPending == 1 && report.batchesCollected == 0 && report.batchesSubmitted == 0)
        #expect(states.count == 1 && service.all.count == 1 && bench.tagged(raw) == nil)
        #expect(bench.warnings.all.contains { $0.contains("its files wait") })
        service.end(0)
        _ = try await job("three").go()
        #expect(statuses(raw) == ["tagged", "tagged"] && service.all.count == 1)
    }

    @Test func aMessageThatCannotBeReadIsNotPaidAgain() async throws {
        let raw = put(["a", "b"])
        _ = try await job("one").go()
        service.end(0) { number, _ in
            number == 0 ? #"{"type":"succeeded","message":{}}"# : FakeBatches.succeeded()
        }
        #expect(try await job("two").go().batchesCollected == 1)
        #expect(statuses(raw) == ["unusable", "tagged"] && service.all.count == 1)
    }

    @Test func oneThatCannotBeHadDoesNotHoldUpTheOthers() async throws {
        let (first, second) = (put(["a"]), put(["b"], hour: 1))
        _ = try await job("one").submitter.submit([first])
        _ = try await job("two").submitter.submit([second])
        service.end(0)
        service.end(1)
        service.on { request, _ throws(HTTPError) in
            if request.url.hasSuffix("msgbatch_0/results") { throw HTTPError(.tooLarge, request: "") }
        }
        let third = put(["c"], hour: 2)
        let report = try await job("three", mode: .messages).go()
        #expect(report.batchesCollected == 1 && report.batchesPending == 1)
        #expect(bench.tagged(first) == nil && statuses(second) == ["tagged"] && statuses(third) == ["tagged"])
        #expect(bench.warnings.all.contains { $0.contains("cannot be collected now") })
        service.on(nil)
        _ = try await job("four").go()
        #expect(statuses(first) == ["tagged"])
    }

    @Test func whatConcernsTheWholeRunStopsTheCollecting() async throws {
        _ = put(["a"])
        _ = try await job("one").go()
        service.on { _, _ throws(HTTPError) in throw HTTPError(.tls, request: "") }
        _ = put(["b"], hour: 1)
        let second = try job("two")
        var report = TagReport(store: "", topic: "t", startedAt: TagBench.start)
        let failure = await #expect(throws: Failure.self) { try await second.tag.run(&report) }
        #expect(failure?.status == .unavailable && states.count == 1)
        #expect(report.filesLeft == 1 && report.batchesPending == 1, "one waits for its batch, one for the next run")
    }

    @Test func aBatchWhoseFileIsAnothersIsNotMade() async throws {
        let raw = put(["a"])
        let job = try job("one")
        let wall = bench.wall
        bench.store.after { operation, name throws(Failure) in
            // Announced; then nothing happens for a long time.
            if operation == .replace, name.hasSuffix("-0000.json") { wall.advance(by: 400_000) }
        }
        let failure = await #expect(throws: Failure.self) { try await job.submitter.submit([raw]) }
        #expect(failure?.status == .unavailable && service.all.isEmpty && states.isEmpty)
    }
}
