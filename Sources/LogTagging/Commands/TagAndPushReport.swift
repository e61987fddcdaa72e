package import DatasetPush
package import JobSupport
package import Support

/// What a run did: its last line on standard output, and an object of its own in the folder of work. Keys are snake_case.
package struct TagAndPushReport: JobReport, Codable {
    package var job = "batch-judge tag-and-push"
    package var version = BuildInfo.version
    package var phase: String
    package var file: String
    package var project: String?
    /// Logs created since then, and before `until` if there is one.
    package var since: String?
    package var until: String?
    package var startedAt: String
    package var finishedAt = ""
    package var durationMs: Int64 = 0
    package var status = "\(ExitStatus.success)"
    package var exitCode: Int32 = 0
    package var failure: String?
    /// `signal`, or the limit that ended the run: `duration`, `records` or `cost`; `lease` when another run is at work.
    package var stopReason: String?

    package var logs = 0
    /// Of them, those that an earlier run had read.
    package var resumedLogs = 0
    /// Logs that no answer can bring; they are not in the file.
    package var unreadableLogs = 0
    /// Answers of Braintrust with logs.
    package var pages = 0
    /// Those of them that Braintrust says are not whole: logs written last may be missing.
    package var partialPages = 0
    /// How tagging ended; its own report is the line before, and tells what it cost.
    package var tagging: String?

    /// Lines of the file that were looked at for datasets.
    package var records = 0
    /// Those that could not be pushed, by reason.
    package var faults: [String: Int] = [:]
    package var datasets: [PushReport.Dataset] = []
    package var totals = DatasetCounts()
    package var peakMemoryBytes = 0

    package init(phase: Phase, file: String, startedAt: Milliseconds) {
        (self.phase, self.file, self.startedAt) = (phase.rawValue, file, rfc3339(startedAt))
    }

    /// What a run pushed, for Prometheus.
    /// - Parameter now: when it ended.
    package func metrics(at now: Milliseconds) -> [MetricFamily] {
        var counts = RecordCounts()
        (counts.records, counts.faults) = (records, faults)
        return PushReport.metrics(
            of: self, topic: TagAndPushConfiguration.topic, counts, datasets, totals, at: now)
    }

    /// Adds what became of a file: a run may push an earlier one before its own.
    mutating func take(_ counts: RecordCounts, _ pusher: DatasetPusher) {
        records += counts.records
        faults.merge(counts.faults, uniquingKeysWith: +)
        totals = pusher.counts.reduce(into: totals) { $0 += $1 }
        for var dataset in PushReport.datasets(of: pusher) {
            if let place = datasets.firstIndex(where: { $0.id == dataset.id }) {
                dataset.counts += datasets.remove(at: place).counts
            }
            datasets.append(dataset)
        }
    }
}

/// What of the work is to be done.
package enum Phase: String, Sendable, CaseIterable {
    /// Read and tag the logs, and write the file.
    case `init`
    /// Push what is in the file.
    case push
    case all
}
