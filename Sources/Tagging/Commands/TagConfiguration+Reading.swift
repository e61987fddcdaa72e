import Anthropic
import Braintrust
import Interactions
import JobSupport
import Records
package import Support

extension TagConfiguration {
    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(TagSettings.table, arguments: arguments, environment: environment)
        try self.init(&reader)
    }

    /// - Parameter reader: of a table that has these settings, and maybe more. Throws its problems, all of them.
    package init(_ reader: inout SettingsReader) throws(Failure) {
        try self.init(&reader, place: Self.place(&reader))
    }

    /// For jobs that make the raw files themselves.
    package init(_ reader: inout SettingsReader, place: TagPlace) throws(Failure) {
        self.place = place
        let taxonomy = Self.taxonomy(&reader)
        anthropic = Self.anthropic(&reader, isNeeded: !place.isDryRun)
        model = reader.optionalText(TagSettings.model)
        promptPath = reader.shippedPath(TagSettings.prompt)
        pricePath = reader.shippedPath(TagSettings.prices)
        mode = reader.choice(TagSettings.mode, else: .messages)
        concurrency = reader.integer(TagSettings.concurrency)
        callDeadline = reader.duration(TagSettings.callDeadline)
        batchRequests = reader.integer(TagSettings.batchRequests)
        batchFrom = reader.integer(TagSettings.batchFrom)
        let fields = RecordSettings.read(&reader)
        inputTokens = reader.integer(TagSettings.inputTokens)
        outputTokens = reader.integer(TagSettings.outputTokens)
        maxRecords = reader.optionalInteger(TagSettings.maxRecords)
        maxCost = reader.optionalValue(
            TagSettings.maxCost, expected: "US dollars such as 0.50", microDollars(from:))
        maxDuration = reader.optionalDuration(TagSettings.maxDuration)
        shutdownGrace = reader.duration(TagSettings.shutdownGrace)
        answerAge = reader.duration(TagSettings.answerAge)
        answerLimit = reader.integer(TagSettings.answerLimit)
        lease = reader.duration(TagSettings.lease)
        metricsPath = reader.outputPath(TagSettings.metricsFile)
        gzip = CompressionSettings.read(&reader)
        log = LogSettings.read(&reader)
        // A file whose answers are not kept until the next run would begin, and be paid for, anew each time.
        if maxRecords != nil || maxCost != nil || maxDuration != nil, answerAge == .zero || answerLimit == 0 {
            reader.report(
                "\(TagSettings.answerAge.flag) 0s and \(TagSettings.answerLimit.flag) 0 go without "
                    + "\(TagSettings.maxRecords.flag), \(TagSettings.maxCost.flag) and \(TagSettings.maxDuration.flag): "
                    + "what a run has no time to finish would be paid for again by the next one")
        }
        try reader.finish()
        guard let taxonomy, let fields else { throw Failure(.usage, "a required setting is missing") }
        self.taxonomy = taxonomy
        self.fields = fields
    }

    private static func place(_ reader: inout SettingsReader) -> TagPlace {
        var place = TagPlace(storage: StorageSettings.read(&reader), topic: TopicSettings.topic(&reader))
        place.layout = TopicSettings.layout(&reader)
        place.isRetag = reader.flag(TagSettings.retag)
        place.isDryRun = reader.flag(TagSettings.dryRun)
        place.dates = dates(&reader)
        place.days = reader.integer(TagSettings.days)
        if place.isRetag, place.dates == nil {
            reader.report(
                "\(TagSettings.retag.bothNames) needs \(TagSettings.date.bothNames) or \(TagSettings.since.bothNames)")
        }
        return place
    }

    /// Days since 1970.
    private static func dates(_ reader: inout SettingsReader) -> ClosedRange<Int64>? {
        func day(_ setting: Setting) -> Int64? {
            reader.optionalValue(setting, expected: "a date such as 2026-11-20") { CivilDate($0)?.daysSince1970 }
        }
        let (date, since, until) = (day(TagSettings.date), day(TagSettings.since), day(TagSettings.until))
        if reader.isGiven(TagSettings.date), reader.isGiven(TagSettings.since) || reader.isGiven(TagSettings.until) {
            reader.report(
                "\(TagSettings.date.bothNames) goes without \(TagSettings.since.flag) and \(TagSettings.until.flag)")
        }
        if reader.isGiven(TagSettings.until), !reader.isGiven(TagSettings.since) {
            reader.report("\(TagSettings.until.bothNames) needs \(TagSettings.since.bothNames)")
        }
        if let date { return date...date }
        guard let since else { return nil }
        // Nothing is stored for later days.
        let last = until ?? CivilDate(year: 9999, month: 12, day: 31)?.daysSince1970 ?? since
        guard since <= last else {
            reader.reject(TagSettings.until, expected: "a day that is not before \(TagSettings.since.flag)")
            return nil
        }
        return since...last
    }

    private static func taxonomy(_ reader: inout SettingsReader) -> TaxonomyPlace? {
        let names = [TagSettings.projectID, TagSettings.braintrustKey]
        let (project, key) = (reader.optionalText(names[0]), reader.optionalText(names[1]))
        let address = reader.text(BraintrustSettings.address)
        let organization = reader.optionalText(BraintrustSettings.organization)
        let deadline = reader.duration(BraintrustSettings.deadline)
        if let path = reader.optionalText(TagSettings.taxonomy) { return .file(path) }
        guard let project, let key else {
            reader.report(
                "\(TagSettings.taxonomy.bothNames), or \(names[0].bothNames) with \(names[1].bothNames), is required: "
                    + "the tags to choose from")
            return nil
        }
        do {
            var configuration = try BraintrustConfiguration(address: address, key: key, organization: organization)
            configuration.deadline = deadline
            return .braintrust(configuration, projectID: project)
        } catch {
            reader.report(error.description)
            return nil
        }
    }

    private static func anthropic(_ reader: inout SettingsReader, isNeeded: Bool) -> AnthropicConfiguration? {
        let address = reader.text(TagSettings.address)
        guard let key = reader.optionalText(TagSettings.key) else {
            if isNeeded { reader.report("\(TagSettings.key.bothNames) is required: a key of the Claude API") }
            return nil
        }
        do {
            return try AnthropicConfiguration(address: address, key: key)
        } catch {
            reader.report(error.description)
            return nil
        }
    }
}
