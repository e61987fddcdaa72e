internal import Anthropic
internal import Prices
internal import JobSupport
package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a run did: its last line on standard output, and an object of its own in the store. Keys are snake_case. Money is in
/// millionths of a US dollar.
package struct TagReport: JobReport, Codable {
    package var job = "loader tag"
    package var version = BuildInfo.version
    package var store: String
    package var topic: String
    package var startedAt: String
    package var finishedAt = ""
    package var durationMs: Int64 = 0
    package var status = "\(ExitStatus.success)"
    package var exitCode: Int32 = 0
    package var failure: String?
    /// Which limit ended the run before everything was tagged: `records`, `cost`, `duration`, `signal`.
    package var stopReason: String?

    package var mode = ""
    package var model = ""
    package var prompt = ""
    package var priceDate = ""
    package var taxonomy = ""
    package var taxonomyTags = 0
    package var config = ""

    /// What was found to do in the files that the run looked at: all there are, unless a limit came first.
    package struct Estimate: Sendable, Codable, Equatable {
        package var files = 0
        package var records = 0
        package var calls = 0
        package var inputTokens: Int64 = 0
        package var costMicroUsd: Int64 = 0

        static func += (left: inout Estimate, right: Estimate) {
            left.files += right.files
            left.records += right.records
            left.calls += right.calls
            left.inputTokens += right.inputTokens
            left.costMicroUsd += right.costMicroUsd
        }
    }
    package var estimate = Estimate()

    package var filesTagged = 0
    /// Not tagged, because the run stopped.
    package var filesLeft = 0
    /// Another run is at work on them.
    package var filesBusy = 0
    /// Damaged, or not ours.
    package var filesUnreadable = 0
    /// Overlap with what is tagged or with each other: left alone. The first of them.
    package private(set) var filesOverlapping: [String] = []
    package private(set) var filesOverlappingCount = 0
    private static let namesListed = 20
    package var records = 0
    /// By `tag_status`.
    package var statuses: [String: Int] = [:]

    package var calls = 0
    /// Calls without an answer, by HTTP status.
    package var callErrors: [String: Int] = [:]
    package var answers = AnswerCounts()
    package var inputTokens: Int64 = 0
    package var cacheReadTokens: Int64 = 0
    package var cacheWriteTokens: Int64 = 0
    package var outputTokens: Int64 = 0
    package var costMicroUsd: Int64 = 0
    package var batchesSubmitted = 0
    package var batchesCollected = 0
    /// Submitted and not ended yet.
    package var batchesPending = 0
    /// Submitted for another model, prompt or taxonomy, and given up.
    package var batchesAbandoned = 0
    package var peakMemoryBytes = 0

    package init(store: String, topic: String, startedAt: Milliseconds) {
        (self.store, self.topic, self.startedAt) = (store, topic, rfc3339(startedAt))
    }

    package mutating func overlapping(_ names: [String]) {
        (filesOverlapping, filesOverlappingCount) = (Array(names.prefix(Self.namesListed)), names.count)
    }

    package mutating func take(_ totals: TagTally.Totals) {
        (calls, callErrors, answers, costMicroUsd) = (totals.calls, totals.errors, totals.answers, totals.cost)
        (filesTagged, records, statuses) = (totals.files, totals.records, totals.statuses)
        (inputTokens, outputTokens) = (totals.usage.input, totals.usage.output)
        cacheReadTokens = totals.usage.cacheRead
        cacheWriteTokens = totals.usage.cacheWrite5m + totals.usage.cacheWrite1h
    }
}
