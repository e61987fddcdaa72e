import ArgumentParser
import Foundation
import Kafka
import Support

/// Shows the loader at work: no account, no service, one command.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run the loader against a mock Kafka cluster, and show what it made.",
        discussion:
            "The loader is the one beside this program. Everything goes into a directory; what an earlier demo left there is removed first."
    )

    private static let topic = "raw-interactions"
    private static let partitions = 4

    @Option(help: ArgumentHelp("Where the loader writes to.", valueName: "path"))
    var directory = "run"

    @Option(help: "Another seed makes another day.")
    var seed: UInt64 = 1

    func run() async throws {
        let store = URL(fileURLWithPath: directory).standardizedFileURL
        try empty(store)
        let cluster = try MockKafka(brokers: 1)
        try cluster.createTopic(Self.topic, partitions: Self.partitions)
        let loader = LoaderProgram(store: store, brokers: cluster.bootstrapServers, topic: Self.topic)
        let yesterday = (Hour(containing: SystemWallClock().now()).index / 24 - 1) * 24
        let day = SampleDay.records(
            seed: seed, start: Hour(index: yesterday).start, partitions: Self.partitions)

        var published = 0
        var stored = LoaderProgram.Report()
        say("1. A day of interactions comes to the topic \(Self.topic), four partitions in a mock Kafka cluster.")
        published += try await publish(day.filter { $0.kind != .late }, to: cluster)
        say("\n2. The loader writes them to \(store.path) and seals the hours that are complete.")
        stored += try loader.load()
        say("\n3. Some interactions come late: their hours are sealed already.")
        published += try await publish(day.filter { $0.kind == .late }, to: cluster)
        stored += try loader.load()
        say("\n4. What is there now (loader status):\n")
        let date = Hour(index: yesterday).date
        try loader.run(["status", "--date", date])
        try account(for: published, stored, lateOfDay: try loader.lateRecords(of: date))
        say("\n5. The loader runs once more, with nothing new.")
        let before = try contents(of: store)
        stored += try loader.load()
        guard try contents(of: store) == before else { throw Failure(.conflict, "the third run changed files") }
        say("   \(before.count) files, each with the same bytes as before: nothing was written twice.")
        say("\n6. Everything agrees with plans and manifests (loader verify):\n")
        try loader.run(["verify"])
        let files = before.keys.filter { $0.contains("/raw/") && $0.hasSuffix(".jsonl.gz") }
        if let file = files.filter({ $0.contains("/\(date)/") && !$0.contains("-late-") }).min() {
            say("\nLook at a file:\n   zcat \(file) | head -n 1")
        }
    }

    /// Where each published record is, in the words of the table's heads.
    private func account(for published: Int, _ stored: LoaderProgram.Report, lateOfDay: Int) throws {
        let sum = "\(stored.onTime) on time + \(stored.lateRecords) late + \(stored.dead) dead letters"
        guard published == stored.records + stored.dead else {
            throw Failure(.dataLoss, "\(published) records were published, but stored are \(sum)")
        }
        say("\n   \(published) published = \(sum).")
        let before = stored.lateRecords - lateOfDay
        if before > 0 { say("   Of the late ones \(lateOfDay) are of this day, and \(before) of the day before it.") }
    }

    /// Removes what an earlier demo left, and nothing else.
    private func empty(_ store: URL) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: store.path) else { return }
        guard Set(names).isSubset(of: ["_runs", "dead-letter", "raw", ".store"]) else {
            throw Failure(
                .usage, "\(store.path) holds other things than a demo",
                remedy: "give another --directory, or empty it yourself")
        }
        for name in names { try FileManager.default.removeItem(at: store.appendingPathComponent(name)) }
    }

    private func publish(
        _ records: [(kind: SampleDay.Kind, record: ProducerRecord)], to cluster: MockKafka
    ) async throws -> Int {
        let producer = try KafkaProducer.start(
            KafkaProducerConfiguration(brokers: cluster.bootstrapServers, topic: Self.topic, clientID: "devcloud")
        ) { _ in }
        var publisher = Publisher(producer: producer)
        for (kind, record) in records { try await publisher.publish(record, kind: kind) }
        try await publisher.finish()
        await producer.close()
        let summary = publisher.summary
        let dead = summary.broken.values.reduce(0, +)
        say(
            "   \(summary.records) records, \(summary.bytes / 1000) kB"
                + (dead == 0 ? "" : "; \(dead) of them are no interactions: \(list(summary.broken))"))
        return summary.records
    }

    /// The files that hold records or vouch for them, with a digest of their bytes: progress and reports change by design.
    private func contents(of store: URL) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: store.path) ?? .init() {
            let isHint = name.hasPrefix("_runs/") || name.hasPrefix(".") || name.contains("/_progress/")
            let file = store.appendingPathComponent(name)
            guard !isHint, try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            contents[file.path] = try Data(contentsOf: file)
        }
        return contents
    }
}

