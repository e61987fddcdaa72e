package import Support

/// Prometheus' text exposition format, version 0.0.4: what a node exporter's textfile collector, or a push gateway, takes.
package struct MetricsText: Sendable {
    package private(set) var text = ""

    /// Of a run that gave results.
    package init(_ summary: DaySummary, at now: Milliseconds) {
        let labels = [("topic", summary.topic)]
        run(labels, succeeded: true, at: now)
        let day = Hour(date: summary.date, hourOfDay: 0).map { Double($0.start) / 1000 }
        gauge("day_timestamp_seconds", "Start (UTC) of the day that the other metrics are about.", [(labels, day ?? 0)])
        gauge("day_complete", "Whether all hours of the day were sealed.", [(labels, summary.isComplete ? 1 : 0)])
        records(summary, labels)
        count("verdicts", "Judged records by verdict.", "verdict", summary.verdicts, labels)
        count("findings_by_severity", "Findings by severity.", "severity", summary.severities, labels)
        count(
            "findings_by_category", "Findings by category; one finding may count in several.", "category",
            summary.categories, labels)
        count("unjudged", "Records without a verdict, by reason.", "reason", summary.coverage.unjudgedReasons, labels)
        if let interval = summary.worst.interval {
            let labels = labels + [("verdict", summary.worst.verdict)]
            gauge(
                "worst_verdict_ratio", "Share of the worst verdict among the judged records.", [(labels, interval.rate)]
            )
            gauge("worst_verdict_ratio_low", "Lower end of its 95 % interval (Wilson).", [(labels, interval.low)])
            gauge("worst_verdict_ratio_high", "Upper end of its 95 % interval (Wilson).", [(labels, interval.high)])
        }
        let models = summary.models.sorted { $0.key < $1.key }
        gauge(
            "tokens", "Tokens by model and kind.",
            models.flatMap { name, part in
                let tokens = part.usage.tokens
                let kinds = [("prompt", tokens.prompt), ("answer", tokens.answer), ("thoughts", tokens.thoughts)]
                return kinds.map { (labels + [("model", name), ("kind", $0.0)], Double($0.1)) }
            })
        gauge(
            "cost_usd", "What the answers cost, by model; without answers of models that have no price.",
            models.map { (labels + [("model", $0.key)], Double($0.value.usage.costMicroUsd) / 1e6) })
        let canaries = [
            ("passed", summary.canaries.filter(\.hasPassed)), ("failed", summary.canaries.filter { $0.problem != nil }),
            ("unanswered", summary.canaries.filter { $0.unanswered != nil }),
        ]
        gauge("canaries", "Canaries by result.", canaries.map { (labels + [("result", $0.0)], Double($0.1.count)) })
        gauge("warnings", "Warnings that the results carry.", [(labels, Double(summary.warnings.count))])
    }

    /// Of a run that failed.
    package init(failedFor topic: String, at now: Milliseconds) {
        run([("topic", topic)], succeeded: false, at: now)
    }

    private mutating func run(_ labels: [(String, String)], succeeded: Bool, at now: Milliseconds) {
        gauge("last_run_timestamp_seconds", "When the last run ended.", [(labels, Double(now) / 1000)])
        gauge("last_run_success", "Whether the last run succeeded.", [(labels, succeeded ? 1 : 0)])
    }

    private mutating func records(_ summary: DaySummary, _ labels: [(String, String)]) {
        let coverage = summary.coverage
        let parts: [(String, Int?)] = [
            ("in_manifests", coverage.recordsInManifests), ("in_files", coverage.recordsInFiles),
            ("without_content", coverage.withoutContent), ("filtered", coverage.filtered),
            ("not_sampled", coverage.notSampled), ("asked", coverage.asked), ("judged", coverage.judged),
            ("unjudged", coverage.unjudged), ("open", coverage.open),
        ]
        gauge(
            "records", "The day's records by what became of them.",
            parts.compactMap { part in part.1.map { (labels + [("part", part.0)], Double($0)) } })
    }

    private mutating func count(
        _ name: String, _ help: String, _ label: String, _ counts: [String: Int], _ labels: [(String, String)]
    ) {
        let sorted = counts.sorted { $0.key < $1.key }
        gauge(name, help, sorted.map { (labels + [(label, $0.key)], Double($0.value)) })
    }

    private mutating func gauge(_ name: String, _ help: String, _ samples: [([(String, String)], Double)]) {
        guard !samples.isEmpty else { return }
        text += "# HELP batch_judge_\(name) \(help)\n# TYPE batch_judge_\(name) gauge\n"
        for (labels, value) in samples {
            let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            text += "batch_judge_\(name){\(pairs)} \(Self.number(value))\n"
        }
    }

    private static func escaped(_ label: String) -> String {
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

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
