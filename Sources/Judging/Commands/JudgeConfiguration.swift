package import Gzip
package import Interactions
package import JobSupport
package import Records
package import Support
package import VertexAI

/// Everything that a judging command of `batch-judge` was told.
package struct JudgeConfiguration: Sendable {
    /// `batch-judge run`.
    package var command: String
    package var input: StorageConfiguration
    package var output: StorageConfiguration
    package var layout: PartitionLayout
    package var limits: JudgeLimits
    package var promptPath: String
    package var fields: RecordFields
    package var shortening: Shortening
    package var sample: Sample
    package var filters: [RecordFilter]
    /// nil: the prompt file's, or else the standard one.
    package var model: String?
    package var fallback: String?
    package var pricePath: String
    /// nil for a command that does not speak with the service.
    package var vertex: VertexConfiguration?
    package var vertexDeadline: Duration
    package var lease: Duration
    package var gzip: GzipSettings
    /// For a run that is to leave its metrics.
    package var metricsFile: String?
    package var log: LogConfiguration

    /// - Parameter steps: what the command does.
    /// - Throws: one `Failure(.usage)` with everything that is wrong.
    package init(
        _ table: SettingsTable, steps: JudgeSteps, arguments: [String], environment: [String: String],
        clock: any WallClock = SystemWallClock()
    ) throws(Failure) {
        var reader = SettingsReader(table, arguments: arguments, environment: environment)
        command = table.command
        let pattern = reader.optionalValue(
            JudgeSettings.pattern, expected: InputPattern.expectation, InputPattern.init)
        let places = JudgePlaces(&reader, pattern)
        input = StorageSettings.read(&reader, places.input)
        output = input.at(places.output)
        layout = TopicSettings.layout(&reader)
        limits = Self.limits(steps, pattern, &reader, clock)
        promptPath = reader.shippedPath(JudgeSettings.prompt)
        let fields = RecordSettings.read(&reader)
        shortening = Self.shortening(&reader)
        sample = reader.optionalValue(JudgeSettings.sample, expected: "a number above 0, up to 1", Sample.init) ?? .all
        filters = Self.filters(&reader)
        model = reader.optionalText(JudgeSettings.model)
        fallback = reader.optionalText(JudgeSettings.fallback).flatMap { $0 == "none" ? nil : $0 }
        pricePath = reader.shippedPath(JudgeSettings.prices)
        vertex = steps == .assemble ? nil : Self.vertex(&reader)
        if vertex != nil, !reader.isGiven(JudgeSettings.address), case .directory = places.output.location,
            reader.isGiven(places.output.setting)
        {
            reader.report(
                "Vertex AI reads and writes buckets only; \(places.output.setting.bothNames) is a directory; expected a bucket "
                    + "by it or by \(OutputSettings.bucket.bothNames)")
        }
        vertexDeadline = reader.duration(JudgeSettings.deadline)
        lease = reader.duration(JudgeSettings.lease)
        gzip = CompressionSettings.read(&reader)
        metricsFile = reader.outputPath(JudgeSettings.metricsFile)
        log = LogSettings.read(&reader)
        try reader.finish()
        guard let fields else { throw Failure(.usage, "a required setting is missing") }
        self.fields = fields
    }

    static func shortening(_ reader: inout SettingsReader) -> Shortening {
        // A wrong one has been told.
        func tokens(_ setting: Setting) -> Int {
            reader.optionalInteger(setting) ?? Shortening.tokenRange.lowerBound
        }
        return Shortening(
            inputTokens: tokens(JudgeSettings.inputTokens), outputTokens: tokens(JudgeSettings.outputTokens))
    }

    private static func filters(_ reader: inout SettingsReader) -> [RecordFilter] {
        let given = reader.list(JudgeSettings.filters)
        let filters = given.compactMap(RecordFilter.init)
        if filters.count < given.count { reader.reject(JudgeSettings.filters, expected: "/pointer=value") }
        return filters
    }

    private static func limits(
        _ steps: JudgeSteps, _ pattern: InputPattern?, _ reader: inout SettingsReader, _ clock: any WallClock
    ) -> JudgeLimits {
        let days = days(pattern, &reader, clock)
        let deadline = reader.duration(JudgeSettings.waitDeadline)
        var topic: String?
        if reader.isGiven(JudgeSettings.topic) { topic = TopicSettings.topic(&reader) }
        let interval = reader.duration(JudgeSettings.pollInterval)
        return JudgeLimits(
            steps: steps, days: days, topic: topic, wait: reader.flag(JudgeSettings.wait) ? deadline : nil,
            pollInterval: interval, waitForComplete: reader.duration(JudgeSettings.waitForComplete),
            completePollInterval: interval, allowsIncomplete: reader.flag(JudgeSettings.allowIncomplete),
            maxCost: reader.optionalValue(
                JudgeSettings.maxCost, expected: "US dollars such as 0.50", microDollars(from:)),
            retries: reader.integer(JudgeSettings.retries), asksUnjudged: reader.flag(JudgeSettings.askUnjudged),
            readsAtOnce: 4)
    }

    private static func days(
        _ pattern: InputPattern?, _ reader: inout SettingsReader, _ clock: any WallClock
    ) -> DaySelection {
        let settings = [JudgeSettings.pattern, JudgeSettings.date, JudgeSettings.from, JudgeSettings.to]
        let given = settings.filter(reader.isGiven)
        let names = given.map(\.name)
        if given.count > 1, names != ["from", "to"] {
            reader.report("\(given.map(\.bothNames).joined(separator: " and ")) go without each other")
        } else if names == ["from"] || names == ["to"] {
            reader.report("\(JudgeSettings.from.bothNames) and \(JudgeSettings.to.bothNames) go together")
        }
        let date = reader.date(JudgeSettings.date)
        let (from, to) = (reader.date(JudgeSettings.from), reader.date(JudgeSettings.to))
        let today = DaySettings.today(&reader, clock)
        if let pattern { return .pattern(pattern) }
        if let date { return .dates(date.daysSince1970...date.daysSince1970) }
        if let from, let to {
            guard from.daysSince1970 <= to.daysSince1970, to.daysSince1970 - from.daysSince1970 < 366 else {
                reader.reject(JudgeSettings.to, expected: "a day that is not before --from, and less than a year after")
                return .dates(from.daysSince1970...from.daysSince1970)
            }
            return .dates(from.daysSince1970...to.daysSince1970)
        }
        return .yesterday(
            CivilDate(daysSince1970: today.daysSince1970 - 1), lookback: reader.integer(JudgeSettings.lookback))
    }

    static func vertex(_ reader: inout SettingsReader) -> VertexConfiguration? {
        let (one, other) = (reader.optionalText(JudgeSettings.project), reader.optionalText(JudgeSettings.projectID))
        if let one, let other, one != other {
            reader.report(
                "\(JudgeSettings.project.bothNames) and \(JudgeSettings.projectID.bothNames) differ; expected one of them"
            )
        }
        let location = reader.text(JudgeSettings.location)
        let address = reader.optionalText(JudgeSettings.address)
        guard let project = one ?? other else {
            reader.report("\(JudgeSettings.project.bothNames) is required: the Google Cloud project that runs the jobs")
            return nil
        }
        do throws(Failure) {
            return try VertexConfiguration(project: project, location: location, baseURL: address)
        } catch {
            reader.report(error.description)
            return nil
        }
    }
}

/// Where is read, and where is written.
private struct JudgePlaces {
    var input: StoragePlace
    var output: StoragePlace

    init(_ reader: inout SettingsReader, _ pattern: InputPattern?) {
        let pattern = pattern.map { StoragePlace($0.location, by: JudgeSettings.pattern) }
        let inputBucket = OutputSettings.place(JudgeSettings.inputBucket, &reader)
        let outputBucket = OutputSettings.place(OutputSettings.bucket, &reader)
        var store: StoragePlace?
        let isNeeded = pattern == nil && inputBucket == nil || outputBucket == nil && pattern == nil
        if reader.isGiven(StorageSettings.url) || reader.isGiven(StorageSettings.bucket) || isNeeded {
            store = StorageSettings.place(&reader)
        }
        input = pattern ?? inputBucket ?? store ?? StoragePlace(.directory(path: "/"), by: StorageSettings.url)
        output = OutputSettings.below(outputBucket ?? store ?? input, besides: input.location, &reader)
    }
}
