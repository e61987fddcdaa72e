import Anthropic
import Braintrust
import JobSupport
import Records
package import Support

/// How the model is asked.
package enum TagMode: String, Sendable, CaseIterable {
    /// Now, one record a call.
    case messages
    /// In Message Batches, at half the price; a later run collects.
    case batches
    /// Batches for what is much, messages for the rest.
    case auto
}

/// The settings of `loader tag`.
package enum TagSettings {
    static let date = Setting(
        "date", environment: "TAG_DATE", .text("YYYY-MM-DD"), help: "Tag the files of this day (UTC) only.")
    static let since = Setting(
        "since", environment: "TAG_SINCE", .text("YYYY-MM-DD"), help: "Tag the files of this day and of those after it."
    )
    static let until = Setting(
        "until", environment: "TAG_UNTIL", .text("YYYY-MM-DD"),
        help: "The last day, with --since; the last there is when not given.")
    static let days = Setting(
        "days", environment: "TAG_DAYS", .integer(1...3660), .standard("31"),
        help: "Without a date: how many days back untagged files are looked for.")
    static let retag = Setting(
        "retag", environment: "TAG_RETAG", .flag,
        help: "Tag again what is tagged, with the tags of today, below retagged/; needs --date or --since.")
    static let dryRun = Setting(
        "dry-run", environment: "TAG_DRY_RUN", .flag, help: "Only say what there is to do and what it would cost.")

    static let taxonomy = Setting(
        "taxonomy", .text("FILE"), help: "The tags, as YAML. Without it they are those of the Braintrust project.")
    static let projectID = Setting(
        "braintrust-project-id", .text("PROJECT"),
        help: "The Braintrust project whose tags are used, by id or by name.")
    static let braintrustKey = Setting(
        "braintrust-api-key", .text("KEY"), secret: true, help: "Needed without --taxonomy.")

    static let key = Setting("anthropic-api-key", .text("KEY"), secret: true, help: "Needed whenever Claude is asked.")
    static let address = Setting(
        "anthropic-base-url", .text("URL"), .standard(AnthropicConfiguration.defaultAddress), help: "The Claude API.")
    static let model = Setting("tag-model", .text("MODEL"), help: "Instead of the prompt file's model.")
    static let prompt = Setting(
        "tag-prompt", .text("FILE"), .standard("prompts/tagging.prompt.yml"),
        help: "The prompt. The standard is looked for in the current directory, then beside the program.")
    static let prices = Setting(
        "price-file", .text("FILE"), .standard("prompts/prices.json"),
        help:
            "What tokens cost, with its date. The standard is looked for in the current directory, then beside the program."
    )
    static let mode = Setting(
        "mode", environment: "TAG_MODE", .choice(TagMode.allCases.map(\.rawValue)), .standard("messages"),
        help: "messages: now; batches: at half the price, collected by a later run; auto: by size and --max-duration.")
    static let concurrency = Setting(
        "tag-concurrency", .integer(1...1000), .standard("16"),
        help:
            "Calls at the same time, at most; fewer when the service asks for it. So many may be paid twice after a kill."
    )
    static let callDeadline = Setting(
        "call-deadline", .duration(.seconds(1) ... .seconds(86_400)), .standard("10m"),
        help: "How long a record is tried again.")
    static let batchRequests = Setting(
        "batch-requests", .integer(1...10_000), .standard("10000"), help: "Requests of one Message Batch, at most.")
    static let batchFrom = Setting(
        "batch-from", .integer(1...100_000_000), .standard("2000"),
        help: "With --mode auto: so many calls are worth a batch.")

    static let inputTokens = Setting(
        "input-tokens", .integer(Shortening.tokenRange), .standard("1500"),
        help: "A longer input is shortened for the model.")
    static let outputTokens = Setting(
        "output-tokens", .integer(Shortening.tokenRange), .standard("1500"),
        help: "A longer output is shortened for the model.")

    static let maxRecords = Setting(
        "max-records", .integer(0...Int.max), help: "Ask about so many records and stop, with exit status 75.")
    static let maxCost = Setting(
        "max-cost-usd", .text("USD"), help: "Spend no more than this and stop, with exit status 75: 0.50, for instance."
    )
    static let maxDuration = Setting(
        "max-duration", .duration(.seconds(1) ... .seconds(30 * 86_400)),
        help: "Stop after this long, with exit status 75 if something is left.")
    static let shutdownGrace = Setting(
        "shutdown-grace", .duration(.seconds(1) ... .seconds(3600)), .standard("8s"),
        help: "How long SIGTERM leaves to calls that are under way. Cloud Run kills after 10 s.")
    static let answerAge = Setting(
        "answer-age", .duration(.zero ... .seconds(366 * 86_400)), .standard("7d"),
        help: "How long an answer counts for the same content when it comes again.")
    static let answerLimit = Setting(
        "answer-limit", .integer(0...20_000_000), .standard("500000"),
        help: "Answers of earlier runs that are kept in mind; a million takes about 60 MB.")
    static let lease = Setting(
        "lease", environment: "TAG_LEASE", .duration(.seconds(10) ... .seconds(86_400)), .standard("5m"),
        help: "After this long without a sign of life another run takes over a file.")
    static let metricsFile = Setting(
        "tag-metrics-file", .text("FILE"),
        help: "Also write what was tagged here, as Prometheus' text, when the run ends.")

    package static let table = SettingsTable(
        "loader tag", "Tags stored interactions with Claude, each once, and stops within its budget.",
        [
            SettingsTable.Group("What to tag", [date, since, until, days, retag, dryRun]),
            SettingsTable.Group(
                "Tags",
                [taxonomy, projectID, braintrustKey, BraintrustSettings.address, BraintrustSettings.organization]
                    + [BraintrustSettings.deadline]),
            SettingsTable.Group(
                "Claude",
                [key, address, model, prompt, prices, mode, concurrency, callDeadline, batchRequests, batchFrom]),
            SettingsTable.Group(
                "Budget and run",
                [maxRecords, maxCost, maxDuration, shutdownGrace, answerAge, answerLimit, lease, metricsFile]),
            SettingsTable.Group("Content", RecordSettings.settings + [inputTokens, outputTokens]),
            StorageSettings.group,
            SettingsTable.Group("Files", [TopicSettings.topic, TopicSettings.layout] + CompressionSettings.settings),
            LogSettings.group,
        ])
}
