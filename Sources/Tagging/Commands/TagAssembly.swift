import Anthropic
import Braintrust
import Bytes
import HTTP
import Interactions
import JobSupport
import Logging
import ObjectStorage
import Prices
import Records
import Support

/// Puts the parts of a run together.
struct TagAssembly {
    /// What the command needs of them.
    struct Parts: Sendable {
        var run: TagRun
        var gate: CallGate
        var journal: AnswerJournal
        var leases: LeaseKeeper
        var tally: TagTally
        /// With what is known before the run begins.
        var report: TagReport
    }

    private let configuration: TagConfiguration
    private let job: String
    private let environment: [String: String]
    private let logger: Logger
    private let store: any ObjectStore
    private let transport: CurlTransport
    private let failpoints: Failpoints
    // Later ones have later names: the answers of a day are read newest first.
    private let runID = newRunID(at: SystemWallClock().now())

    /// - Parameter job: `loader tag`: the program, and the command in it.
    init(_ configuration: TagConfiguration, job: String, environment: [String: String]) throws(Failure) {
        (self.configuration, self.job, self.environment) = (configuration, job, environment)
        logger = configuration.log.logger(label: program(of: job))
        store = try StoreFactory.make(configuration.place.storage, environment: environment)
        failpoints = Failpoints(try Failpoint.trigger(environment: environment))
        transport = try CurlTransport(
            // With some for what is not a record's call.
            .init(maxConcurrent: configuration.concurrency + 4, environment: environment))
    }

    func parts() async throws(Failure) -> Parts {
        let files = try TagFiles(configuration)
        try configuration.place.storage.requireThere()
        // Leases and answers are compared with those of other machines: by the store's time, whatever this machine's is.
        let clock = try await StoreTime.asked(store, logger: logger)
        let rules = rules(try await taxonomy(files), files)
        let form = try form(rules, files.prices)
        try await rules.names.raw.requireStored(in: store)
        let (tally, gate) = (TagTally(), gate())
        let own = "\(rules.names.answers(on: clock.now()))\(runID)"
        let journal = AnswerJournal(store: store, prefix: own)
        let archive = archive(rules, own: own, clock)
        let client = try client()
        let asker = Asker(
            form: form, gate: gate, desk: AnswerDesk(limit: configuration.answerLimit), journal: journal,
            tally: tally, wallClock: clock,
            retrying: Retrying(policy: RetryPolicy(deadline: configuration.callDeadline)),
            logger: logger
        ) { (request: MessageRequest) async throws(AnthropicError) -> MessageAnswer in try await client.send(request) }
        let leases = LeaseKeeper(store: store, clock: clock, holder: runID, duration: configuration.lease)
        let states = BatchStates(store: store, names: rules.names)
        let run = TagRun(
            store: store, rules: rules,
            tagger: FileTagger(
                store: store, rules: rules, asker: asker, archive: archive, leases: leases, failpoints: failpoints,
                wallClock: clock, questionsAtOnce: 2 * configuration.concurrency),
            submitter: BatchSubmitter(
                store: store, rules: rules, asker: asker, archive: archive, client: client, states: states,
                leases: leases, failpoints: failpoints, wallClock: clock, run: runID,
                maxRequests: configuration.batchRequests,
                logger: logger),
            collector: BatchCollector(
                states: states, client: client, asker: asker, leases: leases, wallClock: clock, logger: logger),
            logger: logger, limits: limits(clock))
        var report = TagReport(store: store.location, topic: configuration.place.topic, startedAt: clock.now())
        report.job = job
        (report.model, report.prompt, report.config) = (rules.model, rules.prompt.label, rules.names.config)
        (report.taxonomy, report.taxonomyTags) = (rules.taxonomy.hash, rules.taxonomy.tags.count)
        report.priceDate = form.prices.date
        return Parts(run: run, gate: gate, journal: journal, leases: leases, tally: tally, report: report)
    }

    /// The last line on standard output, an object of its own, and the metrics; a dry run writes none of the two.
    func publish(_ report: TagReport) async {
        await ReportPublisher(
            folder: configuration.place.topic, run: runID, store: configuration.place.isDryRun ? nil : store,
            logger: logger
        ).publish(report)
        guard !configuration.place.isDryRun else { return }
        writeMetrics(
            report.metrics(at: SystemWallClock().now()), prefix: "loader_tag_", to: configuration.metricsPath,
            logger: logger)
    }

