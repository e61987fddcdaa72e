package import Support

/// A Message Batch that was submitted, or is about to be. The object is written before the batch is made, so that a killed
/// run's batch is found again and not paid twice.
package struct BatchState: Sendable, Equatable, Codable {
    package static let currentVersion = 1

    package var version = BatchState.currentVersion
    /// The raw files that wait for it.
    package var files: [String]
    package var requests: Int
    /// The id of one of its requests: by it a batch is known again whose own id was never learned.
    package var oneRequest: String
    package var createdAtMs: Milliseconds
    /// nil until the service has said it.
    package var batch: String?

    package init(files: [String], requests: Int, oneRequest: String, createdAtMs: Milliseconds) {
        (self.files, self.requests, self.oneRequest) = (files, requests, oneRequest)
        self.createdAtMs = createdAtMs
    }
}
