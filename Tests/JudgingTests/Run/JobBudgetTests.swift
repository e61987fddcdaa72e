import Testing

@testable import Judging

struct JobBudgetTests {
    @Test func whatHasEndedCountsAsWhatItCost() {
        var budget = JobBudget(most: 100)
        expect(&budget, takes: true, [0: 40, 1: 50], of: "a", left: 10)
        expect(&budget, takes: false, [0: 11], of: "b", left: 10)
        budget.settle(5, input: 1, of: "a")
        expect(&budget, takes: true, [0: 55], of: "b", left: 0)
    }

    @Test func oneThatIsMadeAgainCountsOnce() {
        var budget = JobBudget(most: 100)
        expect(&budget, takes: true, [0: 60], of: "a", left: 40)
        expect(&budget, takes: true, [0: 90], of: "a", left: 10)
        expect(&budget, takes: false, [0: 101], of: "a", left: 10)
    }

    @Test func whatOtherRunsHaveSubmittedIsNotItsOwn() {
        var budget = JobBudget(most: 100)
        budget.settle(1000, input: 0, of: "a")
        #expect(budget.left == 100)
    }

    @Test func withoutALimitEverythingFits() {
        var budget = JobBudget(most: nil)
        #expect(!budget.isLimited)
        expect(&budget, takes: true, [0: 1 << 60], of: "a", left: .max - (1 << 60))
    }

    private func expect(
        _ budget: inout JobBudget, takes expected: Bool, _ worst: [Int: Int64], of day: String, left: Int64,
        at place: SourceLocation = #_sourceLocation
    ) {
        let isTaken = budget.take(worst, of: day)
        #expect(isTaken == expected, sourceLocation: place)
        #expect(budget.left == left, sourceLocation: place)
    }
}
