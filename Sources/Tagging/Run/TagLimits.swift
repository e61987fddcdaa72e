/// What a run may do, and how much at once.
package struct TagLimits: Sendable {
    /// Since 1970.
    package var days: ClosedRange<Int64>
    package var mode: TagMode
    package var isDryRun: Bool
    package var concurrency: Int
    package var readsAtOnce: Int
    package var batchFrom: Int
    package var maxDuration: Duration?

    /// How long calls may begin, from now on: until the time of the run is up. But however long it took to come here, half of
    /// the time at least; else a run that has much to read would never ask, and the next one neither.
    func callTime(after elapsed: Duration) -> Duration? { maxDuration.map { max($0 - elapsed, $0 / 2) } }
}

/// How far a run looks ahead before it asks. Pure.
///
/// What it may not ask about it need not read: a backlog of many days is not read anew by every run.
struct SurveyLimit: Sendable, Equatable {
    /// nil: all that there is.
    private(set) var questions: Int?
    /// Millionths of a US dollar.
    private(set) var cost: Int64?
    private(set) var time: Duration?

    init(_ limits: TagLimits, _ budget: TagBudget) {
        // A dry run says what all of it would cost.
        guard !limits.isDryRun else { return }
        questions = budget.maxCalls.map { $0 - budget.calls }
        cost = budget.maxCost.map { $0 - budget.spent }
        time = limits.maxDuration.map { $0 / 4 }
        // Batches take as much as there is, and whether there is enough for them is to be seen.
        guard limits.mode == .messages, let maxDuration = limits.maxDuration else { return }
        // A short answer takes about a second.
        let inTime = limits.concurrency * Int(maxDuration.components.seconds)
        questions = min(questions ?? inTime, inTime)
    }

    func isReached(questions found: Int, cost estimated: Int64, after elapsed: Duration) -> Bool {
        // More than it may: so that the limit is met, and told, and not just reached.
        questions.map { found > $0 } ?? false || cost.map { estimated > $0 } ?? false
            || time.map { elapsed >= $0 } ?? false
    }
}