    // MARK: - One part each

    private func taxonomy(_ files: TagFiles) async throws(Failure) -> Taxonomy {
        let (taxonomy, counts): (Taxonomy, TaxonomyCounts)
        switch files.tags {
        case .read(let read, let ofFile): (taxonomy, counts) = (read, ofFile)
        case .braintrust(let braintrust, let projectID):
            let client = BraintrustClient(braintrust, transport: transport)
            let projectID = try await client.projectID(named: projectID)
            let tags: [ProjectTag]
            do throws(BraintrustError) {
                tags = try await client.projectTags(projectID: projectID)
            } catch {
                throw error.failure
            }
            (taxonomy, counts) = try Taxonomy.marked(
                tags.map { TaxonomyEntry(name: $0.name, description: $0.description) }, project: projectID)
        }
        logger.info(
            "taxonomy",
            metadata: [
                "tags": "\(counts.tags)", "without_marker": "\(counts.withoutMarker)",
                "without_name": "\(counts.withoutName)", "without_description": "\(counts.withoutDescription)",
                "merged": "\(counts.merged)", "hash": "\(taxonomy.label)",
            ])
        return taxonomy
    }

    private func rules(_ taxonomy: Taxonomy, _ files: TagFiles) -> TaggingRules {
        let (prompt, model) = (files.prompt, files.model)
        let shortening = Shortening(inputTokens: configuration.inputTokens, outputTokens: configuration.outputTokens)
        let config = TaggingConfigHash(
            model: model, prompt: prompt, taxonomy: taxonomy, shortening: shortening, effort: prompt.effort?.rawValue,
            maxTokens: prompt.maxTokens)
        let raw = ObjectNames(topic: configuration.place.topic, layout: configuration.place.layout)
        return TaggingRules(
            names: TaggedNames(raw: raw, config: config.description, isRetag: configuration.place.isRetag),
            taxonomy: taxonomy, prompt: prompt, model: model, config: config, fields: configuration.fields,
            shortening: shortening, gzip: configuration.gzip)
    }

    private func form(_ rules: TaggingRules, _ prices: PriceTable) throws(Failure) -> QuestionForm {
        let system = rules.prompt.system(rules.taxonomy)
        let schema = AnswerSchema.json(rules.taxonomy)
        let template = try MessageTemplate(
            model: rules.model, system: system, schema: schema, effort: rules.prompt.effort)
        return QuestionForm(
            template: template, commonBytes: system.utf8.count + schema.count, maxTokens: rules.prompt.maxTokens,
            answers: AnswerReader(rules.taxonomy), prices: prices)
    }

    private func gate() -> CallGate {
        CallGate(
            pace: CallPace(most: configuration.concurrency),
            budget: TagBudget(maxCalls: configuration.maxRecords, maxCost: configuration.maxCost),
            clock: ContinuousClock())
    }

    private func client() throws(Failure) -> AnthropicClient {
        // A dry run sends nothing.
        if let anthropic = configuration.anthropic { return AnthropicClient(anthropic, transport: transport) }
        return AnthropicClient(try AnthropicConfiguration(key: "none"), transport: transport)
    }

    private func archive(_ rules: TaggingRules, own: String, _ clock: StoreTime) -> AnswerArchive {
        AnswerArchive(
            store: store, names: rules.names, tagCount: rules.taxonomy.tags.count,
            since: clock.now() - configuration.answerAge.milliseconds, own: own,
            readsAtOnce: configuration.place.storage.concurrency, logger: logger)
    }

    private func limits(_ clock: StoreTime) -> TagLimits {
        let today = Hour(containing: clock.now()).index.flooredDivision(by: 24)
        // Files of tomorrow's hours are there when clocks differ, or lie.
        let days = configuration.place.dates ?? (today - Int64(configuration.place.days) + 1)...(today + 1)
        return TagLimits(
            days: days, mode: configuration.mode, isDryRun: configuration.place.isDryRun,
            concurrency: configuration.concurrency, readsAtOnce: configuration.place.storage.concurrency,
            batchFrom: configuration.batchFrom, maxDuration: configuration.maxDuration)
    }
}
