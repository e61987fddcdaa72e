/// When to try again, as a pure function of the attempt, the time spent and a random number: full jitter under a deadline
/// (Brooker, "Exponential Backoff and Jitter").
package struct RetryPolicy: Sendable, Equatable {
    /// Upper bound of the first wait.
    package var initial: Duration
    /// No wait is longer, whatever the attempt; a server's `Retry-After` may be.
    package var cap: Duration
    /// From the first attempt; no wait may end after it.
    package var deadline: Duration

    package init(initial: Duration = .seconds(1), cap: Duration = .seconds(32), deadline: Duration = .seconds(300)) {
        (self.initial, self.cap, self.deadline) = (initial, cap, deadline)
    }

    /// How long to wait before the next attempt; nil when the deadline would pass.
    /// - Parameters:
    ///   - attempt: failed attempts so far, from 1.
    ///   - elapsed: since the first attempt began.
    ///   - retryAfter: what the server asked for, if it did: a lower bound.
    ///   - unit: a random number in 0..<1.
    package func wait(afterAttempt attempt: Int, elapsed: Duration, retryAfter: Duration?, unit: Double) -> Duration? {
        let ceiling = min(cap, initial * (1 << min(max(attempt - 1, 0), 20)))
        let wait = max(ceiling * unit, retryAfter ?? .zero)
        return elapsed + wait > deadline ? nil : wait
    }
}
