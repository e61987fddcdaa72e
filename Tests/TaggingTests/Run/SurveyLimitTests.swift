import Support
import Testing

@testable import Tagging

@Suite struct SurveyLimitTests {
    private func limits(_ mode: TagMode = .messages, isDryRun: Bool = false, _ maxDuration: Duration? = nil)
        -> TagLimits
    {
        TagLimits(
            days: 0...1, mode: mode, isDryRun: isDryRun, concurrency: 4, readsAtOnce: 2, batchFrom: 100,
            maxDuration: maxDuration)
    }

    private func limit(_ limits: TagLimits, calls: Int? = nil, cost: Int64? = nil) -> SurveyLimit {
        SurveyLimit(limits, TagBudget(maxCalls: calls, maxCost: cost))
    }

    @Test func withoutLimitsAllIsLookedAt() {
        #expect(!limit(limits()).isReached(questions: .max, cost: .max, after: .seconds(1_000_000)))
        let dry = limit(limits(isDryRun: true, .seconds(1)), calls: 0, cost: 0)
        #expect(!dry.isReached(questions: .max, cost: .max, after: .seconds(1_000_000)))
    }

    @Test func recordsAndMoney() {
        let records = limit(limits(), calls: 10)
        #expect(!records.isReached(questions: 10, cost: 0, after: .zero))
        #expect(records.isReached(questions: 11, cost: 0, after: .zero))
        let money = limit(limits(), cost: 500)
        #expect(!money.isReached(questions: 9, cost: 500, after: .zero))
        #expect(money.isReached(questions: 9, cost: 501, after: .zero))
    }

    @Test func whatIsUsedUpDoesNotCount() {
        var budget = TagBudget(maxCalls: 10, maxCost: nil)
        for _ in 0..<4 { #expect(budget.begin(most: 1) == .now) }
        let limit = SurveyLimit(limits(), budget)
        #expect(!limit.isReached(questions: 6, cost: 0, after: .zero))
        #expect(limit.isReached(questions: 7, cost: 0, after: .zero))
    }

    @Test func time() {
        let messages = limit(limits(.messages, .seconds(100)))
        #expect(!messages.isReached(questions: 400, cost: 0, after: .seconds(24)))
        #expect(messages.isReached(questions: 401, cost: 0, after: .zero))
        #expect(messages.isReached(questions: 0, cost: 0, after: .seconds(25)))
        // How many there are decides whether batches are worth it.
        let auto = limit(limits(.auto, .seconds(100)))
        #expect(!auto.isReached(questions: 100_000, cost: 0, after: .seconds(24)))
        #expect(auto.isReached(questions: 0, cost: 0, after: .seconds(25)))
    }

    @Test func callsGetHalfOfTheTimeAtLeast() {
        #expect(limits().callTime(after: .seconds(5)) == nil)
        let limited = limits(.messages, .seconds(100))
        #expect(limited.callTime(after: .seconds(20)) == .seconds(80))
        #expect(limited.callTime(after: .seconds(60)) == .seconds(50))
        #expect(limited.callTime(after: .seconds(1000)) == .seconds(50))
    }
}
