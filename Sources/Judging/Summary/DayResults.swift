internal import Bytes
internal import Interactions
internal import JobSupport
package import ObjectStorage
package import Support

/// Writes what people and machines read of a judged day: `summary.json`, `summary.md`, `report.html` and `metrics.prom`, from the
/// verdicts files that the day's state lists. They are written anew whenever verdicts come.
package struct DayResults: Sendable {
    /// Findings that the report lists.
    package static let mostListed = 2000

    private let store: any ObjectStore
    private let names: JudgedNames
    private let schema: VerdictSchema
    /// Whether no other run has taken over the day.
    private let isMine: @Sendable () -> Bool

    package init(
        store: any ObjectStore, names: JudgedNames, schema: VerdictSchema,
        isMine: @escaping @Sendable () -> Bool = { true }
    ) {
        (self.store, self.names, self.schema, self.isMine) = (store, names, schema, isMine)
    }

    /// - Parameters:
    ///   - records: that the day has by its hour manifests; nil when they do not say it.
    ///   - now: the time that the results carry.
    package func write(
        _ state: DayState, recordsInManifests records: Int?, at now: Milliseconds
    ) async throws(Failure) -> DaySummary {
        // Before anything is read that it is made of: what is written since then, is by a run that knows more.
        let there = try await generations([
            names.report(of: state.date), names.summaryText(of: state.date), names.metrics(of: state.date),
            names.summary(of: state.date),
        ])
        let tally = try await tally(state)
        let summary = DaySummary(state, tally, schema: schema, recordsInManifests: records, at: now)
        let metrics = MetricsText([summary], exitCode: 0, at: now)
        let trend = try await Trend(upTo: summary, names: names, in: store)
        let page = ReportPage(summary, trend: trend, findings: tally.listed, schema: schema)
        try await put(
            names.report(of: state.date), over: there, Array(page.html.utf8), type: "text/html; charset=utf-8")
        try await put(
            names.summaryText(of: state.date), over: there, Array(summary.markdown.utf8),
            type: "text/markdown; charset=utf-8")
        try await put(
            names.metrics(of: state.date), over: there, Array(metrics.text.utf8), type: "text/plain; version=0.0.4")
        // Last, as programs wait for it.
        try await put(names.summary(of: state.date), over: there, ObjectCoding.encode(summary), type: jsonType)
        return summary
    }

    /// Of those that are there.
    private func generations(_ names: [String]) async throws(Failure) -> [String: Int64] {
        var there: [String: Int64] = [:]
        for name in names { there[name] = try await store.info(name)?.generation }
        return there
    }

    private func tally(_ state: DayState) async throws(Failure) -> DayTally {
        var tally = DayTally(schema: schema, mostListed: Self.mostListed)
        for name in state.inputs.compactMap({ $0.collected?.verdicts }) {
            guard let object = try await store.info(name) else {
                throw Failure(
                    .dataLoss, "\(store.location)/\(name) is gone",
                    remedy: "restore it from an earlier version or a backup")
            }
            var lines = StoredLines(object, in: store)
            while let batch = try await lines.next() {
                guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(name) was read") }
                batch.forEach { tally.add(VerdictRecord($0)) }
            }
        }
        return tally
    }

    /// - Parameter there: generations of what is to be replaced; a name that it lacks has to be free.
    private func put(
        _ name: String, over there: [String: Int64], _ content: [UInt8], type: String
    ) async throws(Failure) {
        let location = "\(store.location)/\(name)"
        guard isMine() else {
            throw Failure(.conflict, "another run has taken over the day of \(location)", remedy: "run again")
        }
        let outcome = try await store.replace(
            name, content: ByteRope(content), contentType: type, ifGeneration: there[name])
        guard case .replaced = outcome else {
            throw Failure(.conflict, "\(location) was changed by another run", remedy: "run again")
        }
    }
}
