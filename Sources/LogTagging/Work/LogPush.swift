internal import Braintrust
internal import DatasetPush
internal import Logging
internal import Records
internal import Support

/// Pushes the file of tagged logs to the datasets that want them.
struct LogPush: Sendable {
    let client: BraintrustClient
    let file: TaggedLogs
    let projectID: String
    /// Ids of the datasets that get something, if they want it; nil: all.
    var only: Set<String>?
    let fields: RecordFields
    let deadLetters: RowDeadLetters
    /// Whether this run is still the only one.
    let mayWrite: @Sendable () -> Bool
    let logger: Logger

    /// What became of a file whose lines were all looked at.
    struct Outcome {
        /// Ids of datasets that have all that they want of it, and want some.
        var takers: Set<String> = []
        /// Of those that could not be written.
        var failed: Set<String> = []
        /// Lines that are none.
        var unreadable = 0
        /// Why a part was not pushed, though all else was.
        var failure: Failure?
    }

    func run(_ report: inout TagAndPushReport) async throws(Failure) -> Outcome {
        var lines = try await file.open()
        let targets = try await client.targets(projectID: projectID).wanted(logger)
            .filter { only?.contains($0.dataset.id) ?? true }
        guard !targets.isEmpty else { return Outcome() }
        let payloadLimit = await client.payloadLimit()
        let pusher = DatasetPusher(
            client, targets: targets, deadLetters: deadLetters,
            options: DatasetPusher.Options(payloadLimit: payloadLimit), logger: logger, mayWrite: mayWrite)
        var push = RecordPush(pusher, fields: fields, logger: logger)
        let thrown: Failure?
        do throws(Failure) {
            try await push.push(
                &lines, file: file.name, hour: nil, origin: .logs(projectID: projectID), verdicts: VerdictTable())
            try await push.finish()
            thrown = nil
        } catch {
            thrown = error
        }
        report.take(push.counts, pusher)
        if let thrown { throw thrown }
        return outcome(push.counts, pusher)
    }

    private func outcome(_ counts: RecordCounts, _ pusher: DatasetPusher) -> Outcome {
        var outcome = Outcome()
        let failures = pusher.failures
        for (place, target) in pusher.targets.enumerated() {
            if failures[place] != nil {
                outcome.failed.insert(target.dataset.id)
            } else if pusher.counts[place].matched > 0 {
                outcome.takers.insert(target.dataset.id)
            }
        }
        outcome.unreadable = counts.faults[RecordFault.unreadable.rawValue, default: 0]
        if let failure = failures.min(by: { $0.key < $1.key })?.value {
            outcome.failure = failure
        } else if outcome.unreadable > 0 {
            outcome.failure = Failure(
                .dataLoss, "\(outcome.unreadable) lines of \(file.url) are no JSON objects; the others were pushed",
                remedy: "run --phase init to write the file anew")
        }
        return outcome
    }
}
