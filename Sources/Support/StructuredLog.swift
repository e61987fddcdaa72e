package import Logging

/// How log lines look.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `text` when standard error is a terminal, else `json`.
    case auto
    /// One JSON object per line, as Cloud Logging reads it.
    case json
    /// For people.
    case text
}

/// How and how much a run logs.
package struct LogConfiguration: Sendable, Equatable {
    package var format: LogFormat
    package var level: Logger.Level

    package init(format: LogFormat = .auto, level: Logger.Level = .info) { (self.format, self.level) = (format, level) }

    /// A logger to standard error.
    package func logger(label: String) -> Logger {
        let style = isJSON ? .json : StructuredLogHandler.Style.text(isTerminal: LineSink.standardErrorIsTerminal)
        var handler = StructuredLogHandler(label: label, style: style, sink: .standardError, clock: SystemWallClock())
        handler.logLevel = level
        return Logger(label: label) { [handler] _ in handler }
    }

    private var isJSON: Bool { format == .json || (format == .auto && !LineSink.standardErrorIsTerminal) }

    /// The last word of a command that failed: `loader: MESSAGE; REMEDY` for people, or a log line.
    package func report(_ failure: Failure, program: String) {
        if isJSON {
            logger(label: program).report(failure)
        } else {
            LineSink.standardError.write("\(program): \(failure)\n")
        }
    }
}

extension Logger {
    /// An error that names the place where the failure was made.
    package func report(_ failure: Failure) {
        let place = failure.place
        error(
            "\(failure)", metadata: ["status": "\(failure.status)"], file: "\(place.file)",
            function: "\(place.function)", line: place.line)
    }
}

/// Turns log events into lines: JSON for Cloud Logging, or text for people.
package struct StructuredLogHandler: LogHandler {
    package enum Style: Sendable, Equatable {
        case json
        /// On a terminal a line first clears what a progress line may have left there.
        case text(isTerminal: Bool)
    }

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level = .info
    private let label: String
    private let style: Style
    private let sink: LineSink
    private let clock: any WallClock

    package init(label: String, style: Style, sink: LineSink, clock: any WallClock) {
        (self.label, self.style, self.sink, self.clock) = (label, style, sink, clock)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let given = event.metadata { fields.merge(given) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        let entry = LogEntry(time: clock.now(), label: label, event: event, fields: fields.sorted { $0.key < $1.key })
        switch style {
        case .json: sink.write(entry.json)
        case .text(let isTerminal): sink.write((isTerminal ? clearLine : "") + entry.text)
        }
    }
}

/// Back to the first column, and nothing in the line (ECMA-48: CR, EL).
package let clearLine = "\r\u{1B}[K"
