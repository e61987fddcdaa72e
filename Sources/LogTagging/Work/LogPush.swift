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
    let fields: RecordFields
    let deadLetters: RowDeadLetters
    /// Whether this run is still the only one.
    let mayWrite: @Sendable () -> Bool
    let logger: Logger

    /// - Returns: why a part was not pushed, though all else was.
    func run(_ report: inout TagAndPushReport) async throws(Failure) -> Failure? {
        var lines = try await file.open()
        let targets = try await client.targets(projectID: projectID).wanted(logger)
        guard !targets.isEmpty else { return nil }
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
        return failure(push.counts, pusher)
    }

    private func failure(_ counts: RecordCounts, _ pusher: DatasetPusher) -> Failure? {
        if let failure = pusher.failures.min(by: { $0.key < $1.key })?.value { return failure }
        let unreadable = counts.faults[RecordFault.unreadable.rawValue, default: 0]
        guard unreadable > 0 else { return nil }
        return Failure(
            .dataLoss, "\(unreadable) lines of \(file.url) are no JSON objects; the others were pushed",
            remedy: "run --phase init to write the file anew")
    }
}
