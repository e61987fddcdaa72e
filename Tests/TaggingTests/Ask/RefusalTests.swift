import Anthropic
import Support
import TestSupport
import Testing

@testable import Anthropic
@testable import Tagging

/// Records that the service refuses, and a service that refuses everything.
@Suite struct RefusalTests {
    private let bench: TagBench

    init() throws { bench = try TagBench() }

    private func ask(_ run: TagBench.Run, _ input: String) async throws -> TagAnswer? {
        try await run.asker.answer(try bench.question(input))?.answer
    }

    /// As a later run would read it; nil: nothing.
    private func stored(_ input: String) async throws -> TagAnswer? {
        let desk = AnswerDesk(limit: 1000)
        try await bench.archive(own: "nobody").load(into: desk)
        let key = try bench.key(input)
        return await desk.known([key])[0]?.answer
    }

    private static let badRequest = refused(400, "invalid_request_error", "something new")

    @Test(arguments: [(400, "messages.0.content: too long"), (413, "request too large")])
    func oneRefusedRecordIsThatRecord(status: Int, message: String) async throws {
        let model = FakeModel { call in
            call.isAbout("bad") ? refused(status, "invalid_request_error", message) : .success(answer(["bug"]))
        }
        let run = try bench.run(send: model.send)
        #expect(try await ask(run, "bad") == TagAnswer(.rejected))
        #expect(try await stored("bad") == TagAnswer(.rejected))
        #expect(try await ask(run, "good") == TagAnswer(tagged: [2]))
        #expect(model.calls == 2)
    }

    @Test(arguments: [400, 422])
    func aReasonThatIsNotKnownIsTheRecordsOnceOthersAreAnswered(status: Int) async throws {
        let door = Door()
        let model = FakeModel { call in
            if call.isAbout("bad") { return refused(status, "invalid_request_error", "something new") }
            if call.isAbout("good") { await door.pass() }
            return .success(answer(["bug"]))
        }
        let run = try bench.run(send: model.send)
        _ = try await ask(run, "first")
        let good = Task { try await ask(run, "good") }
        await door.wait()
        let bad = Task { try await ask(run, "bad") }
        while model.calls(about: "bad") == 0 { await Task.yield() }
        #expect(try await stored("bad") == nil)
        door.open()
        #expect(try await good.value == TagAnswer(tagged: [2]))
        #expect(try await bad.value == TagAnswer(.rejected))
        #expect(try await stored("bad") == TagAnswer(.rejected))
    }

    @Test func aloneItIsLeftToTheNextRun() async throws {
        let model = FakeModel { _ in Self.badRequest }
        let run = try bench.run(send: model.send)
        #expect(try await ask(run, "bad") == nil)
        #expect(try await stored("bad") == nil)
        #expect(bench.warnings.all.contains { $0.contains("left to the next run") })
    }

