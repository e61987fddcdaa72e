import Foundation
import Support

/// The loader as a program of its own.
struct LoaderProgram {
    let store: URL
    let brokers: String
    let topic: String
    private let threads: BlockingThreads

    init(store: URL, brokers: String, topic: String) throws(Failure) {
        (self.store, self.brokers, self.topic) = (store, brokers, topic)
        threads = try BlockingThreads(name: "loader", count: 1)
    }

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
    func load() async throws -> Report {
        let output = try await start(
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
    func lateRecords(of date: String) async throws -> Int {
        struct Status: Decodable {
            struct Hour: Decodable { var parts: [Part] }
            struct Part: Decodable { var lateRecords: Int }
            var hours: [Hour]
        }
        let output = try await start(["status", "--json", "--date", date], quietly: true)
        return try decoded(Status.self, output).hours.flatMap(\.parts).reduce(0) { $0 + $1.lateRecords }
    }

    func run(_ arguments: [String]) async throws { _ = try await start(arguments, quietly: false) }

    /// - Parameter quietly: its standard output is not shown, but given back.
    func start(_ arguments: [String], quietly: Bool) async throws -> Data {
        // Waiting for a process blocks a thread, and the stand-ins need those of the pool.
        try await threads.attempt { [self] () throws(Failure) in try perform(arguments, quietly: quietly) }
    }

    private func perform(_ arguments: [String], quietly: Bool) throws(Failure) -> Data {
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
        var output = Data()
        do {
            try process.run()
            if quietly { output = try pipe.fileHandleForReading.readToEnd() ?? Data() }
        } catch {
            throw Failure(.failure, "loader \(arguments[0]) cannot be run: \(error.localizedDescription)")
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(.failure, "loader \(arguments[0]) ended with status \(process.terminationStatus)")
        }
        return output
    }
}

/// A report of the loader's.
func decoded<Value: Decodable>(_ type: Value.Type, _ json: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: json)
}
