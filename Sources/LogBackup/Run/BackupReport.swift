internal import JobSupport
package import Support

/// What a run did: its last line on standard output, and an object of its own in the store. Keys are snake_case.
package struct BackupReport: JobReport, Codable {
    package var job: String
    package var version = BuildInfo.version
    package var store: String
    package var project: String?
    /// The rows asked for: created from `since` on and before `until`.
    package var since: String
    package var until: String
    package var startedAt: String
    package var finishedAt = ""
    package var durationMs: Int64 = 0
    package var status = "\(ExitStatus.success)"
    package var exitCode: Int32 = 0
    package var failure: String?
    /// `signal` or `duration`, if that ended the run.
    package var stopReason: String?

    /// The backup was there before, or another run made it.
    package var isUnchanged = false
    package var rows = 0
    /// Of them, those that an earlier run had read.
    package var resumedRows = 0
    /// Rows that no answer can bring; they are in no file.
    package var unreadableRows = 0
    /// Answers of Braintrust with rows.
    package var pages = 0
    /// Those of them that Braintrust says are not whole: rows written last may be missing.
    package var partialPages = 0
    package var columns = 0
    /// Whether some values had no place and are in the column `_more`.
    package var hasMore = false
    package var files: [BackupManifest.File] = []
    package var peakMemoryBytes = 0

    package init(job: String, store: String, window: BackupWindow, startedAt: Milliseconds) {
        (self.job, self.store, self.startedAt) = (job, store, rfc3339(startedAt))
        (since, until) = (rfc3339(window.since), rfc3339(window.until))
    }

    mutating func unchanged(_ manifest: BackupManifest) {
        isUnchanged = true
        (rows, columns, files) = (manifest.rows, manifest.columns.count, manifest.files)
        unreadableRows = manifest.unreadableRows ?? 0
    }
}
