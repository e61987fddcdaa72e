import Anthropic
import HTTP
import Prices
import Support
import Synchronization
import Testing
import TestSupport

@testable import Anthropic
@testable import Tagging

@Suite struct AskerTests {
    private let bench: TagBench

    init() throws { bench = try TagBench() }

    /// What is stored of a content, as a later run would read it; nil: nothing.
    private func stored(_ input: String) async throws -> TagAnswer? {
        let desk = AnswerDesk(limit: 1000)
        try await bench.archive(own: "nobody").load(into: desk)
        let key = try bench.key(input)
        return await desk.known([key])[0]?.answer
    }

    private func ask(_ run: TagBench.Run, _ input: String) async throws -> TagAnswer? {
        try await run.asker.answer(try bench.question(input))?.answer
    }

    @Test func anAnswerIsStoredAndCounted() async throws {
        let model = FakeModel()
        let run = try bench.run(send: model.send)
        #expect(try await ask(run, "a") == TagAnswer(tagged: [2]))
        #expect(try await ask(run, "a") == TagAnswer(tagged: [2]))
        #expect(try await stored("a") == TagAnswer(tagged: [2]))
        #expect(model.calls == 1)
        let totals = run.asker.tally.totals
        #expect(totals.calls == 1 && totals.usage == TokenUsage(input: 100, output: 10))
        // 100 × 0.10 + 10 × 0.50 dollars a million.
        #expect(totals.cost == 15)
        #expect(await run.gate.budget.spent == 15)
    }

