package import Support
import Synchronization

/// Asks a run to end: the first signal, or the time that it may take. If it has not ended some time later, it is cancelled.
package final class StopSwitch: Sendable {
    private struct State {
        var reason: String?
        var timers: [Task<Void, Never>] = []
        var deadline: ContinuousClock.Instant?
        var end: @Sendable (_ reason: String) -> Void = { _ in }
    }

    private let state = Mutex(State())

    package init() {}

    package var isAsked: Bool { reason != nil }
    /// `signal` or `duration`.
    package var reason: String? { state.withLock(\.reason) }

    package func ask(_ reason: String) { state.withLock { if $0.reason == nil { $0.reason = reason } } }

    /// - Parameters:
    ///   - grace: from the asking on.
    ///   - cancel: what happens then.
    package func watch(
        _ signals: SignalInbox, maxDuration: Duration?, grace: Duration, cancel: @escaping @Sendable () -> Void
    ) {
        state.withLock { state in
            state.deadline = maxDuration.map { .now + $0 }
            state.end = { reason in
                self.ask(reason)
                self.after(grace, cancel)
            }
        }
        watchAgain(signals)
    }

    /// After something else had the signals, and minded the time.
    package func watchAgain(_ signals: SignalInbox) {
        let (deadline, end) = state.withLock { ($0.deadline, $0.end) }
        signals.forward(to: { end("signal") })
        guard let deadline else { return }
        let left = deadline - .now
        if left > .zero { after(left) { end("duration") } } else { end("duration") }
    }

    /// Asks and cancels no more.
    package func finish() { for timer in state.withLock(\.timers) { timer.cancel() } }

    private func after(_ wait: Duration, _ body: @escaping @Sendable () -> Void) {
        let timer = Task {
            try? await Task.sleep(for: wait)
            if !Task.isCancelled { body() }
        }
        state.withLock { $0.timers.append(timer) }
    }
}
