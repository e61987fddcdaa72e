package import Support

/// What is needed to try again: the policy, and where time and chance come from (tests put their own in).
package struct Retrying: Sendable {
    package var policy: RetryPolicy
    package var clock: any Clock<Duration>
    /// 0..<1.
    package var random: @Sendable () -> Double

    package init(
        policy: RetryPolicy = RetryPolicy(), clock: any Clock<Duration> = ContinuousClock(),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        (self.policy, self.clock, self.random) = (policy, clock, random)
    }

    /// Before the first attempt: the deadline counts from here.
    package func begin() -> Attempts { Attempts(retrying: self, elapsed: stopwatch(clock)) }
}

/// How long it is since now, each time it is asked.
package func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
}

/// The attempts at one thing.
package struct Attempts: Sendable {
    package enum Pause: Sendable, Equatable {
        /// Waited: try again.
        case over
        /// The wait would end after the deadline.
        case pastDeadline
        case cancelled
    }

    private let retrying: Retrying
    private let elapsed: @Sendable () -> Duration
    /// Attempts that failed.
    package private(set) var failed = 0

    fileprivate init(retrying: Retrying, elapsed: @escaping @Sendable () -> Duration) {
        (self.retrying, self.elapsed) = (retrying, elapsed)
    }

    /// Waits after a failed attempt.
    package mutating func pause(retryAfter: Duration? = nil) async -> Pause {
        failed += 1
        let wait = retrying.policy.wait(
            afterAttempt: failed, elapsed: elapsed(), retryAfter: retryAfter, unit: retrying.random())
        guard let wait else { return .pastDeadline }
        do {
            try await retrying.clock.sleep(for: wait)
            return .over
        } catch {
            return .cancelled
        }
    }
}
