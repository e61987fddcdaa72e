import Testing
import TestSupport

@testable import Tagging

@Suite struct CallPaceTests {
    /// A pace whose first call was answered.
    private func warm(_ most: Int) -> CallPace {
        var pace = CallPace(most: most)
        pace.began()
        pace.answered(nil, at: .zero)
        return pace
    }

    @Test func theFirstCallGoesAlone() {
        var pace = CallPace(most: 8)
        #expect(pace.start(at: .zero) == .now)
        pace.began()
        #expect(pace.start(at: .zero) == .whenOneEnds)
        pace.failed()  // no answer: the next one goes alone, too
        pace.began()
        #expect(pace.start(at: .zero) == .whenOneEnds)
        pace.answered(nil, at: .zero)
        for _ in 0..<8 {
            #expect(pace.start(at: .zero) == .now)
            pace.began()
        }
        #expect(pace.start(at: .zero) == .whenOneEnds && pace.underWay == 8)
    }

    @Test func oneDecreaseForAllRefusalsOfAMoment() {
        var pace = warm(16)
        for _ in 0..<4 { pace.began() }
        for _ in 0..<3 { pace.refused(retryAfter: nil, at: .seconds(5)) }
        #expect(pace.limit == 8)
        pace.refused(retryAfter: nil, at: .seconds(6))
        #expect(pace.limit == 4 && pace.underWay == 0)
    }

    @Test func noMoreAtOnceThanTheServiceStillTakes() {
        var pace = warm(16)
        for _ in 0..<16 { pace.began() }
        pace.answered(CallPace.Allowance(remaining: 15, resetsAt: .seconds(9)), at: .seconds(1))
        #expect(pace.limit == 16)
        pace.answered(CallPace.Allowance(remaining: 5, resetsAt: .seconds(9)), at: .seconds(1))
        #expect(pace.limit == 5 && pace.start(at: .seconds(1)) == .whenOneEnds)
        // Of a time that is over.
        pace.answered(CallPace.Allowance(remaining: 1, resetsAt: .seconds(1)), at: .seconds(1))
        #expect(pace.limit > 5)
    }

    @Test func aRefusalTellsOfTheLimitsToo() {
        var pace = warm(16)
        for _ in 0..<2 { pace.began() }
        pace.refused(CallPace.Allowance(remaining: 0, resetsAt: .seconds(9)), retryAfter: nil, at: .seconds(1))
        #expect(pace.start(at: .seconds(1)) == .at(.seconds(9)))
        pace.refused(
            CallPace.Allowance(remaining: 0, resetsAt: .seconds(99)), retryAfter: .seconds(11), at: .seconds(1))
        #expect(pace.start(at: .seconds(1)) == .at(.seconds(12)))
    }

    @Test func fallsToOneAndComesBackToTheMost() {
        var pace = warm(16)
        for second in 0..<10 {
            pace.began()
            pace.refused(retryAfter: nil, at: .seconds(2 * second))
        }
        #expect(pace.limit == 1)
        var answers = 0
        while pace.limit < 16 && answers < 1000 {
            pace.began()
            pace.answered(nil, at: .seconds(100))
            answers += 1
        }
        // One more for each round of calls: 1 + 2 + … + 15 answers, about.
        #expect(pace.limit == 16 && (100...140).contains(answers))
        pace.began()
        pace.answered(nil, at: .seconds(100))
        #expect(pace.limit == 16)
    }

    @Test func waitsAsLongAsItIsTold() {
        var pace = warm(4)
        pace.began()
        pace.began()
        pace.refused(retryAfter: .seconds(30), at: .seconds(10))
        pace.refused(retryAfter: .seconds(5), at: .seconds(11))  // asks for less: the longer wait stays
        #expect(pace.start(at: .seconds(39)) == .at(.seconds(40)))
        #expect(pace.start(at: .seconds(40)) == .now)
    }

    @Test func waitsUntilAUsedUpLimitIsFullAgain() {
        var pace = warm(4)
        for _ in 0..<3 { pace.began() }
        pace.answered(CallPace.Allowance(remaining: 1, resetsAt: .seconds(50)), at: .seconds(1))
        #expect(pace.start(at: .seconds(1)) == .whenOneEnds)
        pace.answered(CallPace.Allowance(remaining: 0, resetsAt: .seconds(50)), at: .seconds(1))
        #expect(pace.start(at: .seconds(1)) == .at(.seconds(50)))
        pace.answered(CallPace.Allowance(remaining: 0, resetsAt: .seconds(20)), at: .seconds(30))  // past already
        #expect(pace.start(at: .seconds(30)) == .at(.seconds(50)))
    }

    @Test func neverLessThanOneCall() {
        #expect(CallPace(most: 0).start(at: .zero) == .now)
    }
}

@Suite struct TagBudgetTests {
    @Test func withoutLimitsAllMayBegin() {
        var budget = TagBudget(maxCalls: nil, maxCost: nil)
        for _ in 0..<1000 {
            #expect(budget.begin(most: .max / 10_000) == .now)
        }
        #expect(budget.exhausted == nil && budget.calls == 1000)
    }

    @Test func countsRecords() {
        var budget = TagBudget(maxCalls: 2, maxCost: nil)
        #expect(budget.begin(most: 1) == .now && budget.begin(most: 1) == .now)
        budget.spend(1)  // a second attempt is no second record
        budget.end(most: 1)
        #expect(budget.begin(most: 1) == .never && budget.exhausted == .records)
        var none = TagBudget(maxCalls: 0, maxCost: nil)
        #expect(none.begin(most: 0) == .never)
    }

    @Test func waitsForCallsThatMayTurnOutCheaper() {
        var budget = TagBudget(maxCalls: nil, maxCost: 100)
        #expect(budget.begin(most: 60) == .now)
        #expect(budget.begin(most: 60) == .whenOneEnds && budget.exhausted == nil)
        budget.spend(5)
        budget.end(most: 60)
        #expect(budget.begin(most: 60) == .now)
        budget.spend(45)
        budget.end(most: 60)
        #expect(budget.begin(most: 51) == .never && budget.exhausted == .cost)
        // Once it is over, it is over.
        #expect(budget.begin(most: 1) == .never)
    }

    @Test func theLimitThatWasMetFirstIsTold() {
        var budget = TagBudget(maxCalls: 0, maxCost: 10)
        budget.timeIsUp()
        #expect(budget.begin(most: 0) == .never && budget.exhausted == .duration)
    }

    @Test(arguments: 0..<200)
    func neverPassesItsLimit(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = Int64.random(in: 0...5000, using: &random)
        let calls = Bool.random(using: &random) ? Int.random(in: 0...50, using: &random) : nil
        var budget = TagBudget(maxCalls: calls, maxCost: limit)
        var underWay: [Int64] = []
        var asked = 0
        for _ in 0..<300 {
            if Bool.random(using: &random) {
                let most = Int64.random(in: 0...400, using: &random)
                if budget.begin(most: most) == .now {
                    underWay.append(most)
                    asked += 1
                }
            } else if let index = underWay.indices.randomElement(using: &random) {
                let most = underWay.remove(at: index)
                // In up to two attempts.
                let first = Int64.random(in: 0...most, using: &random)
                budget.spend(first)
                budget.spend(Int64.random(in: 0...(most - first), using: &random))
                budget.end(most: most)
            }
            #expect(budget.spent <= limit && asked <= calls ?? .max, "seed \(seed)")
        }
        // What is under way may still cost all that it can.
        #expect(budget.spent + underWay.reduce(0, +) <= limit, "seed \(seed)")
    }
}
