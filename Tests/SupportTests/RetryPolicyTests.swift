import Support
import Testing

struct RetryPolicyTests {
    private let policy = RetryPolicy(initial: .seconds(1), cap: .seconds(8), deadline: .seconds(60))

    @Test func upperBoundDoublesUntilTheCap() {
        let bounds = (1...6).map { policy.wait(afterAttempt: $0, elapsed: .zero, retryAfter: nil, unit: 1) }
        #expect(bounds == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8), .seconds(8)])
        #expect(policy.wait(afterAttempt: .max, elapsed: .zero, retryAfter: nil, unit: 1) == .seconds(8))
    }

    @Test func jitterIsFull() {
        #expect(policy.wait(afterAttempt: 3, elapsed: .zero, retryAfter: nil, unit: 0) == .zero)
        #expect(policy.wait(afterAttempt: 3, elapsed: .zero, retryAfter: nil, unit: 0.5) == .seconds(2))
    }

    @Test func serverMayAskForMoreThanTheCap() {
        #expect(policy.wait(afterAttempt: 1, elapsed: .zero, retryAfter: .seconds(30), unit: 0) == .seconds(30))
        #expect(policy.wait(afterAttempt: 4, elapsed: .zero, retryAfter: .seconds(1), unit: 1) == .seconds(8))
    }

    @Test func noWaitEndsAfterTheDeadline() {
        #expect(policy.wait(afterAttempt: 1, elapsed: .seconds(59), retryAfter: nil, unit: 1) == .seconds(1))
        #expect(policy.wait(afterAttempt: 1, elapsed: .milliseconds(59_001), retryAfter: nil, unit: 1) == nil)
        #expect(policy.wait(afterAttempt: 1, elapsed: .zero, retryAfter: .seconds(61), unit: 0) == nil)
    }
}
