/// A clock by which nobody can wait, as in a task that is cancelled.
package struct CancelledClock: Clock {
    package typealias Instant = ContinuousClock.Instant

    package init() {}

    package var now: Instant { .now }
    package var minimumResolution: Duration { .nanoseconds(1) }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws { throw CancellationError() }
}