    @Test func equalContentsAtOnceAreAskedAboutOnce() async throws {
        let door = Door()
        let model = FakeModel { _ in
            await door.pass()
            return .success(answer(["billing"]))
        }
        let run = try bench.run(send: model.send)
        let tasks = try (0..<20).map { _ in
            let question = try bench.question("same")
            return Task { try await run.asker.answer(question)?.answer }
        }
        while await run.asker.desk.waitingCount < 19 { await Task.yield() }
        door.open()
        for task in tasks { #expect(try await task.value == TagAnswer(tagged: [1])) }
        #expect(model.calls == 1)
    }

    @Test func whatDidNotFitIsAskedOnceMoreWithMoreRoom() async throws {
        let rooms = Mutex<[Int]>([])
        let model = FakeModel { call in
            rooms.withLock { $0.append(call.maxTokens) }
            let isLong = call.isAbout("endless") || call.number == 1
            return .success(answer(["bug"], stopReason: isLong ? .maxTokens : .endTurn))
        }
        let run = try bench.run(send: model.send)
        #expect(try await ask(run, "long") == TagAnswer(tagged: [2]))
        #expect(rooms.withLock { $0 } == [1000, 4000])
        #expect(try await ask(run, "endless") == TagAnswer(.maxTokens))
        #expect(rooms.withLock { $0 } == [1000, 4000, 1000, 4000])
        #expect(try await stored("endless") == TagAnswer(.maxTokens))
        #expect(run.asker.tally.totals.cost == 60)  // all four are paid
        #expect(await run.gate.budget.spent == 60)
    }

    /// No model refuses the room of the second try.
    @Test(arguments: [(64, 256), (8000, 32_000), (8001, 32_000), (32_000, 32_000)])
    func moreRoomHasAnEnd(room: Int, most: Int) throws {
        let form = try bench.form(maxTokens: room)
        #expect(form.mostTokens == most)
        let question = try bench.question("a")
        let (first, last) = (
            form.most(question, room: room, isBatch: false), form.most(question, room: most, isBatch: false)
        )
        #expect(form.most(question, isBatch: false) == (room == most ? last : first + last))
        #expect(TaggingPrompt.Limits.maxTokens.upperBound == 32_000)
    }

    @Test(arguments: [
        (answer([], stopReason: .refusal), TagStatus.refusal), (answer(text: "I think it is a bug"), .unusable),
        (answer(text: "{\"tags\":[\"other\"]}"), .unusable), (answer([]), .untagged),
        (answer(["bug"], stopReason: .contextWindowExceeded), .contextWindow),
        (answer(["bug"], stopReason: .pauseTurn), .stopped),
    ])
    func whatIsNoTagIsTheRecordsStatus(message: MessageAnswer, status: TagStatus) async throws {
        let model = FakeModel { _ in .success(message) }
        let run = try bench.run(send: model.send)
        #expect(try await ask(run, "a") == TagAnswer(status))
        #expect(try await stored("a") == TagAnswer(status))
        #expect(model.calls == 1)
    }

    @Test(arguments: [429, 529, 500, 502, 503, 504, 408])
    func passingErrorsAreTriedAgain(status: Int) async throws {
        let model = FakeModel { $0.number < 4 ? refused(status) : .success(answer(["bug"])) }
        let run = try bench.run(send: model.send)
        #expect(try await ask(run, "a") == TagAnswer(tagged: [2]))
        #expect(model.calls == 4)
        #expect(run.asker.tally.totals.errors == ["\(status)": 3])
        #expect(run.clock.sleeps == [.milliseconds(500), .seconds(1), .seconds(2)])
    }

    @Test(arguments: [HTTPError.Kind.timeout, .reset, .truncated, .connect, .stall])
    func brokenCallsAreTriedAgain(kind: HTTPError.Kind) async throws {
        let model = FakeModel { call in
            call.number < 3
                ? .failure(AnthropicError(.unanswered(kind), message: "no")) : .success(answer(["bug"]))
        }
        let run = try bench.run(send: model.send)
        #expect(try await ask(run, "a") == TagAnswer(tagged: [2]))
        #expect(model.calls == 3)
        #expect(run.asker.tally.totals.errors == ["no_answer": 2])
    }

    @Test func retryAfterIsKept() async throws {
        let model = FakeModel { $0.number == 1 ? refused(429, retryAfter: .seconds(42)) : .success(answer(["bug"])) }
        let run = try bench.run(send: model.send)
        _ = try await ask(run, "a")
        #expect(await run.gate.now >= .seconds(42))
    }

    @Test func withNobodyAnsweredTheRunStopsAndNothingIsStored() async throws {
        let model = FakeModel { _ in refused(500) }
        let run = try bench.run(deadline: .seconds(60), send: model.send)
        let failure = await #expect(throws: Failure.self) { try await ask(run, "a") }
        #expect(failure?.status == .unavailable)
        #expect(model.calls > 3)
        #expect(try await stored("a") == nil)
        #expect(await run.gate.enter(0) == false)
    }

    @Test func withOthersAnsweredItIsTheRecord() async throws {
        let asker = Mutex<Asker?>(nil)
        let other = try bench.question("good")
        let model = FakeModel { call in
            guard call.isAbout("bad") else { return .success(answer(["bug"])) }
            if call.number == 2, let asker = asker.withLock({ $0 }) { _ = try? await asker.answer(other) }
            return refused(500)
        }
        let run = try bench.run(deadline: .seconds(60), send: model.send)
        // The first answer lets more than one call begin.
        _ = try await ask(run, "first")
        asker.withLock { $0 = run.asker }
        #expect(try await ask(run, "bad") == TagAnswer(.failed))
        #expect(bench.warnings.all.contains { $0.contains("cannot be tagged") })
        // The next run asks again.
        #expect(try await stored("bad") == nil)
        #expect(try await ask(run, "next") == TagAnswer(tagged: [2]))
    }

    /// Too many calls is never a record's fault.
    @Test(arguments: [429, 529])
    func aLimitOfTheServiceIsNoRecordsFault(status: Int) async throws {
        let asker = Mutex<Asker?>(nil)
        let other = try bench.question("good")
        let model = FakeModel { call in
            guard call.isAbout("bad") else { return .success(answer(["bug"])) }
            if let asker = asker.withLock({ $0 }) { _ = try? await asker.answer(other) }
            return refused(status, retryAfter: .seconds(3600))
        }
        let run = try bench.run(send: model.send)
        _ = try await ask(run, "first")
        asker.withLock { $0 = run.asker }
        let failure = await #expect(throws: Failure.self) { try await ask(run, "bad") }
        #expect(failure?.status == .unavailable)
        #expect(try await stored("bad") == nil)
    }

    @Test(arguments: [
        (401, "authentication_error", "invalid x-api-key", Support.ExitStatus.noPermission),
        (402, "billing_error", "no credit", .noPermission),
        (403, "permission_error", "not allowed", .noPermission),
        (404, "not_found_error", "model: claude-gone", .usage),
        (400, "invalid_request_error", "Your credit balance is too low", .noPermission),
        (400, "invalid_request_error", "You have reached your specified API usage limits: spend limit", .noPermission),
    ])
    func whatEveryCallWouldMeetStopsTheRun(status: Int, type: String, message: String, exit: Support.ExitStatus)
        async throws
    {
        let model = FakeModel { _ in refused(status, type, message) }
        let run = try bench.run(send: model.send)
        let failure = await #expect(throws: Failure.self) { try await ask(run, "a") }
        #expect(failure?.status == exit)
        #expect(try await stored("a") == nil)
        #expect(try await ask(run, "b") == nil)
        #expect(model.calls == 1)
    }

    /// So many calls may be paid twice after a kill, and no more.
    @Test func anAnswerIsKeptBeforeItsPlaceIsFree() async throws {
        let door = Door()
        let model = FakeModel()
        let run = try bench.run(concurrency: 3, send: model.send)
        _ = try await ask(run, "first")
        bench.store.before { operation, _ throws(Failure) in if operation == .create { await door.pass() } }
        let questions = try (0..<30).map { try bench.question("record \($0)") }
        let tasks = questions.map { question in Task { try await run.asker.answer(question) } }
        await door.wait()
        while await run.gate.waitingCount < 27 { await Task.yield() }
        while model.calls < 4 { await Task.yield() }
        #expect(model.calls == 4)  // the first one and three
        door.open()
        for task in tasks { #expect(try await task.value != nil) }
        #expect(model.calls == 31 && model.peak <= 3)
    }

    @Test func whenNothingCanBeStoredNothingIsPaidFor() async throws {
        let model = FakeModel()
        let run = try bench.run(concurrency: 2, send: model.send)
        _ = try await ask(run, "first")
        bench.store.before { operation, _ throws(Failure) in
            if operation == .create { throw Failure(.unavailable, "no store") }
        }
        let questions = try (0..<50).map { try bench.question("record \($0)") }
        let results = await withTaskGroup(of: Bool.self) { group in
            for question in questions {
                group.addTask { (try? await run.asker.answer(question)) ?? nil != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(results == 0)
        #expect(model.calls <= 1 + 4)
    }

    @Test func theBudgetIsSpentAndNotPassed() async throws {
        let model = FakeModel { _ in .success(answer(["bug"], cost: 2000)) }  // 205 millionths each
        let most = try bench.form().most(try bench.question("record 0"), isBatch: false)
        let limit = most * 3
        let run = try bench.run(
            concurrency: 8, budget: TagBudget(maxCalls: nil, maxCost: limit), send: model.send)
        let questions = try (0..<300).map { try bench.question("record \($0)") }
        let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
            for question in questions { group.addTask { try await run.asker.answer(question) != nil } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let spent = run.asker.tally.totals.cost
        #expect(spent == Int64(answered) * 205)
        #expect(spent <= limit && spent > limit - most)
        #expect(await run.gate.budget.exhausted == .cost)
    }

    @Test func soManyRecordsAndNoMore() async throws {
        let model = FakeModel()
        let run = try bench.run(budget: TagBudget(maxCalls: 2, maxCost: nil), send: model.send)
        for input in ["a", "b"] { #expect(try await ask(run, input) != nil) }
        #expect(try await ask(run, "c") == nil)
        #expect(try await ask(run, "a") != nil)  // known: nothing is asked
        #expect(model.calls == 2)
    }

    @Test func aUsedUpLimitIsWaitedFor() async throws {
        let bench = bench
        let model = FakeModel { call in
            var message = answer(["bug"])
            if call.number == 1, call.isAbout("first") {
                message.limits.requests = RateLimits.Limit(
                    limit: 50, remaining: 0, reset: bench.wall.now() + 3_000)
                message.limits.inputTokens = RateLimits.Limit(
                    limit: 50, remaining: 0, reset: bench.wall.now() + 20_000)
                message.limits.outputTokens = RateLimits.Limit(
                    limit: 50, remaining: 9, reset: bench.wall.now() + 40_000)
            }
            return .success(message)
        }
        let run = try bench.run(send: model.send)
        _ = try await ask(run, "first")
        _ = try await ask(run, "second")
        #expect(run.clock.sleeps == [.seconds(20)])
    }
}
