package import JobSupport
package import Support

extension PushReport {
    /// What a run pushed, for Prometheus.
    /// - Parameter now: when it ended.
    package func metrics(at now: Milliseconds) -> [MetricFamily] {
        let counts = days.reduce(into: RecordCounts()) { counts, day in
            counts.records += day.records
            counts.faults.merge(day.faults, uniquingKeysWith: +)
        }
        return Self.metrics(of: self, topic: topic, counts, datasets, totals, at: now) + [
            MetricFamily(
                "files_waiting", "Files that the last run left, as the judge is at work on their day.",
                [("topic", topic)], Double(filesWaiting))
        ]
    }

    /// Those of every job that pushes.
    /// - Parameters:
    ///   - report: of the job.
    ///   - topic: where the records come from.
    package static func metrics(
        of report: some JobReport, topic: String, _ counts: RecordCounts, _ datasets: [Dataset],
        _ totals: DatasetCounts, at now: Milliseconds
    ) -> [MetricFamily] {
        let topic: MetricFamily.Labels = [("topic", topic)]
        let failed = datasets.count { $0.failure != nil }
        return MetricFamily.ending(topic, exitCode: report.exitCode, at: now) + [
            MetricFamily("duration_seconds", "How long the last run took.", topic, Double(report.durationMs) / 1000),
            MetricFamily("records", "Records that the last run read.", topic, Double(counts.records)),
            MetricFamily(
                "faults", "Those that could not be pushed, by what is wrong with them.", topic, by: "fault",
                among: RecordFault.allCases.map(\.rawValue), counts.faults),
            MetricFamily(
                "rows", "Rows that datasets want, by what became of them.", topic, by: "state",
                ["inserted": totals.inserted, "existing": totals.existing, "too_large": totals.deadLetters]),
            MetricFamily(
                "datasets", "Datasets that want tags, by whether all could be pushed to them.", topic, by: "state",
                ["complete": datasets.count - failed, "failed": failed]),
        ]
    }
}
