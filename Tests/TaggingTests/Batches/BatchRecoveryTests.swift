import Anthropic
import HTTP
import ObjectStorage
import Support
import Testing
import TestSupport

@testable import Tagging

/// Runs that were killed, services that do not answer, and others at the same work.
@Suite struct BatchRecoveryTests: BatchSuite {
    let bench: TagBench
    let service: FakeBatches

    init() throws {
        bench = try TagBench()
        service = FakeBatches(bench.wall)
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

    /// Its answers fit nothing any more.
    @Test(arguments: [false, true])
    func aBatchOfAnotherTaxonomyIsGivenUp(hasEnded: Bool) async throws {
        let raw = put(["a"])
        _ = try await job("one").go()
        let old = bench.names.allBatches + "0123456789abcdef/one-0000.json"
        let state = try #require(states.first)
        let bytes = try #require(bench.store.objects[state]).bytes
        bench.store.put(old, bytes, contentType: "application/json")
        _ = try await bench.store.remove(state, ifGeneration: try #require(bench.store.objects[state]).info.generation)
        if hasEnded { service.end(0) }
        let second = try await job("two").go()
        #expect(second.batchesAbandoned == 1 && second.batchesPending == 0 && second.batchesSubmitted == 1)
        #expect(service.all[0].isCancelled != hasEnded)
        #expect(bench.store.objects[old] == nil || !hasEnded)
        if !hasEnded { service.end(0) }
        service.end(1)
        _ = try await job("three").go()
        #expect(statuses(raw) == ["tagged"] && !bench.store.names.contains { $0.hasPrefix(bench.names.allBatches) })
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

    @Test func ofTwoCollectorsEachResultIsTakenOnce() async throws {
        let raw = put(["a", "b"])
        _ = try await job("one").go()
        service.end(0)
        let (first, second) = (try job("two"), try job("three"))
        let store = bench.store
        let done = Once()
        // While the first one has it, the second one comes.
        store.after { operation, name throws(Failure) in
            guard operation == .replace, name.hasSuffix(".lease"), !done.isPast() else { return }
            let outcome = try await second.collector.collect()
            if outcome.pending != 1 || outcome.waitingFiles != [raw.object.name] {
                throw Failure(.conflict, "\(outcome)")
            }
        }
        #expect(try await first.go().batchesCollected == 1)
        #expect(second.run.asker.tally.totals.calls == 0)
        #expect(statuses(raw) == ["tagged", "tagged"] && service.all.count == 1)
    }
}
