import Support
import Synchronization

/// Ends a run early: when its time is up, and on the first signal. No call begins any more; those under way are waited for,
/// after a signal only so long.
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

    /// - Parameter maxDuration: nil: as long as it takes.
    func start(maxDuration: Duration?) {
        // Without a watch a signal ends the process at once, which loses no more than the calls under way.
        try? SignalWatch.start(onFirst: { _ in self.signal() })
        guard let maxDuration else { return }
        after(maxDuration) { [gate] in await gate.close(timeIsUp: true) }
    }

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
