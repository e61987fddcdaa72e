package import Braintrust
internal import Bytes
package import Interactions
package import JobSupport
package import Records
package import Support

/// Everything that `batch-judge push` was told.
package struct PushConfiguration: Sendable {
    package var storage: StorageConfiguration
    /// Where the judge's verdicts are.
    package var verdictStorage: StorageConfiguration
    /// How many days files wait for them.
    package var verdictWait: Int
    package var topic: String
    package var layout: PartitionLayout
    /// Since 1970.
    package var days: ClosedRange<Int64>
    /// They were asked for by name.
    package var isAgain: Bool
    package var isDryRun: Bool
    package var braintrust: BraintrustConfiguration
    /// By id or name; nil: all of the organization.
    package var project: String?
    package var concurrency: Int
    package var lease: Duration
    package var fields: RecordFields
    /// Where the run's metrics are written.
    package var metricsPath: String?
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String], clock: any WallClock = SystemWallClock())
        throws(Failure)
    {
        var reader = SettingsReader(PushSettings.table, arguments: arguments, environment: environment)
        let store = StorageSettings.place(&reader)
        storage = StorageSettings.read(&reader, store)
        let place = OutputSettings.place(OutputSettings.bucket, &reader) ?? store
        verdictStorage = storage.at(OutputSettings.below(place, besides: store.location, &reader))
        verdictWait = reader.integer(PushSettings.verdictWait)
        topic = TopicSettings.topic(&reader)
        layout = TopicSettings.layout(&reader)
        days = Self.days(&reader, clock)
        isAgain = reader.isGiven(PushSettings.date) || reader.isGiven(PushSettings.from)
        if !isAgain { Self.checkWait(verdictWait, &reader) }
        isDryRun = reader.flag(PushSettings.dryRun)
        let braintrust = BraintrustSettings.read(&reader)
        project = reader.optionalText(PushSettings.project)
        concurrency = reader.integer(PushSettings.concurrency)
        lease = reader.duration(PushSettings.lease)
        let input = Self.pointers(PushSettings.inputFields, &reader)
        let output = Self.pointers(PushSettings.outputFields, &reader)
        metricsPath = reader.outputPath(PushSettings.metricsFile)
        log = LogSettings.read(&reader)
        try reader.finish()
        guard let braintrust, let id = JSONPointer(RecordFields.idStandard) else {
            throw Failure(.usage, "a required setting is missing")
        }
        self.braintrust = braintrust
        fields = RecordFields(id: id, input: input, output: output)
    }

    private static func days(_ reader: inout SettingsReader, _ clock: any WallClock) -> ClosedRange<Int64> {
        let yesterday = DaySettings.today(&reader, clock).daysSince1970 - 1
        let date = reader.date(PushSettings.date)?.daysSince1970
        let from = reader.date(PushSettings.from)?.daysSince1970
        let to = reader.date(PushSettings.to)?.daysSince1970
        if reader.isGiven(PushSettings.date), reader.isGiven(PushSettings.from) || reader.isGiven(PushSettings.to) {
            reader.report(
                "\(PushSettings.date.bothNames) goes without \(PushSettings.from.flag) and \(PushSettings.to.flag)")
        }
        if reader.isGiven(PushSettings.to), !reader.isGiven(PushSettings.from) {
            reader.report("\(PushSettings.to.bothNames) needs \(PushSettings.from.bothNames)")
        }
        let lookback = Int64(reader.integer(PushSettings.days))
        if let date { return date...date }
        guard let from, let to else { return min(from ?? (yesterday - lookback + 1), yesterday)...yesterday }
        guard from <= to else {
            reader.reject(PushSettings.to, expected: "a day that is not before \(PushSettings.from.flag)")
            return from...from
        }
        return from...to
    }

    /// Nothing waits on the first of the days, which is the last run that looks at it: a wait that long is not to be had.
    private static func checkWait(_ wait: Int, _ reader: inout SettingsReader) {
        let days = reader.integer(PushSettings.days)
        guard reader.isGiven(PushSettings.verdictWait), days > 0, wait >= days else { return }
        reader.reject(PushSettings.verdictWait, expected: "fewer than the \(days) of \(PushSettings.days.bothNames)")
    }

    private static func pointers(_ setting: Setting, _ reader: inout SettingsReader) -> [JSONPointer] {
        let given = reader.list(setting)
        let pointers = given.compactMap { JSONPointer($0) }
        if pointers.count < given.count || given.isEmpty {
            reader.reject(setting, expected: "JSON pointers (RFC 6901) such as /input")
        }
        return pointers
    }
}

/// Everything that `batch-judge datasets` was told.
package struct DatasetsConfiguration: Sendable {
    package var braintrust: BraintrustConfiguration
    /// By id or name; nil: all of the organization.
    package var project: String?
    package var isJSON: Bool
    package var log: LogConfiguration

    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(DatasetsSettings.table, arguments: arguments, environment: environment)
        let braintrust = BraintrustSettings.read(&reader)
        project = reader.optionalText(PushSettings.project)
        isJSON = reader.flag(DatasetsSettings.json)
        log = LogSettings.read(&reader)
        try reader.finish()
        guard let braintrust else { throw Failure(.usage, "a required setting is missing") }
        self.braintrust = braintrust
    }
}
