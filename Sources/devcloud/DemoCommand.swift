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

        say("1. A day of interactions comes to the topic \(Self.topic), four partitions in a mock Kafka cluster.")
        try await publish(day.filter { $0.kind != .late }, to: cluster)
        say("\n2. The loader writes them to \(store.path) and seals the hours that are complete.")
        try loader.load()
        say("\n3. Some interactions come late: their hours are sealed already.")
        try await publish(day.filter { $0.kind == .late }, to: cluster)
        try loader.load()
        say("\n4. What is there now (loader status):\n")
        let date = Hour(index: yesterday).date
        try loader.run(["status", "--date", date])
        say("\n5. The loader runs once more, with nothing new.")
        let before = try contents(of: store)
        try loader.load()
        guard try contents(of: store) == before else { throw DemoFailure("the third run changed files") }
        say("   \(before.count) files, each with the same bytes as before: nothing was written twice.")
        say("\n6. Everything agrees with plans and manifests (loader verify):\n")
        try loader.run(["verify"])
        if let file = before.keys.filter({ $0.contains("/raw/") && $0.hasSuffix(".jsonl.gz") }).min() {
            say("\nLook at a file:\n   zcat \(file) | head -n 1")
        }
    }

    /// Removes what an earlier demo left, and nothing else.
    private func empty(_ store: URL) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: store.path) else { return }
        guard Set(names).isSubset(of: ["_runs", "dead-letter", "raw", ".store"]) else {
            throw DemoFailure(
                "\(store.path) holds other things than a demo: give another --directory, or empty it yourself")
        }
        for name in names { try FileManager.default.removeItem(at: store.appendingPathComponent(name)) }
    }

    private func publish(
        _ records: [(kind: SampleDay.Kind, record: ProducerRecord)], to cluster: MockKafka
    ) async throws {
        let producer = try KafkaProducer.start(
            KafkaProducerConfiguration(brokers: cluster.bootstrapServers, topic: Self.topic, clientID: "devcloud")
        ) { _ in }
        var publisher = Publisher(producer: producer)
        for (kind, record) in records { try await publisher.publish(record, kind: kind) }
        try await publisher.finish()
        await producer.close()
        let summary = publisher.summary
        let broken = summary.broken.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        say("   \(summary.records) records, \(summary.bytes / 1000) kB" + (broken.isEmpty ? "" : "; broken: \(broken)"))
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

struct DemoFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// The loader as a program of its own.
private struct LoaderProgram {
    let store: URL
    let brokers: String
    let topic: String

    /// Runs `load` and says what its report says.
    func load() throws {
        let output = try start(
            [
                "load", "--kafka-brokers", brokers,
                // The mock cluster lets a group wait that long for members that may come back.
                "--kafka-option", "session.timeout.ms=6000",
            ], quietly: true)
        struct Report: Decodable {
            var records: Int
            var lateRecords: Int
            var deadLetters: [String: Int]
            var files: Int
            var hoursSealed: [String]
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let report = try decoder.decode(Report.self, from: output)
        let dead = report.deadLetters.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        say(
            "   \(report.records) records stored (\(report.lateRecords) late), \(report.files) files, "
                + "\(report.hoursSealed.count) hours sealed; dead letters: \(dead.isEmpty ? "none" : dead)")
    }

    func run(_ arguments: [String]) throws { _ = try start(arguments, quietly: false) }

    /// - Parameter quietly: its standard output is not shown, but given back.
    private func start(_ arguments: [String], quietly: Bool) throws -> Data {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("loader")
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw DemoFailure("there is no loader beside this program: build it first (make build)")
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
            throw DemoFailure("loader \(arguments[0]) ended with status \(process.terminationStatus)")
        }
        return output
    }
}
