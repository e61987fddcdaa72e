import Synchronization

/// Tells Kafka how far partitions are stored, without making anybody wait: what comes while a commit is under way goes into
/// the next one together.
package final class OffsetCommits: Sendable {
    private struct State {
        var waiting: [Int32: Int64] = [:]
        var isCommitting = false
    }

    private let state = Mutex(State())

    package init() {}

    /// - Parameter perform: commits offsets; called by one task at a time.
    package func commit(
        _ partition: Int32, _ offset: Int64, _ perform: @escaping @Sendable ([Int32: Int64]) async -> Void
    ) {
        let begins = state.withLock { state in
            state.waiting[partition] = offset
            defer { state.isCommitting = true }
            return !state.isCommitting
        }
        guard begins else { return }
        Task {
            while let batch = nextBatch() { await perform(batch) }
        }
    }

    /// nil: there is nothing more, and the next offset begins anew.
    private func nextBatch() -> [Int32: Int64]? {
        state.withLock { state in
            defer { state.waiting = [:] }
            state.isCommitting = !state.waiting.isEmpty
            return state.isCommitting ? state.waiting : nil
        }
    }

    /// What was not committed yet; nobody else will.
    package func takeAll() -> [Int32: Int64] {
        state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
    }
}
