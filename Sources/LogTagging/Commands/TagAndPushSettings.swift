internal import Braintrust
internal import DatasetPush
internal import JobSupport
package import Support
internal import Tagging

/// The settings of `batch-judge tag-and-push`.
package enum TagAndPushSettings {
    static let phase = Setting(
        "phase", environment: "TAG_AND_PUSH_PHASE", .choice(Phase.allCases.map(\.rawValue)), .standard("all"),
        help: "init: read and tag the logs, and write the file; push: push what is in the file; all: both.")
    static let file = Setting(
        "tagged-logs-file", .text("FILE"), .standard("tagged_logs.jsonl"),
        help: "The file of tagged logs. Work under way is kept beside it, in .tag-and-push.")
    static let hours = Setting(
        "hours", environment: "LOGS_HOURS", .integer(1...87_600), .standard("24"),
        help: "The logs of so many hours back. A run that goes on where one was stopped takes what came meanwhile, too."
    )
    static let since = Setting(
        "since", environment: "LOGS_SINCE", .text("TIME"),
        help: "Instead of --hours: the logs created then (RFC 3339, or a date of UTC) or later.")
    static let until = Setting(
        "until", environment: "LOGS_UNTIL", .text("TIME"), help: "With --since: only those created before.")

    /// Settings of `loader tag` that make no sense for logs.
    private static let without: Set<String> = [
        "date", "days", "retag", "dry-run", "mode", "batch-requests", "batch-from", "interaction-id-field",
        "storage-url", "gcs-bucket-name", "storage-headers", "storage-emulator-host", "google-application-credentials",
        "storage-concurrency", "storage-retry-deadline", "kafka-topic", "partition-layout",
    ]

    package static let table = SettingsTable.joined(
        [
            SettingsTable(
                "", "",
                [
                    SettingsTable.Group("What to do", [phase, hours, since, until, file, PushSettings.metricsFile]),
                    BraintrustSettings.group,
                ]),
            TagSettings.table,
        ], as: "batch-judge tag-and-push",
        "Tags the logs of a Braintrust project with Claude, and pushes them to the datasets that want their tags.",
        without: without)
}
