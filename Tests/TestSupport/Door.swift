import Synchronization

/// A door that the test opens: whoever comes waits, and the test can wait until somebody does.
package final class Door: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watching: [(Int, CheckedContinuation<Void, Never>)] = []
        var came = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Waits until the door is open.
    package func pass() async {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.came += 1
                var ready = state.watching.filter { $0.0 <= state.came }.map(\.1)
                state.watching.removeAll { $0.0 <= state.came }
                if state.isOpen { ready.append(continuation) } else { state.waiting.append(continuation) }
                return ready
            }
            for continuation in ready { continuation.resume() }
        }
    }

    /// Waits until so many have come.
    package func wait(for count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.came >= count { return true }
                state.watching.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
