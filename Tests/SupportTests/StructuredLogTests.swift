import Foundation
import Logging
import Support
import Synchronization
import Testing

/// Keeps what was written, a line an element.
final class RecordingSink: Sendable {
    private let writes = Mutex<[[UInt8]]>([])

    var sink: LineSink { LineSink { bytes in self.writes.withLock { $0.append(bytes) } } }
    var bytes: [[UInt8]] { writes.withLock { $0 } }
    var lines: [String] { bytes.map { String(decoding: $0, as: UTF8.self) } }
}

private struct FixedClock: WallClock {
    func now() -> Milliseconds { 1_795_235_999_123 }
}

struct StructuredLogTests {
    private let recording = RecordingSink()

    private func logger(_ style: StructuredLogHandler.Style, level: Logger.Level = .trace) -> Logger {
        var handler = StructuredLogHandler(label: "test", style: style, sink: recording.sink, clock: FixedClock())
        handler.logLevel = level
        return Logger(label: "test") { [handler] _ in handler }
    }

    private func parsed(_ index: Int = 0) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(recording.bytes[index]))
        return try #require(object as? [String: Any])
    }

    @Test func jsonLineIsExactlyThis() {
        logger(.json).info(
            "chunk stored",
            metadata: ["offset": "\(12)", "files": .stringConvertible(3), "ok": .stringConvertible(true)])
        #expect(
            recording.lines == [
                #"{"severity":"INFO","time":"2026-11-21T04:39:59.123Z","logger":"test","message":"chunk stored","#
                    + #""files":3,"offset":"12","ok":true}"# + "\n"
            ])
    }

    @Test func everythingIsEscapedRight() throws {
        let nasty = "\"quotes\\ \n\t\r\u{0}\u{1F}\u{7F} é 日本 😀 \u{2028}"
        logger(.json).warning(
            "\(nasty)", metadata: [nasty: "\(nasty)", "list": ["a", .dictionary(["k": "\(nasty)"])]])
        let line = try parsed()
        #expect(line["message"] as? String == nasty)
        #expect(line[nasty] as? String == nasty)
        let list = try #require(line["list"] as? [Any])
        #expect((list[1] as? [String: String])?["k"] == nasty)
        #expect(
            recording.bytes[0].filter { $0 < 0x20 } == [0x0A], "the newline at the end is the only control character")
    }

    @Test(arguments: zip(Logger.Level.allCases, ["DEBUG", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"]))
    func severities(level: Logger.Level, severity: String) throws {
        logger(.json).log(level: level, "x")
        #expect(try parsed()["severity"] as? String == severity)
    }

    @Test func errorsSayWhereTheyCameFrom() throws {
        logger(.json).error("x", file: "Loading/Run.swift", function: "run()", line: 7)
        logger(.json).warning("x")
        let place = try parsed(0)["logging.googleapis.com/sourceLocation"] as? [String: String]
        #expect(place == ["file": "Loading/Run.swift", "function": "run()", "line": "7"])
        #expect(try parsed(1)["logging.googleapis.com/sourceLocation"] == nil)
    }

    @Test func aFailureThatIsReportedElsewhereSaysWhereItWasMade() throws {
        let (failure, line) = (Failure(.conflict, "two plans"), #line)
        logger(.json).report(failure)
        let place = try parsed()["logging.googleapis.com/sourceLocation"] as? [String: String]
        #expect(place == ["file": #fileID, "function": #function, "line": "\(line)"])
        #expect(failure == Failure(.conflict, "two plans"), "made on another line, it is the same to its reader")
    }

    @Test func fieldsCannotPoseAsTheLineItself() throws {
        logger(.json).info("true message", metadata: ["message": "other", "severity": "DEBUG"])
        let line = try parsed()
        #expect(line["message"] as? String == "true message")
        #expect(line["severity"] as? String == "INFO")
        #expect(line["field.message"] as? String == "other")
    }

    @Test(arguments: ["a", "\u{1}", "😀"])
    func lineIsCutBelowTheLimitAndStaysJSON(character: String) throws {
        let long = String(repeating: character, count: 300_000)
        logger(.json).error("\(long)", metadata: ["a": "\(long)", "b": ["\(long)"], "c": "short"])
        logger(.json).error("short", metadata: ["a": "\(long)", "b": ["\(long)"]])
        for bytes in recording.bytes { #expect(bytes.count <= 250_000) }
        let message = try #require(try parsed(0)["message"] as? String)
        #expect(message.hasSuffix("…") && message.hasPrefix(character))
        #expect(try parsed(0)["logging.googleapis.com/sourceLocation"] != nil)
        #expect(try parsed(1)["message"] as? String == "short")
        #expect(try #require(try parsed(1)["a"] as? String).hasSuffix("…"))
        #expect(try parsed(1)["b"] == nil)
    }

    @Test func textForPeople() {
        let logger = logger(.text(isTerminal: false))
        logger.warning("upload failed", metadata: ["object": "raw/a", "why": "no \"space\" left", "empty": ""])
        logger.info("two\nlines\u{1B}[2J")
        #expect(
            recording.lines == [
                "2026-11-21T04:39:59.123Z WARNING upload failed  empty=\"\" object=raw/a why=\"no \\\"space\\\" left\"\n",
                "2026-11-21T04:39:59.123Z INFO two\u{FFFD}lines\u{FFFD}[2J\n",
            ])
    }

    @Test func textOnATerminalClearsTheProgressLine() {
        logger(.text(isTerminal: true)).info("x")
        #expect(recording.lines == ["\r\u{1B}[K2026-11-21T04:39:59.123Z INFO x\n"])
    }

    @Test func lessSevereLinesAreDropped() {
        let logger = logger(.json, level: .warning)
        logger.info("no")
        logger.warning("yes")
        #expect(recording.lines.count == 1)
    }

    @Test func loggersOwnFieldsAreThere() throws {
        var logger = logger(.json)
        logger[metadataKey: "partition"] = "3"
        logger[metadataKey: "topic"] = "a"
        logger.info("x", metadata: ["topic": "b"])
        #expect(try parsed()["partition"] as? String == "3")
        #expect(try parsed()["topic"] as? String == "b")
    }

    @Test func linesOfManyThreadsDoNotMix() async throws {
        let pipe = Pipe()
        let sink = LineSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let handler = StructuredLogHandler(label: "test", style: .json, sink: sink, clock: FixedClock())
        let logger = Logger(label: "test") { _ in handler }
        async let output = Task.detached { try pipe.fileHandleForReading.readToEnd() }.value
        await withTaskGroup { group in
            for index in 0..<8 {
                group.addTask { for line in 0..<50 { logger.info("line", metadata: ["from": "\(index)-\(line)"]) } }
            }
        }
        try pipe.fileHandleForWriting.close()
        let lines = try #require(try await output).split(separator: 0x0A)
        #expect(lines.count == 400)
        for line in lines { #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: line) } }
    }
}
