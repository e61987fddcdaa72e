import Records
import Support
import Synchronization
import Testing
import TestSupport

@testable import Tagging

@Suite struct CallGateTests {
    private let clock = ManualClock()

    private func gate(_ most: Int, _ budget: TagBudget = TagBudget(maxCalls: nil, maxCost: nil)) -> CallGate {
        CallGate(pace: CallPace(most: most), budget: budget, clock: clock)
    }

    /// In which order tasks were let in.
    private final class Order: Sendable {
        private let list = Mutex<[Int]>([])
        var all: [Int] { list.withLock { $0 } }
        func add(_ number: Int) { list.withLock { $0.append(number) } }
    }

    /// Once so many wait.
    private func waiting(_ count: Int, at gate: CallGate) async {
        while await gate.waitingCount != count { await Task.yield() }
    }

    @Test func firstComeFirstServed() async {
        let (gate, order) = (gate(1), Order())
        #expect(await gate.enter(0))
        var tasks: [Task<Void, Never>] = []
        for number in 0..<10 {
            tasks.append(
                Task {
                    #expect(await gate.enter(0))
                    order.add(number)
                    await gate.leave(.answered(nil, cost: 0))
                })
            await waiting(number + 1, at: gate)
        }
        #expect(order.all.isEmpty)
        await gate.leave(.answered(nil, cost: 0))
        for task in tasks { await task.value }
        #expect(order.all == Array(0..<10))
    }

    @Test func whoHasAskedBeforeGoesBeforeWhoHasNot() async {
        let (gate, order) = (gate(1), Order())
        #expect(await gate.enter(0))
        var tasks: [Task<Void, Never>] = []
        for number in 0..<4 {
            tasks.append(
                Task {
                    #expect(number < 2 ? await gate.enter(0) : await gate.enterAgain())
                    order.add(number)
                    await gate.leave(.answered(nil, cost: 0))
                })
            await waiting(number + 1, at: gate)
        }
        await gate.leave(.failed(cost: 0))
        for task in tasks { await task.value }
        #expect(order.all == [2, 3, 0, 1])
    }

    @Test func wakesAfterAPause() async {
        let gate = gate(4)
        #expect(await gate.enter(0))
        await gate.leave(.refused(retryAfter: .seconds(30)))
        #expect(await gate.enter(0))
        #expect(clock.sleeps == [.seconds(30)])
        #expect(await gate.now == .seconds(30))
    }

    @Test func closingReleasesAll() async {
        let gate = gate(1)
        #expect(await gate.enter(0))
        let tasks = (0..<5).map { number in
            Task { number < 3 ? await gate.enter(0) : await gate.enterAgain() }
        }
        await waiting(5, at: gate)
        await gate.close(timeIsUp: true)
        for task in tasks { #expect(await task.value == false) }
        #expect(await gate.enter(0) == false)
        #expect(await gate.enterAgain() == false)
        #expect(await gate.reserve(0) == false)
        #expect(await gate.budget.exhausted == .duration)
    }

    @Test func waitsForWhatIsLeftOfTheBudget() async {
        let gate = gate(8, TagBudget(maxCalls: nil, maxCost: 100))
        #expect(await gate.enter(40))
        await gate.leave(.answered(nil, cost: 10))
        await gate.finish(40)
        #expect(await gate.enter(40))
        #expect(await gate.enter(40))
        let third = Task { await gate.enter(40) }
        await waiting(1, at: gate)
        await gate.leave(.answered(nil, cost: 10))
        #expect(await gate.waitingCount == 1)  // until the record is done, it may need another call
        await gate.finish(40)
        #expect(await third.value)
        await gate.leave(.answered(nil, cost: 40))
        await gate.finish(40)
        await gate.leave(.answered(nil, cost: 40))
        await gate.finish(40)
        #expect(await gate.enter(40) == false)
        #expect(await gate.budget.exhausted == .cost)
        #expect(await gate.budget.spent == 100)
    }

    @Test func whatIsInABatchCostsAllThatItCan() async {
        let gate = gate(8, TagBudget(maxCalls: nil, maxCost: 100))
        #expect(await gate.reserve(60))
        #expect(await gate.reserve(60) == false)
        #expect(await gate.enter(1) == false)
        #expect(await gate.budget.exhausted == .cost)
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    @Test func neverMoreCallsThanThePaceAllows() async {
        let gate = gate(3)
        let (underWay, peak) = (Counter(), Counter())
        await withTaskGroup { group in
            for _ in 0..<200 {
                group.addTask {
                    guard await gate.enter(0) else { return }
                    let now = underWay.value.add(1, ordering: .relaxed).newValue
                    peak.value.max(now, ordering: .relaxed)
                    await Task.yield()
                    underWay.value.subtract(1, ordering: .relaxed)
                    await gate.leave(.answered(nil, cost: 0))
                }
            }
        }
        #expect((2...3).contains(peak.value.load(ordering: .relaxed)))
    }
}

@Suite struct AnswerDeskTests {
    private let known = KnownAnswer(TagAnswer(tagged: [1]), from: .model)
    private func key() throws -> ContentKey { try #require(ContentKey(padded(1, 32))) }
    private func isYours(_ claim: AnswerDesk.Claim) -> Bool { if case .yours = claim { true } else { false } }
    private func isKnown(_ claim: AnswerDesk.Claim) -> Bool { if case .known(known) = claim { true } else { false } }

    @Test func oneAsksAndAllGetTheAnswer() async throws {
        let (desk, key) = (AnswerDesk(limit: 0), try key())
        #expect(await isYours(desk.claim(key)))
        let others = (0..<10).map { _ in Task { await desk.claim(key) } }
        while await desk.waitingCount < 10 { await Task.yield() }
        await desk.settle(key, known)
        for other in others {
            #expect(await isKnown(other.value))
        }
        #expect(await isKnown(desk.claim(key)))
    }

    @Test func withoutAnAnswerTheNextOneAsks() async throws {
        let (desk, key) = (AnswerDesk(limit: 10), try key())
        _ = await desk.claim(key)
        let other = Task { await desk.claim(key) }
        while await desk.waitingCount < 1 { await Task.yield() }
        await desk.settle(key, nil)
        let claim = await other.value
        #expect(!isKnown(claim) && !isYours(claim))
        #expect(await isYours(desk.claim(key)))
    }
}
