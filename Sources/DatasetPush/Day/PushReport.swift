internal import Braintrust
internal import JobSupport
package import Support

/// What a run did: its last line on standard output, and an object of its own in the store. Keys are snake_case.
package struct PushReport: JobReport, Codable {
    package struct Day: Sendable, Codable, Equatable {
        package var date: String
        /// Files that were read.
        package var files = 0
        package var records = 0
        /// Records that could not be pushed, by reason.
        package var faults: [String: Int] = [:]
        package var otherTags = 0
        /// Of the records that a dataset wants, those without a verdict.
        package var withoutVerdict = 0
        /// Verdicts that there are for the day.
        package var verdicts: Int

        package init(date: String, verdicts: Int) { (self.date, self.verdicts) = (date, verdicts) }

        static func += (day: inout Day, counts: RecordCounts) {
            day.records += counts.records
            day.faults.merge(counts.faults, uniquingKeysWith: +)
            day.otherTags += counts.otherTags
            day.withoutVerdict += counts.withoutVerdict
        }
    }

    package struct Dataset: Sendable, Codable, Equatable {
        package var id: String
        package var name: String?
        package var tags: Int
        package var counts: DatasetCounts
        package var failure: String?
    }

    package var job = "batch-judge push"
    package var version = BuildInfo.version
    package var store: String
    package var topic: String
    package var startedAt: String
    package var finishedAt = ""
    package var durationMs: Int64 = 0
    package var status = "\(ExitStatus.success)"
    package var exitCode: Int32 = 0
    package var failure: String?
    /// `signal`, or `lease` when another run is at work.
    package var stopReason: String?
    package var isDryRun: Bool

    /// Days that had something to push.
    package var days: [Day] = []
    /// Left for a later run, since the judge is at work on their day.
    package var filesWaiting = 0
    /// Those that want tags.
    package var datasets: [Dataset] = []
    /// Those that do not, or cannot be understood.
    package var datasetsWithoutTags = 0
    package var totals = DatasetCounts()
    package var peakMemoryBytes = 0

    package init(store: String, topic: String, startedAt: Milliseconds, isDryRun: Bool) {
        (self.store, self.topic, self.startedAt) = (store, topic, rfc3339(startedAt))
        self.isDryRun = isDryRun
    }

    package mutating func take(_ pusher: DatasetPusher) {
        datasets = Self.datasets(of: pusher)
        totals = pusher.counts.reduce(into: DatasetCounts()) { $0 += $1 }
    }

    /// What became of each.
    package static func datasets(of pusher: DatasetPusher) -> [Dataset] {
        let (counts, failures) = (pusher.counts, pusher.failures)
        return pusher.targets.enumerated().map { place, target in
            Dataset(
                id: target.dataset.id, name: target.dataset.name, tags: target.marker.tags.count, counts: counts[place],
                failure: failures[place]?.description)
        }
    }
}
