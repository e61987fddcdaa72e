package import Logging
package import Support

/// A metric of a run with its samples, for Prometheus.
package struct MetricFamily: Sendable {
    package typealias Labels = [(String, String)]

    package var name: String
    package var help: String
    package var samples: [(labels: Labels, value: Double)]

    package init(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Double)]) {
        (self.name, self.help, self.samples) = (name, help, samples)
    }

    package init(_ name: String, _ help: String, _ labels: Labels, _ value: Double) {
        self.init(name, help, [(labels, value)])
    }

    /// One sample for each key, by name.
    /// - Parameter known: keys that have a sample also when nothing was counted, so that their series have no gaps.
    package init(
        _ name: String, _ help: String, _ labels: Labels, by label: String, among known: [String] = [],
        _ counts: [String: Int]
    ) {
        let zeros = Dictionary(known.map { ($0, 0) }, uniquingKeysWith: +)
        let sorted = zeros.merging(counts, uniquingKeysWith: +).sorted { $0.key < $1.key }
        self.init(name, help, sorted.map { (labels + [(label, $0.key)], Double($0.value)) })
    }

    /// How the last run ended.
    package static func ending(_ labels: Labels, exitCode: Int32, at now: Milliseconds) -> [MetricFamily] {
        [
            MetricFamily("last_run_timestamp_seconds", "When the last run ended.", labels, Double(now) / 1000),
            MetricFamily("last_run_success", "Whether the last run succeeded.", labels, exitCode == 0 ? 1 : 0),
            MetricFamily("last_run_exit_code", "The last run's exit status.", labels, Double(exitCode)),
        ]
    }
}

/// Prometheus' text exposition format, version 0.0.4: what the textfile collector of a node exporter, or a push gateway, takes.
/// - Parameter prefix: of the metrics' names. Metrics without samples are left out.
package func metricsText(_ families: [MetricFamily], prefix: String) -> String {
    families.filter { !$0.samples.isEmpty }.map { family in
        let name = prefix + family.name
        let lines = family.samples.map { labels, value in
            let pairs = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
            return "\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(number(value))\n"
        }
        return "# HELP \(name) \(family.help)\n# TYPE \(name) gauge\n" + lines.joined()
    }.joined()
}

/// Writes the metrics of a run to a file, if it was given one. That they cannot be written is logged only: the run is over.
package func writeMetrics(_ families: [MetricFamily], prefix: String, to path: String?, logger: Logger) {
    guard let path else { return }
    do {
        try writeFile(path, Array(metricsText(families, prefix: prefix).utf8), what: "metrics file")
    } catch {
        logger.error("the metrics could not be written", metadata: ["error": "\(error)"])
    }
}

private func escaped(_ label: String) -> String {
    var result = ""
    for scalar in label.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\"": result += "\\\""
        case "\n": result += "\\n"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
}
