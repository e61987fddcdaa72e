import Interactions
import JobSupport
package import Support

/// The settings of `loader load`.
package enum LoadSettings {
    static let from = Setting(
        "from", environment: "LOAD_FROM", .choice(LoadStart.allCases.map(\.rawValue)), .standard("earliest"),
        help: "Where a partition begins that has neither files nor a committed offset.")
    static let eventTimeField = Setting(
        "event-time-field", .text("JSON-POINTER"), .standard("/timestamp"),
        help: "The field that says when an interaction happened: RFC 3339, or seconds, ms, µs or ns since 1970.")
    static let eventTimeMaxSkew = Setting(
        "event-time-max-skew", .duration(.zero ... .seconds(3650 * 86_400)), .standard("7d"),
        help: "How far that may be from Kafka's time stamp; beyond it Kafka's decides.")
    static let allowedLateness = Setting(
        "allowed-lateness", .duration(.zero ... .seconds(7 * 86_400)), .standard("10m"),
        help: "How long after its end an hour stays open. What comes later goes to files of its own.")
    static let recordFormat = Setting(
        "record-format", .choice(RecordFormat.allCases.map(\.rawValue)), .standard("value"),
        help:
            "What a line holds. value: the value; annotated: with a member _kafka; envelope: the value beside _kafka."
    )
    static let maxRecordBytes = Setting(
        "max-record-bytes", .size(1024...(1 << 30)), .standard("20MiB"), help: "A larger record becomes a dead letter.")
    static let maxDepth = Setting(
        "max-depth", .integer(1...1024), .standard("128"), help: "A record nested deeper becomes a dead letter.")

    static let targetFileSize = Setting(
        "target-file-size", .size((1 << 20)...(4 << 30)), .standard("64MiB"),
        help:
            "A file of this size is written at once; other files are as large as their hour or the memory lets them be."
    )
    static let memoryBudget = Setting(
        "memory-budget", .size((32 << 20)...(64 << 30)), .standard("160MiB"),
        help: "Bytes that may be held before they are written. The process needs about 100 MiB more.")

    static let maxDuration = Setting(
        "max-duration", .duration(.seconds(1) ... .seconds(30 * 86_400)),
        help:
            "Stop after this long, with exit status 75 if something is left to read. Storing what was read may take 5 more minutes."
    )
    static let noProgressTimeout = Setting(
        "no-progress-timeout", .duration(.seconds(5) ... .seconds(86_400)), .standard("60s"),
        help: "Stop when nothing has come for this long although the end is not reached.")
    static let shutdownGrace = Setting(
        "shutdown-grace", .duration(.seconds(1) ... .seconds(3600)), .standard("8s"),
        help: "How long SIGTERM leaves to write what was read. Cloud Run kills after 10 s.")
    static let follow = Setting("follow", .flag, help: "Keep reading at the end instead of stopping there.")
    static let followInterval = Setting(
        "follow-interval", .duration(.seconds(1) ... .seconds(86_400)), .standard("10m"),
        help: "The longest that a record waits before it is written, with --follow.")
    static let metricsFile = Setting(
        "load-metrics-file", .text("FILE"),
        help: "Also write what was loaded here, as Prometheus' text, when the run ends, and at each --follow-interval.")

    package static let table = SettingsTable(
        "loader load", "Writes the records of a Kafka topic to hourly files, exactly once, and stops at the end.",
        [
            StorageSettings.group, KafkaSettings.group(KafkaSettings.brokers, joinsGroup: true),
            SettingsTable.Group(
                "Records",
                [
                    from, TopicSettings.epoch, eventTimeField, eventTimeMaxSkew, allowedLateness, recordFormat,
                    maxRecordBytes, maxDepth,
                ]),
            SettingsTable.Group(
                "Files and memory",
                [TopicSettings.layout] + CompressionSettings.settings + [targetFileSize, memoryBudget]),
            SettingsTable.Group(
                "Run", [maxDuration, noProgressTimeout, shutdownGrace, follow, followInterval, metricsFile]),
            LogSettings.group,
        ])
}

/// The settings of `loader status`.
package enum StatusSettings {
    static let date = Setting(
        "date", .text("YYYY-MM-DD"), help: "The day (UTC) to show; the last 24 hours when not given.")
    static let hour = Setting("hour", .integer(0...23), help: "One hour of --date only.")
    static let json = Setting("json", environment: "STATUS_JSON", .flag, help: "Print JSON instead of a table.")

    package static let table = SettingsTable(
        "loader status", "Shows which hours are complete and how far each partition is stored.",
        [
            SettingsTable.Group("What to show", [date, hour, json]), StorageSettings.group,
            SettingsTable.Group("Topic", [TopicSettings.epoch, TopicSettings.layout]),
            KafkaSettings.group(KafkaSettings.optionalBrokers, joinsGroup: false), LogSettings.group,
        ])
}

/// The settings of `loader verify`.
package enum VerifySettings {
    static let date = Setting(
        "date", .text("YYYY-MM-DD|yesterday"),
        help: "Check the files of this day (UTC) only; everything when not given. The word is for schedules.")

    package static let table = SettingsTable(
        "loader verify", "Compares the files with what plans and manifests say of them.",
        [
            SettingsTable.Group("What to check", [date]), StorageSettings.group,
            SettingsTable.Group("Topic", [TopicSettings.topic, TopicSettings.layout]),
            LogSettings.group,
        ])
}

/// The settings of `loader restore`.
package enum RestoreSettings {
    static let objects = Setting(
        "object", environment: "RESTORE_OBJECTS", .text("NAME"), repeatable: true,
        help: "A dead-letter or partition file, named from the storage URL on. Required.")
    static let dryRun = Setting(
        "dry-run", environment: "RESTORE_DRY_RUN", .flag,
        help: "Read and check the files and say what would be produced; needs no brokers.")

    package static let table = SettingsTable(
        "loader restore", "Produces the records of dead-letter or partition files to a topic.",
        [
            SettingsTable.Group("What to restore", [objects, dryRun]), StorageSettings.group,
            KafkaSettings.group(KafkaSettings.optionalBrokers, joinsGroup: false), LogSettings.group,
        ])
}
