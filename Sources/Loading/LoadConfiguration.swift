package import Bytes
package import Gzip
package import Interactions
package import JobSupport
import ObjectStorage
package import Support

/// Where a partition begins that has neither a chain nor a committed offset.
package enum LoadStart: String, Sendable, CaseIterable {
    case earliest
    case latest
}

/// Everything that `loader load` was told.
package struct LoadConfiguration: Sendable, Equatable {
    package var storage: StorageConfiguration
    package var kafka: KafkaConnection
    package var topic: String
    package var topicEpoch: Int
    package var layout: PartitionLayout
    package var from: LoadStart

    package var eventTimeField: JSONPointer
    package var eventTimeMaxSkew: Duration
    package var allowedLateness: Duration
    package var recordFormat: RecordFormat
    package var maxRecordBytes: Int
    package var maxDepth: Int

    package var gzip: GzipSettings
    /// Compressed bytes.
    package var targetFileSize: Int
    package var memoryBudget: Int

    package var maxDuration: Duration?
    package var noProgressTimeout: Duration
    package var shutdownGrace: Duration
    /// nil: stop at the end. Else the longest that a record waits before it is written.
    package var followInterval: Duration?
    /// nil: no metrics.
    package var metricsPath: String?

    package var log: LogConfiguration
    package var failpoint: Failpoint.Trigger?

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(LoadSettings.table, arguments: arguments, environment: environment)
        try self.init(&reader)
    }

    /// - Parameter reader: of a table that has these settings, and maybe more. Throws its problems, all of them.
    package init(_ reader: inout SettingsReader) throws(Failure) {
        storage = StorageSettings.read(&reader)
        let connection = KafkaSettings.read(&reader, brokers: KafkaSettings.brokers)
        topic = TopicSettings.topic(&reader)
        from = reader.choice(LoadSettings.from, else: .earliest)
        topicEpoch = reader.integer(TopicSettings.epoch)
        let field = reader.optionalValue(
            LoadSettings.eventTimeField, expected: "a JSON pointer (RFC 6901) such as /timestamp or /meta/time"
        ) { JSONPointer($0) }
        eventTimeMaxSkew = reader.duration(LoadSettings.eventTimeMaxSkew)
        allowedLateness = reader.duration(LoadSettings.allowedLateness)
        recordFormat = reader.choice(LoadSettings.recordFormat, else: .value)
        maxRecordBytes = reader.size(LoadSettings.maxRecordBytes)
        maxDepth = reader.integer(LoadSettings.maxDepth)
        layout = TopicSettings.layout(&reader)
        gzip = CompressionSettings.read(&reader)
        targetFileSize = reader.size(LoadSettings.targetFileSize)
        memoryBudget = reader.size(LoadSettings.memoryBudget)
        maxDuration = reader.optionalDuration(LoadSettings.maxDuration)
        noProgressTimeout = reader.duration(LoadSettings.noProgressTimeout)
        shutdownGrace = reader.duration(LoadSettings.shutdownGrace)
        let interval = reader.duration(LoadSettings.followInterval)
        followInterval = reader.flag(LoadSettings.follow) ? interval : nil
        metricsPath = reader.optionalText(LoadSettings.metricsFile)
        log = LogSettings.read(&reader)
        do {
            failpoint = try Failpoint.trigger(environment: reader.environment)
        } catch {
            failpoint = nil
            reader.report(error.message)
        }
        if memoryBudget > 0, maxRecordBytes > memoryBudget / 4 {
            reader.report(
                """
                \(LoadSettings.maxRecordBytes.bothNames) is \(ByteSize.text(maxRecordBytes)), more than a quarter of \
                \(LoadSettings.memoryBudget.bothNames), which is \(ByteSize.text(memoryBudget)); \
                expected at most \(ByteSize.text(memoryBudget / 4))
                """)
        }
        try reader.finish()
        guard let connection, let field else { throw Failure(.usage, "a required setting is missing") }
        (kafka, eventTimeField) = (connection, field)
    }
}

/// Everything that `loader status` was told.
package struct StatusConfiguration: Sendable, Equatable {
    package var storage: StorageConfiguration
    /// nil: do not ask the brokers for the partitions' ends.
    package var kafka: KafkaConnection?
    package var topic: String
    package var topicEpoch: Int
    package var layout: PartitionLayout
    /// nil: the last 24 hours.
    package var date: CivilDate?
    /// Of `date`; nil: all of them.
    package var hour: Int?
    package var json: Bool
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(StatusSettings.table, arguments: arguments, environment: environment)
        storage = StorageSettings.read(&reader)
        kafka = KafkaSettings.read(&reader, brokers: KafkaSettings.optionalBrokers)
        topic = TopicSettings.topic(&reader)
        topicEpoch = reader.integer(TopicSettings.epoch)
        layout = TopicSettings.layout(&reader)
        date = reader.date(StatusSettings.date)
        hour = reader.optionalInteger(StatusSettings.hour)
        json = reader.flag(StatusSettings.json)
        log = LogSettings.read(&reader)
        if hour != nil, !reader.isGiven(StatusSettings.date) {
            reader.report("\(StatusSettings.hour.bothNames) needs \(StatusSettings.date.bothNames)")
        }
        try reader.finish()
    }
}

/// Which day's files `loader verify` reads.
package enum VerifiedDay: Sendable, Equatable {
    case day(CivilDate)
    /// That of UTC, when the run begins.
    case yesterday

    package func date(now: Milliseconds) -> CivilDate {
        switch self {
        case .day(let date): date
        case .yesterday: CivilDate(daysSince1970: Hour(containing: now).index.flooredDivision(by: 24) - 1)
        }
    }
}

/// Everything that `loader verify` was told.
package struct VerifyConfiguration: Sendable, Equatable {
    package var storage: StorageConfiguration
    package var topic: String
    package var layout: PartitionLayout
    /// nil: everything.
    package var day: VerifiedDay?
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(VerifySettings.table, arguments: arguments, environment: environment)
        storage = StorageSettings.read(&reader)
        topic = TopicSettings.topic(&reader)
        layout = TopicSettings.layout(&reader)
        day = reader.optionalValue(VerifySettings.date, expected: "a date such as 2026-11-20, or yesterday") { text in
            text == "yesterday" ? .yesterday : CivilDate(text).map(VerifiedDay.day)
        }
        log = LogSettings.read(&reader)
        try reader.finish()
    }
}

/// Everything that `loader restore` was told.
package struct RestoreConfiguration: Sendable, Equatable {
    package var storage: StorageConfiguration
    /// nil only for a dry run.
    package var kafka: KafkaConnection?
    /// The topic to produce to.
    package var topic: String
    /// Names relative to the storage URL; at least one.
    package var objects: [String]
    package var isDryRun: Bool
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(RestoreSettings.table, arguments: arguments, environment: environment)
        storage = StorageSettings.read(&reader)
        isDryRun = reader.flag(RestoreSettings.dryRun)
        kafka = KafkaSettings.read(
            &reader, brokers: isDryRun ? KafkaSettings.optionalBrokers : KafkaSettings.brokers)
        topic = TopicSettings.topic(&reader)
        objects = reader.list(RestoreSettings.objects)
        log = LogSettings.read(&reader)
        if objects.isEmpty { reader.report("\(RestoreSettings.objects.bothNames) is required: the name of a file") }
        if objects.contains(where: { !$0.hasSuffix(".jsonl.gz") || (try? checkName($0, in: "")) == nil }) {
            reader.reject(RestoreSettings.objects, expected: "names such as dead-letter/TOPIC/DATE/….jsonl.gz")
        }
        try reader.finish()
    }
}
