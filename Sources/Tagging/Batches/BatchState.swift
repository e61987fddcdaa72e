package import Records
package import Support

/// A Message Batch that was submitted, or is about to be. The object is written before the batch is made, so that a killed
/// run's batch is found again and not paid twice.
package struct BatchState: Sendable, Equatable, Codable {
    package static let currentVersion = 1

    package var version = BatchState.currentVersion
    /// The raw files that wait for it.
    package var files: [String]
    /// What its requests are about, one for each: so that nobody asks about it anew while it is pending. By them a batch is
    /// known again, too, whose own id was never learned.
    package var contents: [ContentKey]
    package var createdAtMs: Milliseconds
    /// nil until the service has said it.
    package var batch: String?

    package init(files: [String], contents: [ContentKey], createdAtMs: Milliseconds) {
        (self.files, self.contents, self.createdAtMs) = (files, contents, createdAtMs)
    }
}
