package import Anthropic
package import Interactions
import Synchronization

/// Counts what a run does; from any task.
package final class TagTally: Sendable {
    package struct Totals: Sendable, Equatable {
        package var calls = 0
        package var usage = Usage()
        /// Millionths of a US dollar.
        package var cost: Int64 = 0
        package var answers = AnswerCounts()
        /// Calls that brought no answer, by status or kind.
        package var errors: [String: Int] = [:]
        /// Tagged files, and what is in them.
        package var files = 0
        package var records = 0
        package var statuses: [String: Int] = [:]
        fileprivate var rejectedInARow = 0
    }

    private let state = Mutex(Totals())

    package init() {}

    package var totals: Totals { state.withLock { $0 } }

    package func answered(_ usage: Usage, cost: Int64, _ counts: AnswerCounts) {
        state.withLock {
            $0.calls += 1
            $0.usage += usage
            $0.cost += cost
            $0.answers += counts
            $0.rejectedInARow = 0
        }
    }

    package func tagged(_ file: TaggedFile) {
        state.withLock {
            $0.files += 1
            $0.records += file.records
            $0.statuses.merge(file.statuses, uniquingKeysWith: +)
        }
    }

    package func failed(_ error: AnthropicError) {
        let name = error.status.map { "\($0)" } ?? "no_answer"
        state.withLock { $0.errors[name, default: 0] += 1 }
    }

    /// How many records in a row the service has refused, with this one.
    package func rejected() -> Int {
        state.withLock {
            $0.rejectedInARow += 1
            return $0.rejectedInARow
        }
    }
}
