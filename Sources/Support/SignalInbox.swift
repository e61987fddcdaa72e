import Glibc
import Synchronization

/// What the first signal stops. What is at work says how it is stopped; a signal that comes before is kept for it.
package final class SignalInbox: Sendable {
    private struct State {
        var isReceived = false
        var stop: @Sendable () -> Void
    }

    private let state: Mutex<State>

    /// - Parameter stop: what a signal does as long as nothing is at work.
    package init(stop: @escaping @Sendable () -> Void = SignalInbox.exit(with: .success)) {
        state = Mutex(State(stop: stop))
    }

    /// Gets the signals of this process; once for all that it does.
    package static func watching() throws(Failure) -> SignalInbox {
        let inbox = SignalInbox()
        try SignalWatch.start(onFirst: { _ in inbox.receive() })
        return inbox
    }

    package func receive() {
        let stop = state.withLock { state in
            state.isReceived = true
            return state.stop
        }
        stop()
    }

    package var isReceived: Bool { state.withLock(\.isReceived) }

    /// Ends the process: what is planned, the next run completes; what is not sealed, it seals.
    /// - Parameter status: of what was done so far; success is not reached.
    package static func exit(with status: ExitStatus) -> @Sendable () -> Void {
        { _exit((status == .success ? .notDrained : status).rawValue) }
    }

    /// What a signal does from now on. If it has come already, it does so at once.
    package func forward(to stop: @escaping @Sendable () -> Void) {
        let isReceived = state.withLock { state in
            state.stop = stop
            return state.isReceived
        }
        if isReceived { stop() }
    }
}