    @Test func manyRefusedInARowAreNotTheRecords() async throws {
        let model = FakeModel { _ in Self.badRequest }
        let run = try bench.run(send: model.send)
        for number in 1..<RefusalJudge.limit { #expect(try await ask(run, "record \(number)") == nil) }
        await #expect(throws: Failure.self) { try await ask(run, "record 20") }
        for number in 1...20 { #expect(try await stored("record \(number)") == nil) }
        #expect(await run.gate.enter(0) == false)
    }

    /// With few calls at once there are never so many in a row.
    @Test(arguments: [("something new", 2), ("prompt is too long: 2000000 tokens", RefusalJudge.limit / 2)])
    func whereAllAreRefusedTheRunStops(message: String, count: Int) async throws {
        let door = Door()
        let model = FakeModel { _ in
            await door.pass()
            return refused(400, "invalid_request_error", message)
        }
        let run = try bench.run(concurrency: 1, send: model.send)
        let tasks = (0..<count).map { number in Task { try await ask(run, "record \(number)") } }
        while await run.gate.waitingCount < count - 1 { await Task.yield() }
        door.open()
        for task in tasks { await #expect(throws: Failure.self) { try await task.value } }
        for number in 0..<count { #expect(try await stored("record \(number)") == nil) }
    }

    /// What all requests have in common may be what is too long.
    @Test(arguments: ["something new", "prompt is too long: 2000000 tokens > 1000000 maximum"])
    func aRunThatStopsHasStoredNoRefusal(message: String) async throws {
        let door = Door()
        let model = FakeModel { _ in
            await door.pass()
            return refused(400, "invalid_request_error", message)
        }
        let run = try bench.run(send: model.send)
        let questions = try (0..<40).map { try bench.question("record \($0)") }
        // All have begun before the first is refused.
        let opening = Task {
            while await run.gate.waitingCount < 39 { await Task.yield() }
            door.open()
        }
        let failures = await withTaskGroup(of: Failure?.self) { group in
            for question in questions {
                group.addTask {
                    do throws(Failure) { _ = try await run.asker.answer(question) } catch { return error }
                    return nil
                }
            }
            return await group.reduce(into: [Failure]()) { if let failure = $1 { $0.append(failure) } }
        }
        await opening.value
        #expect(failures.first?.remedy.isEmpty == false)
        // One more may have begun before the verdict.
        #expect((RefusalJudge.limit...RefusalJudge.limit + 1).contains(model.calls))
        for number in 0..<40 { #expect(try await stored("record \(number)") == nil) }
    }

    @Test func refusalsThatAreCertainOrInterruptedDoNotAddUp() async throws {
        let model = FakeModel { call in
            if call.total % 15 == 0 { return .success(answer(["bug"])) }
            return refused(400, "invalid_request_error", call.isAbout("certain") ? "messages.0: no" : "something new")
        }
        let run = try bench.run(send: model.send)
        for number in 0..<60 { _ = try await ask(run, "record \(number)") }
        for number in 0..<60 { #expect(try await ask(run, "certain \(number)") != nil) }
    }

    /// With a limit of cost the money that a refused record could cost is free while it waits for its verdict.
    @Test func whoWaitsForAVerdictHoldsNoMoney() async throws {
        let model = FakeModel { call in call.isAbout("bad") ? Self.badRequest : .success(answer(["bug"])) }
        let most = try bench.form().most(try bench.question("good 10"), isBatch: false)
        let run = try bench.run(budget: TagBudget(maxCalls: nil, maxCost: most * 3 / 2), send: model.send)
        async let bad = ask(run, "bad")
        async let good = ask(run, "good")
        #expect(try await good == TagAnswer(tagged: [2]))
        // Whichever came first.
        #expect([nil, TagAnswer(.rejected)].contains(try await bad))
    }

    // MARK: - Asked not to try again

    @Test(arguments: [429, 529, 500])
    func notToBeTriedAgainIsNoFaultOfTheRecord(status: Int) async throws {
        let model = FakeModel { call in
            guard call.isAbout("bad") else { return .success(answer(["bug"])) }
            var error = AnthropicError(.status(status), type: "api_error", message: "no")
            error.shouldRetry = false
            return .failure(error)
        }
        let run = try bench.run(send: model.send)
        for number in 1..<RefusalJudge.limit { #expect(try await ask(run, "bad \(number)") == nil) }
        #expect(model.calls == RefusalJudge.limit - 1)
        #expect(try await stored("bad 1") == nil)
        let failure = await #expect(throws: Failure.self) { try await ask(run, "bad 20") }
        #expect(failure?.status == .unavailable)
    }

    /// Else all would wait at the gate for a day.
    @Test func whoIsToldToComeBackMuchLaterStopsTheRun() async throws {
        let model = FakeModel { call in
            var error = AnthropicError(.status(429), type: "rate_limit_error", message: "no")
            (error.shouldRetry, error.retryAfter) = (false, .seconds(call.isAbout("soon") ? 60 : 86_400))
            return .failure(error)
        }
        let run = try bench.run(deadline: .seconds(600), send: model.send)
        #expect(try await ask(run, "soon") == nil)
        #expect(await run.gate.isOpen)
        let failure = await #expect(throws: Failure.self) { try await ask(run, "tomorrow") }
        #expect(failure?.status == .unavailable)
        #expect(await !run.gate.isOpen)
    }

    // MARK: - Answers that cannot be read

    /// A gateway may leave out what the answer did cost.
    @Test func anAnswerThatDoesNotSayWhatItCostsCountsAtTheMost() async throws {
        var message = answer(["bug"])
        message.usage = nil
        let run = try bench.run(send: FakeModel { [message] _ in .success(message) }.send)
        #expect(try await ask(run, "odd") == TagAnswer(tagged: [2]))
        let most = try bench.form().most(try bench.question("odd"), room: 1000, isBatch: false)
        #expect(await run.gate.budget.spent == most)
        #expect(run.asker.tally.totals.cost == most)
    }

    private static let unreadable = FakeModel.Reply.failure(AnthropicError(.unreadable, message: "not a message"))

    @Test func whatCannotBeReadIsPaidAndAskedOnceMore() async throws {
        let model = FakeModel { call in
            call.isAbout("bad") || call.number == 1 && !call.isAbout("first")
                ? Self.unreadable : .success(answer(["bug"]))
        }
        let run = try bench.run(send: model.send)
        let (form, question) = (try bench.form(), try bench.question("odd"))
        #expect(try await ask(run, "odd") == TagAnswer(tagged: [2]))
        #expect(await run.gate.budget.spent == form.most(question, room: 1000, isBatch: false) + 15)
        #expect(run.asker.tally.totals.cost == (await run.gate.budget.spent))
        let before = await run.gate.budget.spent
        let failure = await #expect(throws: Failure.self) { try await ask(run, "bad") }
        #expect(failure?.status == .unavailable)
        #expect(model.calls(about: "bad") == 2)
        #expect(await run.gate.budget.spent - before == form.most(question, isBatch: false))
        #expect(try await stored("bad") == nil)
    }
}
