import Glibc
import Synchronization

/// A place at which a test can kill the program, to see that the next run repairs what was left. For tests only.
package enum Failpoint: String, Sendable, CaseIterable {
    case beforePlan = "before-plan"
    case afterPlan = "after-plan"
    case beforeFile = "before-file"
    case afterFile = "after-file"
    case beforeRevise = "before-revise"
    case beforeProgress = "before-progress"
    case afterProgress = "after-progress"
    case afterCommit = "after-commit"
    case beforeSeal = "before-seal"
    case afterSeal = "after-seal"
    case beforeTagged = "before-tagged"
    case afterTagged = "after-tagged"
    case beforeBatch = "before-batch"
    case afterBatch = "after-batch"
    case beforeAnnounce = "before-announce"
    case afterAnnounce = "after-announce"
    case beforeInput = "before-input"
    case afterInput = "after-input"
    case beforeAssembled = "before-assembled"
    case afterAssembled = "after-assembled"
    case beforeSubmitting = "before-submitting"
    case afterSubmitting = "after-submitting"
    case beforeCreate = "before-create"
    case afterCreate = "after-create"
    case afterSubmitted = "after-submitted"
    case beforeCollected = "before-collected"
    case afterCollected = "after-collected"
    case beforeResults = "before-results"
    case beforeInsert = "before-insert"
    case afterInsert = "after-insert"
    case beforePushed = "before-pushed"

    /// Where to stop: `LOADER_FAILPOINT=after-file:3` is the third time that `after-file` is reached.
    package struct Trigger: Sendable, Equatable {
        package var point: Failpoint
        /// From 1.
        package var hit: Int

        package init(_ point: Failpoint, hit: Int = 1) { (self.point, self.hit) = (point, hit) }

        package init?(_ text: some StringProtocol) {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let point = Failpoint(rawValue: String(parts[0])) else { return nil }
            guard let hit = parts.count == 2 ? Int(parts[1]) : 1, hit >= 1 else { return nil }
            self.init(point, hit: hit)
        }
    }

    package static let environmentVariable = "LOADER_FAILPOINT"

    /// What the environment asks for; nil: nothing.
    package static func trigger(environment: [String: String]) throws(Failure) -> Trigger? {
        guard let text = environment[environmentVariable], !text.isEmpty else { return nil }
        if let trigger = Trigger(text) { return trigger }
        let names = allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure(
            .usage, "\(environmentVariable) is '\(printable(text))'; expected one of \(names), and :N for the N-th time"
        )
    }
}

/// Counts how often the program comes by its failpoints, and ends it at the right one. Without a trigger a `hit` is one
/// comparison.
package final class Failpoints: Sendable {
    private let trigger: Failpoint.Trigger?
    private let hits = Atomic(0)
    private let stop: @Sendable () -> Void

    /// - Parameter stop: what happens at the trigger; SIGKILL, after which nothing is cleaned up, unless a test
    ///     says otherwise.
    package init(_ trigger: Failpoint.Trigger?, stop: @escaping @Sendable () -> Void = { kill(getpid(), SIGKILL) }) {
        (self.trigger, self.stop) = (trigger, stop)
    }

    package func hit(_ point: Failpoint) {
        guard let trigger, trigger.point == point else { return }
        if hits.add(1, ordering: .relaxed).newValue == trigger.hit { stop() }
    }
}
