import Foundation
import Support

/// A program of the product that lies beside this one.
struct SiblingProgram {
    let name: String
    /// Given with every command.
    let options: [String]
    /// Over this process's own.
    let environment: [String: String]
    private let threads: BlockingThreads

    /// What this process's environment must not bring along: other credentials.
    private static let dropped: Set<String> = [
        "GOOGLE_APPLICATION_CREDENTIALS", "NO_GCE_CHECK", "STORAGE_EMULATOR_HOST",
    ]

    init(_ name: String, options: [String], environment: [String: String] = [:]) throws(Failure) {
        (self.name, self.options, self.environment) = (name, options, environment)
        threads = try BlockingThreads(name: name, count: 1)
    }

    func run(_ arguments: [String]) async throws { _ = try await start(arguments, quietly: false) }

    /// - Parameter quietly: its standard output is not shown, but given back.
    func start(_ arguments: [String], quietly: Bool) async throws -> Data {
        // Waiting for a process blocks a thread, and the stand-ins need those of the pool.
        try await threads.attempt { [self] () throws(Failure) in try perform(arguments, quietly: quietly) }
    }

    private func perform(_ arguments: [String], quietly: Bool) throws(Failure) -> Data {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw Failure(.noInput, "there is no \(name) beside this program", remedy: "build it first (make build)")
        }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments + options
        process.environment = ProcessInfo.processInfo.environment.filter { !SiblingProgram.dropped.contains($0.key) }
            .merging(environment) { $1 }
        let pipe = Pipe()
        if quietly { process.standardOutput = pipe }
        var output = Data()
        do {
            try process.run()
            if quietly { output = try pipe.fileHandleForReading.readToEnd() ?? Data() }
        } catch {
            throw Failure(.failure, "\(name) \(arguments[0]) cannot be run: \(error.localizedDescription)")
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(.failure, "\(name) \(arguments[0]) ended with status \(process.terminationStatus)")
        }
        return output
    }
}

/// A report of one of the programs.
func decoded<Value: Decodable>(_ type: Value.Type, _ json: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: json)
}
