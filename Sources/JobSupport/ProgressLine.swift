package import Support

/// One line on a terminal that is drawn again while a run goes on. Elsewhere it draws nothing.
package struct ProgressLine {
    /// Totals since the run began.
    package struct Sample: Sendable {
        package var records: Int
        package var bytes: Int
        /// Over all partitions; nil: not known yet.
        package var lag: Int64?
        package var memoryBytes: Int
        /// Nothing can be read yet.
        package var isWaitingForGroup: Bool

        package init(records: Int, bytes: Int, lag: Int64?, memoryBytes: Int, isWaitingForGroup: Bool = false) {
            (self.records, self.bytes, self.lag, self.memoryBytes) = (records, bytes, lag, memoryBytes)
            self.isWaitingForGroup = isWaitingForGroup
        }
    }

    private let sink: LineSink?
    private let interval: Duration
    private var drawn: (sample: Sample, at: ContinuousClock.Instant)?

    /// - Parameters:
    ///   - sink: nil when standard error is no terminal.
    ///   - interval: it is drawn at most this often.
    package init(sink: LineSink?, interval: Duration = .milliseconds(500)) {
        (self.sink, self.interval) = (sink, interval)
    }

    /// For standard error.
    package static func standard() -> ProgressLine {
        ProgressLine(sink: LineSink.standardErrorIsTerminal ? .standardError : nil)
    }

    /// Whether `update` would draw: the caller need not gather a sample otherwise.
    package func isDue(at now: ContinuousClock.Instant) -> Bool {
        sink != nil && drawn.map { now - $0.at >= interval } ?? true
    }

    package mutating func update(_ sample: Sample, at now: ContinuousClock.Instant) {
        guard let sink, isDue(at: now) else { return }
        sink.write(clearLine + text(sample, at: now))
        drawn = (sample, now)
    }

    /// Leaves an empty line behind.
    package mutating func finish() {
        if let sink, drawn != nil { sink.write(clearLine) }
        drawn = nil
    }

    private func text(_ sample: Sample, at now: ContinuousClock.Instant) -> String {
        if sample.isWaitingForGroup { return "waiting for the consumer group" }
        var rates = ""
        if let drawn, now - drawn.at >= .milliseconds(1) {
            let seconds = Double((now - drawn.at).milliseconds) / 1000
            let recordRate = Double(sample.records - drawn.sample.records) / seconds
            let tenths = Int((Double(sample.bytes - drawn.sample.bytes) / seconds / 100_000).rounded())
            rates = "  \(grouped(Int(recordRate)))/s  \(tenths / 10).\(tenths % 10) MB/s"
        }
        let lag = sample.lag.map { "  lag \(grouped(Int($0)))" } ?? ""
        return "\(grouped(sample.records)) records\(rates)\(lag)  memory \(sample.memoryBytes >> 20) MiB"
    }
}

/// With a comma before every three digits: `1,234,567`.
func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number.magnitude).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
}
