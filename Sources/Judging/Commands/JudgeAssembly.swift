internal import Bytes
internal import GoogleAuth
internal import HTTP
internal import Interactions
internal import JobSupport
internal import Logging
internal import ObjectStorage
internal import Prices
internal import Support
internal import VertexAI

/// Puts the parts of a run together.
struct JudgeAssembly {
    private let configuration: JudgeConfiguration
    private let environment: [String: String]
    private let logger: Logger
    private let input: any ObjectStore
    private let output: any ObjectStore
    private let runID = newRunID(at: SystemWallClock().now())

    init(_ configuration: JudgeConfiguration, environment: [String: String]) throws(Failure) {
        (self.configuration, self.environment) = (configuration, environment)
        logger = configuration.log.logger(label: "batch-judge")
        output = try StoreFactory.make(configuration.output, environment: environment)
        input =
            configuration.input.location == configuration.output.location
            ? output : try StoreFactory.make(configuration.input, environment: environment)
    }

    func parts() async throws(Failure) -> (parts: JudgeParts, report: JudgeReport) {
        // What is wrong with a file is said before anything is asked.
        let assembles = configuration.limits.steps.contains(.assemble)
        let rules = assembles ? try rules() : nil
        let failpoints = Failpoints(try Failpoint.trigger(environment: environment))
        let states = StateStore(output)
        let prices = try PriceTable(path: configuration.pricePath, setting: JudgeSettings.prices)
        let submitter = try submitter(states, prices, failpoints)
        try (assembles ? configuration.input : configuration.output).requireThere()
        let clock = try await StoreTime.asked(output, logger: logger)
        let store = output
        let parts = JudgeParts(
            finder: DayFinder(
                input: input, states: states, layout: configuration.layout, limits: configuration.limits),
            limits: configuration.limits, rules: rules, submitter: submitter,
            pricing: submitter.map(JobPricing.init) ?? JobPricing(prices: prices, asked: configuration.model),
            gzip: configuration.gzip,
            leases: LeaseKeeper(store: output, clock: clock, holder: runID, duration: configuration.lease),
            failpoints: failpoints, clock: clock,
            results: { (state, now, isMine) async throws(Failure) in
                try await JudgeAssembly.write(state, in: store, at: now, isMine)
            }, logger: logger)
        var report = JudgeReport(job: configuration.command, store: output.location, startedAt: clock.now())
        report.prompt = rules?.prompt.label
        report.model = configuration.model ?? rules?.prompt.model ?? JobSubmitter.standardModel
        report.priceDate = prices.date
        return (parts, report)
    }

    private static func write(
        _ state: DayState, in store: any ObjectStore, at now: Milliseconds, _ isMine: @escaping @Sendable () -> Bool
    ) async throws(Failure) {
        guard let schema = state.schema else { return }
        let results = DayResults(store: store, names: JudgedNames(topic: state.topic), schema: schema, isMine: isMine)
        _ = try await results.write(state, recordsInManifests: state.recordsInManifests, at: now)
    }

    private func rules() throws(Failure) -> JudgeRules {
        let prompt = try JudgePrompt.file(path: configuration.promptPath)
        for warning in prompt.warnings {
            logger.warning("\(warning)", metadata: ["prompt": "\(configuration.promptPath)"])
        }
        return JudgeRules(
            prompt: prompt, fields: configuration.fields,
            shortening: configuration.shortening,
            sample: configuration.sample, filters: configuration.filters)
    }

    private func submitter(
        _ states: StateStore, _ prices: PriceTable, _ failpoints: Failpoints
    ) throws(Failure) -> JobSubmitter? {
        guard let vertex = configuration.vertex else { return nil }
        let retrying = Retrying(
            policy: RetryPolicy(initial: .seconds(1), cap: .seconds(60), deadline: configuration.vertexDeadline))
        let client = try VertexClient.make(
            vertex, credentialsPath: configuration.output.credentialsPath, retrying, environment: environment)
        return JobSubmitter(
            service: client, states: states, model: configuration.model, fallback: configuration.fallback,
            prices: prices,
            failpoints: failpoints, retrying: retrying, logger: logger)
    }

    /// The last line on standard output, an object of its own, and the metrics.
    func publish(_ report: JudgeReport) async {
        await ReportPublisher(folder: "batch-judge", run: runID, store: output, logger: logger).publish(report)
        await writeMetrics(report)
    }

    private func writeMetrics(_ report: JudgeReport) async {
        guard let path = configuration.metricsFile else { return }
        do {
            try await MetricsFile.write(
                to: path, days: report.days.map { ($0.topic, $0.date) }, leftBehind: report.leftBehind.count,
                in: output,
                exitCode: report.exitCode, at: SystemWallClock().now())
        } catch {
            logger.error("the metrics could not be written", metadata: ["error": "\(error)"])
        }
    }
}

extension JudgePrompt {
    static func file(path: String) throws(Failure) -> JudgePrompt {
        try file(readFile(path, limit: mostBytes, what: "prompt", setting: JudgeSettings.prompt), source: path)
    }
}

extension VertexClient {
    /// With Google's credentials; without any for a stand-in on this machine, unless some are named.
    static func make(
        _ configuration: VertexConfiguration, credentialsPath: String?, _ retrying: Retrying,
        environment: [String: String]
    ) throws(Failure) -> VertexClient {
        let transport = try CurlTransport(.init(maxConcurrent: 4, environment: environment))
        let named = [credentialsPath, environment["GOOGLE_APPLICATION_CREDENTIALS"], environment["GCE_METADATA_HOST"]]
        var tokens: TokenSource?
        // Only an address of this machine may be without TLS.
        if !configuration.address.description.hasPrefix("http://") || named.contains(where: { $0?.isEmpty == false }) {
            let search = CredentialSearch(explicitPath: credentialsPath, environment: environment)
            tokens = TokenSource(try search.find(), transport: transport)
        }
        return VertexClient(configuration, transport: transport, authorizer: tokens, retrying: retrying)
    }
}
