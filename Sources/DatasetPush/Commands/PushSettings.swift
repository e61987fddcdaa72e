internal import Braintrust
internal import JobSupport
internal import Records
package import Support

/// The settings of `batch-judge push`.
package enum PushSettings {
    static let date = Setting(
        "date", environment: "PUSH_DATE", .text("YYYY-MM-DD"),
        help: "Push this day (UTC) again, whatever was pushed of it: rows that are there stay as they are.")
    static let from = Setting(
        "from", environment: "PUSH_FROM", .text("YYYY-MM-DD"), help: "The same for this day and those after it.")
    static let to = Setting(
        "to", environment: "PUSH_TO", .text("YYYY-MM-DD"), help: "The last day, with --from; yesterday when not given.")
    static let days = Setting(
        "days", environment: "PUSH_DAYS", .integer(1...366), .standard("3"),
        help: "Without a date: how many days, yesterday the last, are looked through for files that no run has pushed.")
    static let dryRun = Setting(
        "dry-run", environment: "PUSH_DRY_RUN", .flag,
        help: "Only say what would go where. Datasets are asked which rows they have; nothing is written.")

    static let verdictWait = Setting(
        "wait-for-verdicts", environment: "PUSH_WAIT_FOR_VERDICTS", .integer(0...365), .standard("2"),
        help: "For so many days, less than --days, files wait for the judge if it knows their day; 0: they do not.")

    static let project = Setting(
        BraintrustSettings.projectID.name, BraintrustSettings.projectID.kind,
        help: "Only the datasets of this project, by id or by name; those of the whole organization when not given.")
    static let concurrency = Setting(
        "dataset-concurrency", .integer(1...64), .standard("4"), help: "Datasets that are written at the same time.")
    static let lease = Setting(
        "lease", environment: "PUSH_LEASE", .duration(.seconds(10) ... .seconds(86_400)), .standard("5m"),
        help: "After this long without a sign of life another run takes over.")

    package static let metricsFile = Setting(
        "push-metrics-file", .text("FILE"),
        help: "Also write what was pushed here, as Prometheus' text, when the run ends.")

    static let inputFields = Setting(
        "input-field", environment: "INPUT_FIELDS", .text("JSON-POINTER"),
        .standard(RecordFields.inputStandard.joined(separator: ",")), repeatable: true,
        help: "Where the input is; the first that a record has.")
    static let outputFields = Setting(
        "output-field", environment: "OUTPUT_FIELDS", .text("JSON-POINTER"),
        .standard(RecordFields.outputStandard.joined(separator: ",")), repeatable: true,
        help: "Where the output is, which becomes 'expected'; the first that a record has.")

    package static let table = SettingsTable(
        "batch-judge push", "Pushes tagged interactions to the Braintrust datasets that want their tags, once each.",
        [
            SettingsTable.Group("What to push", [date, from, to, days, DaySettings.zone, dryRun]),
            SettingsTable.Group("Braintrust", BraintrustSettings.connection + [project, concurrency]),
            SettingsTable.Group("Content", [inputFields, outputFields]),
            SettingsTable.Group("Verdicts", [OutputSettings.bucket, OutputSettings.prefix, verdictWait]),
            StorageSettings.group,
            SettingsTable.Group("Files", [TopicSettings.topic, TopicSettings.layout, lease, metricsFile]),
            LogSettings.group,
        ])
}

/// The settings of `batch-judge datasets`.
package enum DatasetsSettings {
    static let json = Setting("json", environment: "DATASETS_JSON", .flag, help: "As one JSON object.")

    package static let table = SettingsTable(
        "batch-judge datasets", "Lists the datasets of Braintrust, and which tags each was understood to want.",
        [
            SettingsTable.Group("Braintrust", BraintrustSettings.connection + [PushSettings.project]),
            SettingsTable.Group("Output", [json]),
            LogSettings.group,
        ])
}
