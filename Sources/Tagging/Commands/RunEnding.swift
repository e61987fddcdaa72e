import Support
import Synchronization

/// Ends a run early on the first signal. No call begins any more; those under way are waited for, but only so long.
final class RunEnding: Sendable {
    private struct State {
        var isSignalled = false
        var timers: [Task<Void, Never>] = []
    }

    private let gate: CallGate
    private let grace: Duration
    private let cancel: @Sendable () -> Void
    private let state = Mutex(State())

    init(gate: CallGate, grace: Duration, cancel: @escaping @Sendable () -> Void) {
        (self.gate, self.grace, self.cancel) = (gate, grace, cancel)
    }

    var isSignalled: Bool { state.withLock(\.isSignalled) }

    func start(_ signals: SignalInbox) { signals.forward(to: { self.signal() }) }

    func finish() { for timer in state.withLock(\.timers) { timer.cancel() } }

    private func signal() {
        state.withLock { $0.isSignalled = true }
        after(.zero) { [gate] in await gate.close() }
        after(grace) { [cancel] in cancel() }
    }

    private func after(_ wait: Duration, _ body: @escaping @Sendable () async -> Void) {
        let timer = Task {
            try? await Task.sleep(for: wait)
            if !Task.isCancelled { await body() }
        }
        state.withLock { $0.timers.append(timer) }
    }
}
