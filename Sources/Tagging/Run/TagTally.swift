package import Anthropic
package import Interactions
package import Prices
import Synchronization

/// Counts what a run does; from any task.
package final class TagTally: Sendable {
    package struct Totals: Sendable, Equatable {
        package var calls = 0
        package var usage = TokenUsage()
        /// Millionths of a US dollar.
        package var cost: Int64 = 0
        package var answers = AnswerCounts()
        /// Calls that brought no answer, by status or kind.
        package var errors: [String: Int] = [:]
        /// Tagged files, and what is in them.
        package var files = 0
        package var records = 0
        package var statuses: [String: Int] = [:]
    }

    private let state = Mutex(Totals())

    package init() {}

    package var totals: Totals { state.withLock { $0 } }

    package func answered(_ usage: TokenUsage, cost: Int64, _ counts: AnswerCounts) {
        state.withLock {
            $0.calls += 1
            $0.usage += usage
            $0.cost += cost
            $0.answers += counts
        }
    }

    package func tagged(_ file: TaggedFile) {
        state.withLock {
            $0.files += 1
            $0.records += file.records
            $0.statuses.merge(file.statuses, uniquingKeysWith: +)
        }
    }

    /// - Parameter cost: at most, if it may have to be paid all the same.
    package func failed(_ error: AnthropicError, cost: Int64 = 0) {
        let name = error.status.map { "\($0)" } ?? "no_answer"
        state.withLock {
            $0.errors[name, default: 0] += 1
            $0.cost += cost
        }
    }
}
