internal import JobSupport
internal import Records
package import Support
internal import VertexAI

/// The settings of `batch-judge` for judging. Each command has those that it needs.
package enum JudgeSettings {
    // MARK: What is judged

    static let topic = Setting(
        "kafka-topic", .text("TOPIC"), help: "Only this topic; without it all that are stored.")
    static let pattern = Setting(
        "gcs-input-uri", .text("URL"),
        help: "The files, instead of days: \(InputPattern.expectation). Below tagged/, the tags can be filtered by.")
    static let date = Setting(
        "date", environment: "JUDGE_DATE", .text("YYYY-MM-DD"),
        help: "This day (UTC); yesterday when nothing is given.")
    static let from = Setting(
        "from", environment: "JUDGE_FROM", .text("YYYY-MM-DD"), help: "The first of several days, with --to.")
    static let to = Setting("to", environment: "JUDGE_TO", .text("YYYY-MM-DD"), help: "The last day, with --from.")
    static let lookback = Setting(
        "judge-days", .integer(0...366), .standard("7"),
        help: "Without a date: so many days before yesterday are looked at for what is not judged or collected yet.")
    static let waitForComplete = Setting(
        "wait-for-complete", .duration(.zero ... .seconds(3 * 86_400)), .standard("0s"),
        help: "How long to wait for hours of the day that are not sealed; then exit status 79.")
    static let allowIncomplete = Setting(
        "allow-incomplete", .flag, help: "Judge what is there although hours are missing; every result says so.")
    static let sample = Setting(
        "sample", environment: "JUDGE_SAMPLE", .text("SHARE"), .standard("1"),
        help: "Judge this share of the interactions, 0.1 for instance; by their ids, so always the same ones.")
    static let filters = Setting(
        "filter", environment: "JUDGE_FILTERS", .text("POINTER=VALUE"), repeatable: true,
        help: "Judge only records with this value at the JSON pointer, or in the list there. All filters have to hold.")
    static let inputTokens = Setting(
        "input-tokens", environment: "JUDGE_INPUT_TOKENS", .integer(Shortening.tokenRange), .standard("4000"),
        help: "A longer input is shortened for the judge.")
    static let outputTokens = Setting(
        "output-tokens", environment: "JUDGE_OUTPUT_TOKENS", .integer(Shortening.tokenRange), .standard("4000"),
        help: "A longer output is shortened for the judge.")

    // MARK: Where

    static let inputBucket = Setting(
        "input-bucket", .text("BUCKET"), help: "Where the loader's files are, if not in the store: BUCKET or a URL.")

    // MARK: The judge

    static let prompt = Setting(
        "prompt-path", .text("FILE"), .standard("prompts/security-judge.prompt.yml"),
        help: "The judge's prompt. The standard is looked for in the current directory, then beside the program.")
    static let model = Setting(
        "model-id", .text("MODEL"),
        help: "The judge's model. Without it the prompt file's, or else \(JobSubmitter.standardModel).")
    static let fallback = Setting(
        "model-fallback-id", .text("MODEL"), .standard("publishers/google/models/gemini-3.5-flash-lite"),
        help: "Judges when the model is not to be had (any more); 'none': the run fails then.")
    static let prices = Setting(
        "price-file", .text("FILE"), .standard("prompts/prices.json"),
        help:
            "What tokens cost, with its date. The standard is looked for in the current directory, then beside the program."
    )
    static let maxCost = Setting(
        "max-cost-usd", .text("USD"),
        help: "Submit no more than could cost this at worst (5.00), the oldest days first; status 75 if any is left.")
    static let retries = Setting(
        "retries", environment: "JUDGE_RETRIES", .integer(0...10), .standard("2"),
        help: "How often what failed is asked again, in a smaller job.")
    static let askUnjudged = Setting(
        "ask-unjudged", .flag,
        help:
            "Once: ask again what is kept as unjudged on the days looked at, unless its content was refused; and answers that "
            + "are paid for and not found.")

    // MARK: Vertex AI

    static let project = Setting("gcp-project", .text("PROJECT"), help: "The project that runs the jobs.")
    static let projectID = Setting("gcp-project-id", .text("PROJECT"), help: "Another name of the same.")
    static let location = Setting(
        "gcp-location", .text("LOCATION"), .standard("us-central1"), help: "A region, us, eu, or global.")
    static let address = Setting(
        "google-vertex-base-url", .text("URL"), help: "Instead of Google's own address.")
    static let deadline = Setting(
        "vertex-deadline", .duration(.seconds(1) ... .seconds(86_400)), .standard("5m"),
        help: "How long a call of Vertex AI is tried again.")

    // MARK: Waiting

    static let wait = Setting(
        "wait", environment: "JUDGE_WAIT", .flag,
        help: "Wait until the jobs have ended, collect, and ask again what failed. Otherwise the next run collects.")
    static let waitDeadline = Setting(
        "wait-deadline", .duration(.zero ... .seconds(30 * 86_400)), .standard("24h"),
        help: "How long, with --wait; then exit status 75. 0s has no end.")
    static let pollInterval = Setting(
        "poll-interval", .duration(.milliseconds(10) ... .seconds(3600)), .standard("60s"),
        help: "How often is looked at jobs, and at hours, that are waited for.")
    static let lease = Setting(
        "lease", environment: "JUDGE_LEASE", .duration(.seconds(1) ... .seconds(3600)), .standard("2m"),
        help: "After this long without a sign of life another run takes over a day.")

    static let metricsFile = Setting(
        "metrics-file", environment: "JUDGE_METRICS_FILE", .text("FILE"),
        help: "Also write what was judged here, as Prometheus' text, when the run ends.")
    static let dryRun = Setting(
        "dry-run", environment: "JUDGE_DRY_RUN", .flag, help: "Only look at the file; ask no model.")

    // MARK: Commands

    private static let days = [topic, pattern, date, from, to, DaySettings.zone, lookback]
    private static let complete = [waitForComplete, allowIncomplete]
    private static let content = [sample, filters] + RecordSettings.settings + [inputTokens, outputTokens]
    private static let places =
        [StorageSettings.url, StorageSettings.bucket, inputBucket, OutputSettings.bucket, OutputSettings.prefix]
        + StorageSettings.connection + [TopicSettings.layout]
    private static let cost = [prices, maxCost]
    private static let vertex = SettingsTable.Group("Vertex AI", [project, projectID, location, address, deadline])
    private static let waiting = [wait, waitDeadline, pollInterval]

    package static let runTable = SettingsTable(
        "batch-judge run", "Judges the interactions of a day: assembles, submits, and collects what is ready.",
        [
            SettingsTable.Group("What is judged", days + complete + content),
            SettingsTable.Group("The judge", [prompt, model, fallback] + cost + [retries, askUnjudged]), vertex,
            SettingsTable.Group("Waiting", waiting + [lease]), SettingsTable.Group("Storage", places),
            SettingsTable.Group("Files", CompressionSettings.settings + [metricsFile]), LogSettings.group,
        ])
    package static let triggerTable = SettingsTable(
        "batch-judge trigger", "Assembles and submits: what a scheduler calls each day. A later run collects.",
        [
            SettingsTable.Group("What is judged", days + complete + content),
            SettingsTable.Group("The judge", [prompt, model, fallback] + cost), vertex,
            SettingsTable.Group("Waiting", [pollInterval, lease]), SettingsTable.Group("Storage", places),
            LogSettings.group,
        ])
    package static let assembleTable = SettingsTable(
        "batch-judge assemble", "Writes the input of the jobs, says what they are likely to cost, and submits nothing.",
        [
            SettingsTable.Group("What is judged", days + complete + content),
            SettingsTable.Group("The judge", [prompt, model, prices]),
            SettingsTable.Group("Waiting", [pollInterval, lease]),
            SettingsTable.Group("Storage", places), LogSettings.group,
        ])
    package static let submitTable = SettingsTable(
        "batch-judge submit", "Submits what is assembled.",
        [
            SettingsTable.Group("Days", days), SettingsTable.Group("The judge", [model, fallback] + cost), vertex,
            SettingsTable.Group("Waiting", [lease]), SettingsTable.Group("Storage", places), LogSettings.group,
        ])
    package static let collectTable = SettingsTable(
        "batch-judge collect",
        "Collects the verdicts of jobs that have ended, asks again what failed, and writes the results.",
        [
            SettingsTable.Group("Days", days),
            SettingsTable.Group("The judge", [model, fallback] + cost + [retries, askUnjudged]), vertex,
            SettingsTable.Group("Waiting", waiting + [lease]), SettingsTable.Group("Storage", places),
            SettingsTable.Group("Files", CompressionSettings.settings + [metricsFile]), LogSettings.group,
        ])
    package static let promptTable = SettingsTable(
        "batch-judge prompt check",
        "Checks the judge's prompt file; with a project, asks the model about its test cases.",
        [
            SettingsTable.Group("The judge", [prompt, model, dryRun, inputTokens, outputTokens]), vertex,
            SettingsTable.Group("Access", [StorageSettings.credentials]),
            LogSettings.group,
        ])
}
