internal import Braintrust
internal import JobSupport
package import Support

/// The settings of `batch-judge backup` and `batch-judge backup verify`.
package enum BackupSettings {
    static let date = Setting(
        "date", environment: "BACKUP_DATE", .text("YYYY-MM-DD"),
        help: "The day in the files' names; the rows are those of the days before it (UTC). Today when not given.")
    static let days = Setting(
        "days", environment: "BACKUP_DAYS", .integer(1...3660), .standard("7"), help: "How many days before the date.")
    static let format = Setting(
        "format", environment: "BACKUP_FORMAT", .text("FORMAT,…"), .standard("csv"), repeatable: true,
        help: "csv, csv.gz, jsonl and jsonl.gz, one or several; only JSON lines lose nothing.")
    static let overwrite = Setting(
        "overwrite", environment: "BACKUP_OVERWRITE", .flag, help: "Make the backup anew and replace what is there.")

    static let bucket = Setting(
        "bucket", environment: "BACKUP_BUCKET", .text("BUCKET"), .standard("braintrust-logs"),
        help: "The bucket, also as gs://BUCKET/FOLDER, or file:///DIRECTORY.")
    static let prefix = Setting(
        "prefix", environment: "BACKUP_PREFIX", .text("FOLDER/"), .standard("logs/"),
        help: "The folder of the files in it; / for none.")

    static let spool = Setting(
        "spool", environment: "BACKUP_SPOOL", .text("BUCKET"),
        help:
            "Where rows are kept until the files are made, if not in the bucket itself, whose retention policy may forbid "
            + "to remove them; as for --bucket.")

    static let byteOrderMark = Setting(
        "csv-bom", .flag, help: "Begin CSV files with a byte order mark, by which Excel knows that they are UTF-8.")
    static let formulaGuard = Setting(
        "csv-formula-guard", .flag,
        help: "Put an apostrophe before texts that a spreadsheet would take for a formula (they begin with = + - @).")
    static let maxColumns = Setting(
        "max-columns", .integer(10...100_000), .standard("2000"),
        help: "Columns of a CSV file; what has no place is kept as JSON in one more, _more.")

    static let maxDuration = Setting(
        "max-duration", .duration(.seconds(1) ... .seconds(30 * 86_400)),
        help: "Stop after this long, with exit status 75; the next run goes on.")
    static let shutdownGrace = Setting(
        "shutdown-grace", .duration(.seconds(1) ... .seconds(3600)), .standard("8s"),
        help: "How long a signal leaves to what is under way. Cloud Run kills after 10 s.")

    static let metricsFile = Setting(
        "backup-metrics-file", .text("FILE"),
        help: "Also write what was backed up here, as Prometheus' text, when the run ends.")

    private static let storage = SettingsTable.Group("Storage", StorageSettings.connection)

    package static let table = SettingsTable(
        "batch-judge backup", "Writes a project's logs of some days to CSV, and reads back what it wrote.",
        [
            SettingsTable.Group("What to back up", [date, days, DaySettings.zone, format, overwrite]),
            SettingsTable.Group("Where", [bucket, prefix, spool]),
            SettingsTable.Group("CSV", [byteOrderMark, formulaGuard, maxColumns]),
            BraintrustSettings.group, SettingsTable.Group("Run", [maxDuration, shutdownGrace, metricsFile]), storage,
            SettingsTable.Group("Files", CompressionSettings.settings), LogSettings.group,
        ])

    package static let verifyTable = SettingsTable(
        "batch-judge backup verify", "Reads a backup's files and compares them with what was written.",
        [
            SettingsTable.Group("What to verify", [date, DaySettings.zone]),
            SettingsTable.Group("Where", [bucket, prefix]),
            storage, LogSettings.group,
        ])
}