/// Prints at once, in order with what the loader prints.
private func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

/// `3 array, 2 empty`
private func list(_ counts: [String: Int]) -> String {
    counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
}

/// The loader as a program of its own.
private struct LoaderProgram {
    let store: URL
    let brokers: String
    let topic: String

    /// What the demo tells of the loader's report.
    struct Report: Decodable {
        var records = 0
        var lateRecords = 0
        var deadLetters: [String: Int] = [:]
        var files = 0
        var hoursSealed: [String] = []

        var onTime: Int { records - lateRecords }
        var dead: Int { deadLetters.values.reduce(0, +) }

        static func += (sum: inout Report, more: Report) {
            sum.records += more.records
            sum.lateRecords += more.lateRecords
            sum.deadLetters.merge(more.deadLetters, uniquingKeysWith: +)
            sum.files += more.files
            sum.hoursSealed += more.hoursSealed
        }
    }

    /// Runs `load`, says what its report says, and returns it.
    func load() throws -> Report {
        let output = try start(
            [
                "load", "--kafka-brokers", brokers,
                // The mock cluster lets a group wait that long for members that may come back.
                "--kafka-option", "session.timeout.ms=6000",
            ], quietly: true)
        let report = try decoded(Report.self, output)
        say(
            "   \(report.onTime) on time + \(report.lateRecords) late + \(report.dead) dead letters"
                + (report.dead == 0 ? "" : " (\(list(report.deadLetters)))")
                + "; \(report.files) files, \(report.hoursSealed.count) hours sealed\(latest(report.hoursSealed))")
        return report
    }

    private func latest(_ hours: [String]) -> String { hours.max().map { ", up to \($0)" } ?? "" }

    /// How many late records the day's hours have.
    func lateRecords(of date: String) throws -> Int {
        struct Status: Decodable {
            struct Hour: Decodable { var parts: [Part] }
            struct Part: Decodable { var lateRecords: Int }
            var hours: [Hour]
        }
        let output = try start(["status", "--json", "--date", date], quietly: true)
        return try decoded(Status.self, output).hours.flatMap(\.parts).reduce(0) { $0 + $1.lateRecords }
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ json: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: json)
    }

    func run(_ arguments: [String]) throws { _ = try start(arguments, quietly: false) }

    /// - Parameter quietly: its standard output is not shown, but given back.
    private func start(_ arguments: [String], quietly: Bool) throws -> Data {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("loader")
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw Failure(.noInput, "there is no loader beside this program", remedy: "build it first (make build)")
        }
        let process = Process()
        process.executableURL = program
        process.arguments =
            arguments + ["--storage-url", "file://\(store.path)", "--kafka-topic", topic, "--log-level", "error"]
        let pipe = Pipe()
        if quietly { process.standardOutput = pipe }
        try process.run()
        let output = quietly ? try pipe.fileHandleForReading.readToEnd() ?? Data() : Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(.failure, "loader \(arguments[0]) ended with status \(process.terminationStatus)")
        }
        return output
    }
}
