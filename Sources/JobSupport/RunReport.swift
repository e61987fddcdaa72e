package import Support

/// What a run did: its last line on standard output, and an object of its own in the store. Keys are snake_case.
package struct RunReport: JobReport, Equatable, Codable {
    /// How far one partition was read.
    package struct PartitionPart: Sendable, Equatable, Codable {
        package var partition: Int32
        /// The first offset that this run could read.
        package var start: Int64
        /// The end that was to be reached, as last captured.
        package var end: Int64
        /// The next offset to read: everything before it is stored.
        package var position: Int64
        /// The partition's end as last seen, open transactions included.
        package var logEnd: Int64
        /// What is missing to `logEnd`.
        package var lag: Int64
        /// `position` has reached `end`.
        package var drained: Bool
        /// Of the lag: offsets from an open transaction on, which could not be read; absent when there are none.
        package var heldBack: Int64?

        package init(
            partition: Int32, start: Int64, end: Int64, position: Int64, logEnd: Int64, heldBack: Int64 = 0
        ) {
            (self.partition, self.start, self.end, self.position) = (partition, start, end, position)
            (self.logEnd, self.heldBack) = (logEnd, heldBack > 0 ? heldBack : nil)
            drained = position >= end
            lag = max(0, logEnd - position)
        }
    }

    /// Offsets that Kafka no longer had.
    package struct LostPart: Sendable, Equatable, Codable {
        package var partition: Int32
        package var start: Int64
        package var end: Int64
        package var reason: String

        package init(partition: Int32, start: Int64, end: Int64, reason: String) {
            (self.partition, self.start, self.end, self.reason) = (partition, start, end, reason)
        }
    }

    /// `loader load`.
    package var job: String
    package var version: String
    package var store: String
    package var topic: String
    /// RFC 3339, as `finishedAt`.
    package var startedAt: String
    package var finishedAt = ""
    package var durationMs: Int64 = 0
    /// Of `durationMs`: until the consumer group gave out its partitions.
    package var groupWaitMs: Int64?
    /// The name of the exit status: `success`, `notDrained`, ….
    package var status = "\(ExitStatus.success)"
    package var exitCode: Int32 = 0
    /// Why the run ended before everything was read; absent if it did not.
    package var stopReason: String?
    /// What went wrong, as it was logged.
    package var failure: String?

    /// Interactions stored on time or late.
    package var records = 0
    package var lateRecords = 0
    /// By reason.
    package var deadLetters: [String: Int] = [:]
    /// All of them: an alert adds nothing up.
    package var deadLetterRecords = 0
    /// Records whose event time was not the one of their field, by what decided it.
    package var timeSources: [String: Int] = [:]
    /// Of the records' values.
    package var bytesIn = 0
    /// Of the files, compressed.
    package var bytesOut = 0
    package var files = 0
    /// `YYYY-MM-DDTHH`.
    package var hoursSealed: [String] = []
    package var partitions: [PartitionPart] = []
    /// Of all partitions that the run had; absent if it had none.
    package var lag: Int64?
    package var lost: [LostPart] = []
    package var peakMemoryBytes = 0

    package init(
        job: String, version: String = BuildInfo.version, store: String, topic: String, startedAt: Milliseconds
    ) {
        (self.job, self.version, self.store, self.topic) = (job, version, store, topic)
        self.startedAt = rfc3339(startedAt)
    }
}
