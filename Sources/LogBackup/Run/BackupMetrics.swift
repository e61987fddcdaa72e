package import JobSupport
package import Support

extension BackupReport {
    /// What a run backed up, for Prometheus.
    /// - Parameters:
    ///   - project: as the run was told: its id, which the report has, is not known to a run that could not begin.
    ///   - now: when it ended.
    package func metrics(project: String, at now: Milliseconds) -> [MetricFamily] {
        let project: MetricFamily.Labels = [("project", project)]
        return MetricFamily.ending(project, exitCode: exitCode, at: now) + [
            MetricFamily("duration_seconds", "How long the last run took.", project, Double(durationMs) / 1000),
            MetricFamily("rows", "Rows that the last run had, those of earlier runs included.", project, Double(rows)),
            MetricFamily(
                "unreadable_rows", "Rows that no answer can bring; they are in no file.", project,
                Double(unreadableRows)),
            MetricFamily(
                "file_bytes", "Of the files of a backup that is whole.", project,
                Double(files.reduce(0) { $0 + $1.bytes })),
        ]
    }
}
