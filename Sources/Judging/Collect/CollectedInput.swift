/// What collecting one input object gave, for the state of the day.
package struct CollectedInput: Sendable, Equatable, Codable {
    /// The input object of the requests that are made again.
    package struct Retry: Sendable, Equatable, Codable {
        package var number: Int
        package var name: String
        package var lines: Int
        package var bytes: Int64
        /// CRC-32C of its bytes.
        package var checksum: UInt32
    }

    /// A canary's result.
    package struct Canary: Sendable, Equatable, Codable {
        package var name: String
        /// What is wrong with the answer; nil when nothing is, or when there is no answer.
        package var problem: String?
        /// Why there is no answer.
        package var unanswered: String?

        package var hasPassed: Bool { problem == nil && unanswered == nil }
    }

    /// The verdicts file; nil when every record is asked about again.
    package var verdicts: String?
    /// Its lines with a verdict.
    package var judged = 0
    /// Its lines without one, by reason.
    package var unjudged: [String: Int] = [:]
    /// Requests that are made again, by reason.
    package var retried: [String: Int] = [:]
    package var retry: Retry?
    package var canaries: [Canary] = []
    package var rows = RowCounts()
    package var answers = AnswerCounts()
    /// By model.
    package var usage: [String: ModelUsage] = [:]
    /// What the service said of errors: the first ones that differ.
    package var messages: [String] = []
    /// Output files that could not be read to their end, and why.
    package var damagedFiles: [String] = []

    package init() {}

    package var costMicroUsd: Int64 { usage.values.reduce(0) { $0 + $1.costMicroUsd } }
}
