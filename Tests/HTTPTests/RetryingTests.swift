import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@Suite struct RetryingTests {
    private let clock = ManualClock()

    private func attempts(deadline: Duration) -> Attempts {
        let policy = RetryPolicy(initial: .seconds(1), cap: .seconds(8), deadline: deadline)
        return Retrying(policy: policy, clock: clock, random: { 0.5 }).begin()
    }

    @Test func waitsGrowUntilTheDeadline() async {
        var attempts = attempts(deadline: .seconds(8))
        var pauses: [Attempts.Pause] = []
        repeat { pauses.append(await attempts.pause()) } while pauses.last == .over
        #expect(clock.sleeps == [.seconds(0.5), .seconds(1), .seconds(2), .seconds(4)])
        #expect(pauses.last == .pastDeadline)
        #expect(attempts.failed == 5)
    }

    @Test func theDeadlineCountsWhatAttemptsTake() async {
        var attempts = attempts(deadline: .seconds(8))
        clock.advance(by: .seconds(7.6))
        #expect(await attempts.pause() == .pastDeadline)
        #expect(clock.sleeps.isEmpty)
    }

    @Test func theServersWishIsALowerBound() async {
        var attempts = attempts(deadline: .seconds(60))
        #expect(await attempts.pause(retryAfter: .seconds(30)) == .over)
        #expect(clock.sleeps == [.seconds(30)])
        #expect(await attempts.pause(retryAfter: .seconds(31)) == .pastDeadline)
    }

    @Test func cancellationEndsTheWait() async {
        let task = Task { [clock] in
            var attempts = Retrying(clock: clock).begin()
            withUnsafeCurrentTask { $0?.cancel() }
            return await attempts.pause()
        }
        #expect(await task.value == .cancelled)
    }
}
