import Logging

/// One line of a log.
struct LogEntry {
    var time: Milliseconds
    var label: String
    var event: LogEvent
    var fields: [(key: String, value: Logger.Metadata.Value)]

    /// Cloud Logging cuts or rejects entries from 256 KB on.
    static let maxBytes = 250_000

    /// As Cloud Logging reads it: https://cloud.google.com/logging/docs/structured-logging. A message or field that is
    /// too long is cut; fields for which no room is left are left out.
    var json: [UInt8] {
        // The rest of the line is for the fields that the program itself names, and the closing brace.
        var line = JSONLine(limit: LogEntry.maxBytes - 2048)
        line.add("severity", event.level.severity)
        line.add("time", rfc3339(time))
        line.add("logger", label)
        line.add("message", "\(event.message)")
        for (key, value) in fields { line.add(LogEntry.reserved.contains(key) ? "field.\(key)" : key, value) }
        line.limit = LogEntry.maxBytes
        if event.level >= .error {
            line.add(
                "logging.googleapis.com/sourceLocation",
                .dictionary([
                    "file": "\(event.file)", "line": .string("\(event.line)"), "function": "\(event.function)",
                ]))
        }
        return line.finish()
    }

    /// Keys that Cloud Logging or this type gives a meaning to; a field of such a name is renamed.
    private static let reserved: Set<String> = ["severity", "time", "timestamp", "message", "logger", "httpRequest"]

    /// `2026-11-21T04:20:03.123Z WARNING upload failed  object=raw/a attempt=2`
    var text: String {
        var line = "\(rfc3339(time)) \(event.level.severity) \(oneLine("\(event.message)"))"
        for (index, field) in fields.enumerated() {
            line += "\(index == 0 ? "  " : " ")\(oneLine(field.key))=\(quoted("\(field.value)"))"
        }
        return line + "\n"
    }

    private func quoted(_ text: String) -> String {
        let plain = !text.isEmpty && text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" }
        if plain { return oneLine(text) }
        return "\"" + oneLine(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\""))
            + "\""
    }

    /// Control characters would let one message look like several, or move the cursor.
    private func oneLine(_ text: String) -> String { printable(text, limit: LogEntry.maxBytes) }
}

extension Logger.Level {
    /// Cloud Logging's `LogSeverity`.
    var severity: String {
        switch self {
        case .trace, .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTICE"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }
}

/// Writes one JSON object of bounded size.
struct JSONLine {
    /// Of the line so far; what would go beyond is cut (texts) or left out (structures).
    var limit: Int
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    init(limit: Int) { self.limit = limit }

    mutating func add(_ key: String, _ value: String) {
        // Besides the text: quotes, an ellipsis, a comma. A key is escaped to at most six times its length.
        let room = limit - bytes.count - key.utf8.count * 6 - 16
        guard room > 0 else { return }
        begin(key)
        append(quoting: value, limit: room)
    }

    mutating func add(_ key: String, _ value: Logger.Metadata.Value) {
        if case .string(let text) = value { return add(key, text) }
        let before = bytes.count
        begin(key)
        append(value)
        if bytes.count > limit { bytes.removeLast(bytes.count - before) }
    }

    mutating func finish() -> [UInt8] {
        bytes += [UInt8(ascii: "}"), UInt8(ascii: "\n")]
        return bytes
    }

    private mutating func begin(_ key: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        append(quoting: key, limit: .max)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(_ value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): append(quoting: text, limit: .max)
        case .stringConvertible(let number as any BinaryInteger): bytes += Array("\(number)".utf8)
        case .stringConvertible(let flag as Bool): bytes += Array("\(flag)".utf8)
        case .stringConvertible(let number as Double) where number.isFinite: bytes += Array("\(number)".utf8)
        case .stringConvertible(let other): append(quoting: "\(other)", limit: .max)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(quoting: member.key, limit: .max)
                bytes.append(UInt8(ascii: ":"))
                append(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// RFC 8259, section 7. A text whose escaped form is longer than `limit` ends with an ellipsis instead.
    private mutating func append(quoting text: String, limit: Int) {
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        let start = bytes.count
        for scalar in text.unicodeScalars {
            if bytes.count - start > limit - 12 {
                bytes += Array("…".utf8)
                break
            }
            switch scalar {
            case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(scalar.value)]
            case "\n": bytes += Array("\\n".utf8)
            case "\t": bytes += Array("\\t".utf8)
            case "\u{0}"..<"\u{20}", "\u{7F}":
                bytes += Array("\\u00".utf8) + [hex[Int(scalar.value >> 4)], hex[Int(scalar.value & 15)]]
            default: bytes += Array(String(scalar).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
