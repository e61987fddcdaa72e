import ArgumentParser
import Foundation
import StandIns
import Support

/// Local servers that answer as the services do.
struct APICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api",
        abstract: "Answer as Anthropic, Braintrust and Vertex AI do, on 127.0.0.1, until it is ended.",
        discussion: """
            Prints {"anthropic": URL, "braintrust": URL, "vertex": URL, "metadata": HOST, "control": URL} when it listens. \
            There is no model behind it: tags and verdicts come from keyword rules, and prove nothing about what a \
            model would answer. Jobs of Vertex AI read and write what --store names, or the emulator of \
            STORAGE_EMULATOR_HOST.

              GET    <control>/calls     what was called: counts by route and status, calls at once, tokens
              DELETE <control>/calls     counts from nothing
              POST   <control>/script    faults for the next calls, as a JSON array:
                                         [{"route": "messages", "status": 429, "retry_after": 1, "times": 3}]
              DELETE <control>/script    no more faults
              POST   <control>/fill      many rows of Braintrust at once, for tests of size
            """)

    @Option(help: "0 takes one that is free.")
    var port = 0

    @Option(help: ArgumentHelp("The API key that both services want.", valueName: "key"))
    var key = "devcloud"

    @Option(help: ArgumentHelp("How long the metadata server's tokens are good.", valueName: "duration"))
    var tokenLifetime: DurationOption = DurationOption(duration: .seconds(3599))

    @Option(help: ArgumentHelp("A JSON file with faults from the start.", valueName: "file"))
    var script: String?

    @Option(help: ArgumentHelp("A JSON file with what Braintrust has from the start.", valueName: "file"))
    var seed: String?

    @Option(help: ArgumentHelp("Every answer but refusals takes so long: 200ms.", valueName: "duration"))
    var latency: DurationOption = DurationOption(duration: .zero)

    @Option(help: ArgumentHelp("Messages calls at once; more get 429.", valueName: "n"))
    var maxConcurrent: Int?

    @Option(help: ArgumentHelp("Messages calls a minute; more get 429.", valueName: "n"))
    var requestsPerMinute: Int?

    @Option(help: ArgumentHelp("Tokens a minute that are not read from the cache; more get 429.", valueName: "n"))
    var inputTokensPerMinute: Int?

    @Option(help: ArgumentHelp("Tokens a minute; more get 429.", valueName: "n"))
    var outputTokensPerMinute: Int?

    @Option(help: ArgumentHelp("From the making of a batch to its end.", valueName: "duration"))
    var batchDelay: DurationOption = DurationOption(duration: .zero)

    @Option(help: ArgumentHelp("A directory: file:///DIRECTORY. It is every bucket, for gs:// URIs.", valueName: "url"))
    var store: String?

    @Option(help: ArgumentHelp("A job of Vertex AI ends when it is asked for so many times.", valueName: "n"))
    var batchSteps = 3

    @Option(help: ArgumentHelp("How many files the output of such a job is in.", valueName: "n"))
    var batchFiles = 2

    @Option(
        help: ArgumentHelp(
            "Share of a job's rows that have a fault: errored=0.01,blocked=0.01,truncated=0.01; others are missing, "
                + "duplicated, thought, split.", valueName: "list"))
    var rowFaults: RowFaultsOption = RowFaultsOption()

    @Option(help: ArgumentHelp("A model that Vertex AI has no longer; may be repeated.", valueName: "id"))
    var retiredModel: [String] = []

    @Flag(help: "The requests that output repeats are spelled in snake case.")
    var snakeCaseEcho = false

    @Option(help: ArgumentHelp("The limit that Braintrust announces for bodies with rows.", valueName: "n"))
    var rowBytesMax: Int?

    @Option(help: ArgumentHelp("Queries of Braintrust a minute; more get 429.", valueName: "n"))
    var queriesPerMinute: Int?

    @Option(help: ArgumentHelp("Larger answers of queries are redirects to where they are.", valueName: "n"))
    var queryBytesMax: Int?

    @Option(help: "Decides the order of a batch's results.")
    var order: UInt64 = 1

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
        for (name, value) in [
            ("max-concurrent", maxConcurrent), ("requests-per-minute", requestsPerMinute),
            ("input-tokens-per-minute", inputTokensPerMinute), ("output-tokens-per-minute", outputTokensPerMinute),
            ("row-bytes-max", rowBytesMax), ("batch-steps", batchSteps), ("batch-files", batchFiles),
            ("queries-per-minute", queriesPerMinute), ("query-bytes-max", queryBytesMax),
        ] where value.map({ $0 < 1 }) == true {
            throw ValidationError("--\(name) must be 1 or more.")
        }
    }

    func run() async throws {
        _ = signal(SIGTERM) { _ in _exit(0) }
        var settings = StandInSettings()
        settings.latency = latency.duration
        settings.messagesMax = maxConcurrent
        settings.key = key
        settings.tokenLifetime = tokenLifetime.duration
        settings.batchDelay = batchDelay.duration.milliseconds
        settings.seed = order
        if let requestsPerMinute { settings.requestsPerMinute = requestsPerMinute }
        if let inputTokensPerMinute { settings.inputTokensPerMinute = inputTokensPerMinute }
        if let outputTokensPerMinute { settings.outputTokensPerMinute = outputTokensPerMinute }
        settings.rowBytesMax = rowBytesMax
        settings.queriesPerMinute = queriesPerMinute
        settings.queryBytesMax = queryBytesMax
        settings.batchSteps = batchSteps
        settings.batchFiles = batchFiles
        settings.rowFaults = rowFaults.rates
        settings.retiredModels = Set(retiredModel)
        settings.echoIsSnakeCased = snakeCaseEcho
        let emulator = ProcessInfo.processInfo.environment["STORAGE_EMULATOR_HOST"]
        let server = try StandInServer(
            settings, script: try content(of: script, "script"), seed: try content(of: seed, "seed"),
            store: try JobStore(url: store, emulator: emulator))
        try await server.run(port: port) { url in
            try? printLine([
                "anthropic": "\(url)/anthropic", "braintrust": "\(url)/braintrust", "vertex": "\(url)/vertex",
                "metadata": String(url.dropFirst("http://".count)), "control": "\(url)/_devcloud",
            ])
        }
    }

    private func content(of path: String?, _ what: String) throws(Failure) -> [UInt8]? {
        guard let path else { return nil }
        return try readFile(path, limit: 1 << 28, what: what)
    }
}

/// `200ms`, `1m30s`.
struct DurationOption: ExpressibleByArgument {
    var duration: Duration

    init(duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = Duration(text: argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { duration.text }
}

/// `errored=0.01,blocked=0.02`
struct RowFaultsOption: ExpressibleByArgument {
    var rates: [RowFault: Double] = [:]

    init() {}

    init?(argument: String) {
        for entry in argument.split(separator: ",") {
            let parts = entry.split(separator: "=")
            guard parts.count == 2, let fault = RowFault(rawValue: String(parts[0])), let rate = Double(parts[1]),
                (0...1).contains(rate)
            else { return nil }
            rates[fault] = rate
        }
    }

    var defaultValueDescription: String { "none" }
}
