package import Foundation

/// Python's standard library as a second opinion.
package enum Python {
    private static let path = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
        .first(where: FileManager.default.isExecutableFile)

    package static var isInstalled: Bool { path != nil }

    /// What a script prints about its standard input, which comes from a file: so neither side waits for the other.
    package static func run(_ script: String, input: Data) throws -> String {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let inputFile = directory.appending(path: "input")
        try input.write(to: inputFile)
        let process = Process()
        process.executableURL = URL(filePath: path ?? "")
        process.arguments = ["-I", "-c", script]
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: printed, as: UTF8.self)
    }
}
