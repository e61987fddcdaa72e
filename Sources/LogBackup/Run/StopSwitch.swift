package import Support
import Synchronization

/// Asks a run to end: the first signal, or the time that it may take. If it has not ended some time later, it is cancelled.
package final class StopSwitch: Sendable {
    private struct State {
        var reason: String?
        var timers: [Task<Void, Never>] = []
        var onSignal: @Sendable () -> Void = {}
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
        if let maxDuration {
            after(maxDuration) { [self] in end("duration", grace, cancel) }
        }
        state.withLock { $0.onSignal = { self.end("signal", grace, cancel) } }
        watchAgain(signals)
    }

    /// After something else had them.
    package func watchAgain(_ signals: SignalInbox) { signals.forward(to: state.withLock(\.onSignal)) }

    package func finish() { for timer in state.withLock(\.timers) { timer.cancel() } }

    private func end(_ reason: String, _ grace: Duration, _ cancel: @escaping @Sendable () -> Void) {
        ask(reason)
        after(grace, cancel)
    }

    private func after(_ wait: Duration, _ body: @escaping @Sendable () -> Void) {
        let timer = Task {
            try? await Task.sleep(for: wait)
            if !Task.isCancelled { body() }
        }
        state.withLock { $0.timers.append(timer) }
    }
}
