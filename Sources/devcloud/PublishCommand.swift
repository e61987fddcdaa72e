import ArgumentParser
import Foundation
import Kafka
import Support

/// `name=value`.
struct PropertyOption: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}

struct PublishCommand: AsyncParsableCommand {
    enum Sample: String, ExpressibleByArgument, CaseIterable { case day }

    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Publish sample interactions, the same ones for the same seed.",
        discussion: "Prints a summary as one line of JSON.")

    @Option(help: ArgumentHelp("Addresses of brokers, separated by commas.", valueName: "host:port"))
    var brokers: String

    @Option(help: "The topic to publish to.")
    var topic = "raw-interactions"

    @Option(help: "A day in small, with everything that can be wrong with a record.")
    var sample: Sample?

    @Option(help: ArgumentHelp("Publish each line of a file as a record.", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("Publish so many well-formed interactions, spread over the day.", valueName: "n"))
    var count: Int?

    @Option(help: ArgumentHelp("With --count: stop after so many bytes of values.", valueName: "n"))
    var bytesTarget: Int?

    @Option(help: "Another seed makes another sample.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Partitions that the topic has.", valueName: "n"))
    var partitions = 4

    @Option(help: ArgumentHelp("The day of the sample, UTC; default: yesterday.", valueName: "YYYY-MM-DD"))
    var start: String?

    @Option(help: ArgumentHelp("A librdkafka property; repeat for more.", valueName: "name=value"))
    var kafkaOption: [PropertyOption] = []

    func validate() throws {
        let sources = [sample != nil, file != nil, count != nil].filter { $0 }.count
        guard sources == 1 else { throw ValidationError("Give one of --sample, --file and --count.") }
        guard partitions > 0 else { throw ValidationError("--partitions must be at least 1.") }
        guard (count ?? 1) > 0 else { throw ValidationError("--count must be at least 1.") }
        guard (bytesTarget ?? 1) > 0 else { throw ValidationError("--bytes-target must be at least 1.") }
        guard bytesTarget == nil || count != nil else { throw ValidationError("--bytes-target needs --count.") }
        guard start == nil || day != nil else { throw ValidationError("--start must be a date, YYYY-MM-DD.") }
    }

    private var day: Milliseconds? {
        guard let start else { return Hour(containing: SystemWallClock().now()).date24HoursBefore }
        return Hour(date: start, hourOfDay: 0)?.start
    }

    func run() async throws {
        let lines = try file.map(lines) ?? []
        let producer = try KafkaProducer.start(
            KafkaProducerConfiguration(
                brokers: brokers, topic: topic, properties: kafkaOption.map { ($0.name, $0.value) },
                clientID: "devcloud")
        ) { line in
            if line.severity <= 4 { FileHandle.standardError.write(Data("\(line.message)\n".utf8)) }
        }
        var publisher = Publisher(producer: producer)
        let start = day ?? 0
        if sample != nil {
            for (kind, record) in SampleDay.records(seed: seed, start: start, partitions: partitions) {
                try await publisher.publish(record, kind: kind)
            }
        } else if let count {
            var samples = SampleInteractions(seed: seed, start: start, partitions: partitions)
            for index in 0..<count where publisher.summary.bytes < bytesTarget ?? .max {
                try await publisher.publish(samples.interaction(index, of: count))
            }
        } else {
            for (index, line) in lines.enumerated() {
                try await publisher.publish(ProducerRecord(value: line, partition: Int32(index % partitions)))
            }
        }
        try await publisher.finish()
        await producer.close()
        try printLine(publisher.summary)
    }

    private func lines(of path: String) throws(Failure) -> [[UInt8]] {
        do {
            let content = try Data(contentsOf: URL(fileURLWithPath: path))
            return content.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        } catch {
            let reason = (error as? CocoaError)?.underlying as? POSIXError
            let text = reason.map { ": \(systemMessage($0.code.rawValue))" } ?? ""
            throw Failure(.noInput, "cannot read \(path)\(text)", remedy: "--file takes a file of one record a line")
        }
    }
}

extension Hour {
    /// Midnight of the day before, in UTC.
    fileprivate var date24HoursBefore: Milliseconds { start - Int64(hourOfDay + 24) * 3_600_000 }
}

/// Sends records in batches, a few at a time, and counts them.
struct Publisher {
    struct Summary: Encodable {
        var records = 0
        /// Of values; a tombstone has none.
        var bytes = 0
        var partitions: [String: Int] = [:]
        /// Records that are not interactions, by kind.
        var broken: [String: Int] = [:]
        /// Well-formed records that are unusual, by kind.
        var special: [String: Int] = [:]
    }

    private static let batchBytes = 2 * 1024 * 1024
    private static let batchesInFlight = 4

    let producer: KafkaProducer
    private(set) var summary = Summary()
    private var batch: [ProducerRecord] = []
    private var bytesInBatch = 0
    private var inFlight: [Task<DeliveryReport, any Error>] = []

    init(producer: KafkaProducer) { self.producer = producer }

    mutating func publish(_ record: ProducerRecord, kind: SampleDay.Kind = .plain) async throws {
        summary.records += 1
        summary.bytes += record.value?.count ?? 0
        if !kind.isInteraction {
            summary.broken[kind.rawValue, default: 0] += 1
        } else if kind != .plain {
            summary.special[kind.rawValue, default: 0] += 1
        }
        batch.append(record)
        bytesInBatch += record.value?.count ?? 0
        if bytesInBatch >= Self.batchBytes { try await send() }
    }

    /// Waits for everything to be confirmed.
    mutating func finish() async throws {
        try await send()
        while !inFlight.isEmpty { try await confirmFirst() }
    }

    private mutating func send() async throws {
        let (records, producer) = (batch, producer)
        (batch, bytesInBatch) = ([], 0)
        inFlight.append(Task { try await producer.send(records) })
        if inFlight.count >= Self.batchesInFlight { try await confirmFirst() }
    }

    private mutating func confirmFirst() async throws {
        let report = try await inFlight.removeFirst().value
        for (partition, records) in report.recordsOfPartition {
            summary.partitions[String(partition), default: 0] += records
        }
    }
}
