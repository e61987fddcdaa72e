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
        let places = try await places(of: state.date)
        let tally = try await tally(state)
        let summary = DaySummary(state, tally, schema: schema, recordsInManifests: records, at: now)
        let metrics = MetricsText([summary], exitCode: 0, at: now)
        let trend = try await Trend(upTo: summary, names: names, in: store)
        let page = ReportPage(summary, trend: trend, findings: tally.listed, schema: schema)
        try await put(places[0], Array(page.html.utf8), type: "text/html; charset=utf-8")
        try await put(places[1], Array(summary.markdown.utf8), type: "text/markdown; charset=utf-8")
        try await put(places[2], Array(metrics.text.utf8), type: "text/plain; version=0.0.4")
        // Last, as programs wait for it.
        try await put(places[3], ObjectCoding.encode(summary), type: jsonType)
        return summary
    }

    private struct Place {
        var name: String
        /// What is to be replaced; nil: the name is free.
        var generation: Int64?
    }

    private func places(of date: String) async throws(Failure) -> [Place] {
        var places: [Place] = []
        for name in [
            names.report(of: date), names.summaryText(of: date), names.metrics(of: date), names.summary(of: date),
        ] {
            places.append(Place(name: name, generation: try await store.info(name)?.generation))
        }
        return places
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

    private func put(_ place: Place, _ content: [UInt8], type: String) async throws(Failure) {
        let location = "\(store.location)/\(place.name)"
        guard isMine() else {
            throw Failure(.conflict, "another run has taken over the day of \(location)", remedy: "run again")
        }
        let outcome = try await store.replace(
            place.name, content: ByteRope(content), contentType: type, ifGeneration: place.generation)
        guard case .replaced = outcome else {
            throw Failure(.conflict, "\(location) was changed by another run", remedy: "run again")
        }
    }
}
