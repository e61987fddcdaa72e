internal import Interactions
package import ObjectStorage
package import Support

/// Writes the metrics of a run to a file, for the textfile collector of a node exporter.
package enum MetricsFile {
    /// - Parameters:
    ///   - days: that the run looked at. Of each topic the latest one that has results counts, whoever wrote them.
    ///   - leftBehind: days that are not done and that no run looks at any more.
    ///   - now: when the run ended.
    package static func write(
        to path: String, days: [(topic: String, date: String)], leftBehind: Int, in store: any ObjectStore,
        exitCode: Int32, at now: Milliseconds
    ) async throws(Failure) {
        var summaries: [DaySummary] = []
        for day in days.sorted(by: { ($0.topic, $1.date) < ($1.topic, $0.date) })
        where summaries.last?.topic != day.topic {
            if let summary = try await DaySummary.stored(of: day.date, JudgedNames(topic: day.topic), in: store) {
                summaries.append(summary)
            }
        }
        let metrics = MetricsText(summaries, leftBehind: leftBehind, exitCode: exitCode, at: now)
        try writeFile(path, Array(metrics.text.utf8), what: "metrics file")
    }
}

extension DaySummary {
    /// Bytes; a hundred times what a summary has.
    private static let longest = 1 << 20

    /// nil when there is none. What cannot be read is an error: `Failure(.protocolError)`.
    static func stored(
        of date: String, _ names: JudgedNames, in store: any ObjectStore
    ) async throws(Failure) -> DaySummary? {
        let name = names.summary(of: date)
        guard let object = try await store.read(name, limit: longest) else { return nil }
        return try ObjectCoding.decode(
            DaySummary.self, object.bytes, what: "summary", location: "\(store.location)/\(name)",
            version: DaySummary.currentVersion)
    }
}
