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

    package init(store: any ObjectStore, names: JudgedNames, schema: VerdictSchema) {
        (self.store, self.names, self.schema) = (store, names, schema)
    }

    /// - Parameters:
    ///   - records: that the day has by its hour manifests; nil when they do not say it.
    ///   - now: the time that the results carry.
    package func write(
        _ state: DayState, recordsInManifests records: Int?, at now: Milliseconds
    ) async throws(Failure) -> DaySummary {
        let tally = try await tally(state)
        let summary = DaySummary(state, tally, schema: schema, recordsInManifests: records, at: now)
        let metrics = MetricsText([summary], exitCode: 0, at: now)
        let trend = try await Trend(upTo: summary, names: names, in: store)
        let page = ReportPage(summary, trend: trend, findings: tally.listed, schema: schema)
        try await put(names.report(of: state.date), Array(page.html.utf8), type: "text/html; charset=utf-8")
        try await put(
            names.summaryText(of: state.date), Array(summary.markdown.utf8), type: "text/markdown; charset=utf-8")
        try await put(names.metrics(of: state.date), Array(metrics.text.utf8), type: "text/plain; version=0.0.4")
        // Last, as programs wait for it.
        try await put(names.summary(of: state.date), ObjectCoding.encode(summary), type: jsonType)
        return summary
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

    /// Whoever writes last wins: the lease of the day's run keeps others away, and every writer has the same files to read.
    private func put(_ name: String, _ content: [UInt8], type: String) async throws(Failure) {
        for _ in 0..<5 {
            let known = try await store.info(name)
            let outcome = try await store.replace(
                name, content: ByteRope(content), contentType: type, ifGeneration: known?.generation)
            if case .replaced = outcome { return }
        }
        throw Failure(
            .conflict, "somebody else keeps writing \(store.location)/\(name)", remedy: "look for a second run")
    }
}
