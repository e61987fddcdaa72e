import Anthropic
import JobSupport
import ObjectStorage
import Support
import Testing
import TestSupport

@testable import Tagging

@Suite struct BatchTests: BatchSuite {
    let bench: TagBench
    let service: FakeBatches

    init() throws {
        bench = try TagBench()
        service = FakeBatches(bench.wall)
    }

    @Test func submittedNowCollectedLater() async throws {
        let raw = put(["a", "b", "a"])
        let submitted = try await job("one").go()
        #expect(submitted.batchesSubmitted == 1 && submitted.filesLeft == 1 && submitted.mode == "batches")
        #expect(service.all.map(\.requests.count) == [2])
        #expect(bench.tagged(raw) == nil && states.count == 1)
        // Not yet ended: nothing is done, nor asked again.
        let waiting = try await job("two").go()
        #expect(waiting.batchesPending == 1 && waiting.batchesSubmitted == 0 && service.all.count == 1)
        service.end(0)
        let collected = try await job("three").go()
        #expect(collected.batchesCollected == 1 && collected.batchesPending == 0 && states.isEmpty)
        #expect(statuses(raw) == ["tagged", "tagged", "tagged"])
        #expect(bench.tagged(raw)?.allSatisfy { $0.contains(#""source":"batch""#) } == true)
    }

