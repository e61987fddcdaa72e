import Anthropic
import HTTP
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

    @Test func halfThePriceIsCounted() async throws {
        _ = put(["a"])
        _ = try await job("one").go()
        service.end(0)
        let job = try job("two")
        _ = try await job.go()
        #expect(job.run.asker.tally.totals.cost == 8)  // half of 15, rounded
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
}
