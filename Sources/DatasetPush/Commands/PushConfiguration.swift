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
    /// The days that were asked for, since 1970; nil: the last `days`.
    package var dates: ClosedRange<Int64>?
    /// As `dates`, but to yesterday.
    package var from: Int64?
    package var days: Int
    package var isDryRun: Bool
    package var braintrust: BraintrustConfiguration
    /// By id or name; nil: all of the organization.
    package var project: String?
    package var concurrency: Int
    package var lease: Duration
    package var fields: RecordFields
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(PushSettings.table, arguments: arguments, environment: environment)
        storage = StorageSettings.read(&reader)
        verdictStorage = storage
        let bucket = OutputSettings.place(OutputSettings.bucket, &reader)
        verdictStorage.location = OutputSettings.below(bucket ?? storage.location, &reader)
        verdictWait = reader.integer(PushSettings.verdictWait)
        topic = TopicSettings.topic(&reader)
        layout = TopicSettings.layout(&reader)
        (dates, from) = Self.dates(&reader)
        days = reader.integer(PushSettings.days)
        isDryRun = reader.flag(PushSettings.dryRun)
        let braintrust = BraintrustSettings.read(&reader)
        project = reader.optionalText(PushSettings.project)
        concurrency = reader.integer(PushSettings.concurrency)
        lease = reader.duration(PushSettings.lease)
        let input = Self.pointers(PushSettings.inputFields, &reader)
        let output = Self.pointers(PushSettings.outputFields, &reader)
        log = LogSettings.read(&reader)
        try reader.finish()
        guard let braintrust, let id = JSONPointer(RecordFields.idStandard) else {
            throw Failure(.usage, "a required setting is missing")
        }
        self.braintrust = braintrust
        fields = RecordFields(id: id, input: input, output: output)
    }

    private static func dates(_ reader: inout SettingsReader) -> (ClosedRange<Int64>?, from: Int64?) {
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
        if let date { return (date...date, nil) }
        guard let from else { return (nil, nil) }
        guard let to else { return (nil, from) }
        guard from <= to else {
            reader.reject(PushSettings.to, expected: "a day that is not before \(PushSettings.from.flag)")
            return (nil, nil)
        }
        return (from...to, nil)
    }

    private static func pointers(_ setting: Setting, _ reader: inout SettingsReader) -> [JSONPointer] {
        let given = reader.list(setting)
        let pointers = given.compactMap { JSONPointer($0) }
        if pointers.count < given.count || given.isEmpty {
            reader.reject(setting, expected: "JSON pointers (RFC 6901) such as /input")
        }
        return pointers
    }

    /// Days were asked for by name.
    var isAgain: Bool { dates != nil || from != nil }

    /// The days to push, since 1970.
    func range(today: Int64) -> ClosedRange<Int64> {
        if let dates { return dates }
        let yesterday = today - 1
        return min(from ?? (yesterday - Int64(days) + 1), yesterday)...yesterday
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