    @Test func everyResultInAnyOrder() async throws {
        let raw = put((0..<7).map { "record \($0)" })
        _ = try await job("one").go()
        let ids = service.all[0].requests
        service.end(0) { number, _ in
            switch number {
            case 0: FakeBatches.succeeded("billing")
            case 1: FakeBatches.errored("invalid_request_error", "messages.0: too long")
            case 2: FakeBatches.errored("api_error", "internal")
            case 3: #"{"type":"canceled"}"#
            case 4: #"{"type":"expired"}"#
            case 5: #"{"type":"something new"}"#
            default: FakeBatches.succeeded("no such tag")
            }
        }
        let second = try await job("two").go()
        #expect(second.batchesCollected == 1 && second.batchesSubmitted == 1 && bench.tagged(raw) == nil)
        #expect(Set(service.all[1].requests) == Set(ids[2...5]))
        service.end(1)
        _ = try await job("three").go()
        #expect(
            statuses(raw) == ["tagged", "rejected", "tagged", "tagged", "tagged", "tagged", "unusable"])
        #expect(service.all.count == 2)
    }

    @Test func halfThePriceIsCounted() async throws {
        _ = put(["a"])
        _ = try await job("one").go()
        service.end(0)
        let job = try job("two")
        _ = try await job.go()
        #expect(job.run.asker.tally.totals.cost == 8)  // half of 15, rounded
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

    @Test func aFullOneIsFollowedByTheNext() async throws {
        let (first, second) = (put((0..<5).map { "record \($0)" }), put(["record 0", "record 4"], hour: 1))
        #expect(try await job("one", maxRequests: 2).go().batchesSubmitted == 3)
        #expect(service.all.map(\.requests.count) == [2, 2, 1])
        #expect(Set(service.all.flatMap(\.requests)).count == 5)
        // The second file waits for the batches of the first one, and is not asked about by itself.
        let model = FakeModel()
        service.end(2)
        #expect(try await job("two", mode: .messages, model: model).go().batchesPending == 2)
        service.end(1)
        service.end(0)
        #expect(try await job("three", mode: .messages, model: model).go().batchesCollected == 2)
        #expect(statuses(first).count == 5 && statuses(second).count == 2)
        #expect(model.calls == 0)
    }

    /// Whatever files they are in: in those of the run that submitted them, and in later ones.
    @Test func whatIsInABatchThatIsPendingIsNotAskedAgain() async throws {
        let first = put(["a", "b"])
        _ = try await job("one").go()
        let (second, third) = (put(["a", "c"], hour: 1), put(["b"], hour: 2))
        #expect(try await job("two").go().batchesSubmitted == 1)
        #expect(service.all.map(\.requests.count) == [2, 1])
        // Both wait for the first batch, too.
        let model = FakeModel()
        service.end(1)
        #expect(try await job("three", mode: .messages, model: model).go().batchesPending == 1)
        #expect(bench.tagged(second) == nil && bench.tagged(third) == nil)
        service.end(0)
        _ = try await job("four", mode: .messages, model: model).go()
        #expect([first, second, third].map { statuses($0).count } == [2, 2, 1])
        #expect(service.all.count == 2 && model.calls == 0 && states.isEmpty)
    }

    @Test func theBudgetEndsTheBatch() async throws {
        let raw = put((0..<5).map { "record \($0)" })
        let job = try job("one", budget: TagBudget(maxCalls: 3, maxCost: nil))
        #expect(try await job.go().batchesSubmitted == 1)
        #expect(service.all.map(\.requests.count) == [3])
        #expect(await job.run.gate.budget.exhausted == .records)
        service.end(0)
        _ = try await self.job("two").go()
        #expect(service.all.map(\.requests.count) == [3, 2] && bench.tagged(raw) == nil)
    }

    @Test func theCostOfABatchIsNeverPassed() async throws {
        _ = put((0..<5).map { "record \($0)" })
        let limit = 3 * (try bench.form().most(try bench.question("record 0"), isBatch: true))
        let job = try job("one", budget: TagBudget(maxCalls: nil, maxCost: limit))
        let report = try await job.go()
        #expect(report.estimate.costMicroUsd > 0)
        #expect(await job.run.gate.budget.exhausted == .cost)
        #expect(service.all.map(\.requests.count) == [3])
        // Every answer fills its room.
        let rooms = service.all[0].maxTokens
        service.end(0) { number, _ in FakeBatches.succeeded(outputTokens: rooms[number]) }
        let second = try self.job("two", budget: TagBudget(maxCalls: 0, maxCost: nil))
        _ = try await second.go()
        let cost = second.run.asker.tally.totals.cost
        #expect(cost <= limit && cost > 3 * 4000 * 250 / 1000)
    }

    @Test func theEstimateOfBatchesIsHalf() async throws {
        _ = put((0..<5).map { "record \($0)" })
        let messages = try await job("one", mode: .messages, budget: TagBudget(maxCalls: 0, maxCost: nil)).go()
        let batches = try await job("two", budget: TagBudget(maxCalls: 0, maxCost: nil)).go()
        let (whole, half) = (messages.estimate.costMicroUsd, batches.estimate.costMicroUsd)
        #expect(half > 0 && abs(2 * half - whole) <= 2 * 5)  // each question is rounded
    }

    @Test func whatAnotherRunSubmittedMeanwhileIsNotSubmittedAgain() async throws {
        let raw = put(["a", "b"])
        let (first, second) = (try job("one"), try job("two"))
        #expect(try await first.submitter.submit([raw]) == 1)
        #expect(try await second.submitter.submit([raw]) == 0)
        #expect(service.all.count == 1)
    }

    @Test func aFileThatWaitsIsLeftOutOfMessages() async throws {
        let (waiting, other) = (put(["a"]), put(["b"], hour: 1))
        _ = try await job("one").submitter.submit([waiting])
        let model = FakeModel()
        let report = try await job("two", mode: .messages, model: model).go()
        #expect(report.batchesPending == 1 && bench.tagged(waiting) == nil)
        #expect(statuses(other) == ["tagged"] && model.calls == 1)
    }

    @Test func autoPicksBySize() async throws {
        _ = put((0..<100).map { "record \($0)" })
        #expect(try await job("one", mode: .auto).go().mode == "batches")
        service.end(0)
        _ = put(["another"], hour: 1)
        #expect(try await job("two", mode: .auto).go().mode == "messages")
    }
}
