import Synchronization

/// Room in memory for what is in work at once, by its size; who comes first is served first. What is larger than all of the
/// room has it alone.
final class ByteRoom: Sendable {
    /// Of one who is in.
    final class Place: Sendable {
        private let room: ByteRoom
        private let bytes: Atomic<Int64>

        fileprivate init(_ room: ByteRoom, _ bytes: Int64) {
            self.room = room
            self.bytes = Atomic(bytes)
        }

        /// May be called again.
        func leave() {
            let bytes = bytes.exchange(0, ordering: .relaxed)
            if bytes > 0 { room.free(bytes) }
        }
    }

    private struct Waiter {
        var bytes: Int64
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var used: Int64 = 0
        var waiting: [Waiter] = []

        /// Those who may come in now.
        mutating func admit(_ limit: Int64) -> [Waiter] {
            var admitted: [Waiter] = []
            while let first = waiting.first, used == 0 || used + first.bytes <= limit {
                used += first.bytes
                admitted.append(waiting.removeFirst())
            }
            return admitted
        }
    }

    private let limit: Int64
    private let state = Mutex(State())

    init(limit: Int64) { self.limit = limit }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Waits until there is room; then `leave` follows.
    func enter(_ size: Int64) async -> Place {
        // Nothing is used only when nobody is in.
        let bytes = max(1, size)
        await withCheckedContinuation { continuation in
            change { $0.waiting.append(Waiter(bytes: bytes, continuation: continuation)) }
        }
        return Place(self, bytes)
    }

    private func free(_ bytes: Int64) { change { $0.used -= bytes } }

    private func change(_ body: (inout State) -> Void) {
        let admitted = state.withLock { state in
            body(&state)
            return state.admit(limit)
        }
        for waiter in admitted { waiter.continuation.resume() }
    }
}
