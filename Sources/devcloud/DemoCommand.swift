import ArgumentParser
import Foundation
import Kafka
import Support

/// Shows the programs at work: no account, no service, one command.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Load, tag, judge and push a day against a mock Kafka cluster and stand-ins, and show what it made.",
        discussion:
            "The programs are those beside this one. Everything goes into a directory; what an earlier demo left there is removed first."
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
        let services = try await DemoServices.start(store: store)
        defer { services.stop() }
        let options = ["--storage-url", "file://\(store.path)", "--kafka-topic", Self.topic, "--log-level", "error"]
        let loader = LoaderProgram(
            program: try SiblingProgram("loader", options: options, environment: services.environment),
            brokers: cluster.bootstrapServers)
        let yesterday = (Hour(containing: SystemWallClock().now()).index / 24 - 1) * 24
        let day = SampleDay.records(
            seed: seed, start: Hour(index: yesterday).start, partitions: Self.partitions)

        var published = 0
        var stored = LoaderProgram.Report()
        say("1. A day of interactions comes to the topic \(Self.topic), four partitions in a mock Kafka cluster.")
        published += try await publish(day.filter { $0.kind != .late }, to: cluster)
        say("\n2. The loader writes them to \(store.path) and seals the hours that are complete.")
        stored += try await loader.load()
        say("\n3. Some interactions come late: their hours are sealed already.")
        published += try await publish(day.filter { $0.kind == .late }, to: cluster)
        stored += try await loader.load()
        say("\n4. What is there now (loader status):\n")
        let date = Hour(index: yesterday).date
        try await loader.program.run(["status", "--date", date])
        try account(for: published, stored, lateOfDay: try await loader.lateRecords(of: date))
        say("\n5. The loader runs once more, with nothing new.")
        let before = try contents(of: store)
        stored += try await loader.load()
        guard try contents(of: store) == before else { throw Failure(.conflict, "the third run changed files") }
        say("   \(before.count) files, each with the same bytes as before: nothing was written twice.")
        say("\n6. Everything agrees with plans and manifests (loader verify):\n")
        try await loader.program.run(["verify"])
        say("\n7. Each record gets its tags (loader tag); the same lines, with tags, lie below tagged/.")
        try await TaggingDemo(loader: loader, date: date).run()
        say("\n8. A judge looks at each record of the day (batch-judge run), in batch jobs of Vertex AI.")
        let judging = JudgingDemo(
            program: try SiblingProgram("batch-judge", options: options, environment: services.environment),
            date: date)
        let report = try await judging.judge()
        say("\n9. Records go to the Braintrust datasets that want their tags (batch-judge push).")
        try await judging.push()
        let files = before.keys.filter { $0.contains("/raw/") && $0.hasSuffix(".jsonl.gz") }
        if let file = files.filter({ $0.contains("/\(date)/") && !$0.contains("-late-") }).min() {
            let tagged = file.replacing("/raw/", with: "/tagged/", maxReplacements: 1)
            say("\nLook at a file:\n   zcat \(tagged) | head -n 1")
        }
        say("\nLook at the findings, with a browser:\n   \(report)")
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
        guard
            Set(names).isSubset(of: ["_runs", "datasets", "dead-letter", "judge", "judged", "raw", "tagged", ".store"])
        else {
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
func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

/// `3 array, 2 empty`
func list(_ counts: [String: Int]) -> String {
    counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
}
