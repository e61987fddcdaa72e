package import Support

/// Prometheus' text exposition format, version 0.0.4: what the textfile collector of a node exporter, or a push gateway, takes.
package struct MetricsText: Sendable {
    private typealias Labels = [(String, String)]

    private struct Family {
        var name: String
        var help: String
        var samples: [(labels: Labels, value: Double)]
    }

    package let text: String

    /// - Parameters:
    ///   - summaries: of days, one for each topic.
    ///   - succeeded: whether the run did what it was to do.
    ///   - now: when it ended.
    package init(_ summaries: [DaySummary], succeeded: Bool, at now: Milliseconds) {
        var families = [
            Family(
                name: "last_run_timestamp_seconds", help: "When the last run ended.",
                samples: [([], Double(now) / 1000)]),
            Family(
                name: "last_run_success", help: "Whether the last run succeeded.", samples: [([], succeeded ? 1 : 0)]),
        ]
        for summary in summaries {
            for family in Self.families(summary) {
                if let place = families.firstIndex(where: { $0.name == family.name }) {
                    families[place].samples += family.samples
                } else {
                    families.append(family)
                }
            }
        }
        text = families.filter { !$0.samples.isEmpty }.map(Self.text).joined()
    }

    // MARK: One day

    private static func families(_ summary: DaySummary) -> [Family] {
        let topic: Labels = [("topic", summary.topic)]
        func gauge(_ name: String, _ help: String, _ value: Double) -> Family {
            Family(name: name, help: help, samples: [(topic, value)])
        }
        func counts(_ name: String, _ help: String, by label: String, _ counts: [String: Int]) -> Family {
            let sorted = counts.sorted { $0.key < $1.key }
            return Family(name: name, help: help, samples: sorted.map { (topic + [(label, $0.key)], Double($0.value)) })
        }
        let day = Hour(date: summary.date, hourOfDay: 0).map { Double($0.start) / 1000 } ?? 0
        return [
            gauge("day_timestamp_seconds", "Start (UTC) of the day that these metrics are about.", day),
            gauge("day_complete", "Whether all hours of the day were sealed.", summary.isComplete ? 1 : 0),
            Family(
                name: "records", help: "The day's records by what became of them.", samples: records(summary, topic)),
            counts("verdicts", "Judged records by verdict.", by: "verdict", summary.verdicts),
            counts("findings_by_severity", "Findings by severity.", by: "severity", summary.severities),
            counts(
                "findings_by_category", "Findings by category; one may count in several.", by: "category",
                summary.categories),
            counts(
                "unjudged", "Records without a verdict by reason.", by: "reason", summary.coverage.unjudgedReasons),
        ] + rate(summary, topic) + usage(summary, topic) + [
            counts("canaries", "Canaries by result.", by: "result", canaries(summary)),
            gauge("warnings", "Warnings that the results carry.", Double(summary.warnings.count)),
        ]
    }

    private static func records(_ summary: DaySummary, _ topic: Labels) -> [(labels: Labels, value: Double)] {
        let coverage = summary.coverage
        let parts: [(String, Int?)] = [
            ("in_manifests", coverage.recordsInManifests), ("in_files", coverage.recordsInFiles),
            ("without_content", coverage.withoutContent), ("filtered", coverage.filtered),
            ("not_sampled", coverage.notSampled), ("asked", coverage.asked), ("judged", coverage.judged),
            ("unjudged", coverage.unjudged), ("open", coverage.open),
        ]
        return parts.compactMap { name, count in count.map { (topic + [("part", name)], Double($0)) } }
    }

    private static func rate(_ summary: DaySummary, _ topic: Labels) -> [Family] {
        guard let interval = summary.worst.interval else { return [] }
        let labels = topic + [("verdict", summary.worst.verdict)]
        return [
            ("worst_verdict_ratio", "Share of the worst verdict among the judged records.", interval.rate),
            ("worst_verdict_ratio_low", "Lower end of its 95 % interval (Wilson).", interval.low),
            ("worst_verdict_ratio_high", "Upper end of its 95 % interval (Wilson).", interval.high),
        ].map { Family(name: $0.0, help: $0.1, samples: [(labels, $0.2)]) }
    }

    private static func usage(_ summary: DaySummary, _ topic: Labels) -> [Family] {
        let models = summary.models.sorted { $0.key < $1.key }
        let tokens = models.flatMap { name, part in
            let (labels, tokens) = (topic + [("model", name)], part.usage.tokens)
            return [("prompt", tokens.prompt), ("answer", tokens.answer), ("thoughts", tokens.thoughts)].map {
                (labels: labels + [("kind", $0.0)], value: Double($0.1))
            }
        }
        let costs = models.map {
            (labels: topic + [("model", $0.key)], value: Double($0.value.usage.costMicroUsd) / 1e6)
        }
        return [
            Family(name: "tokens", help: "Tokens by model and kind.", samples: tokens),
            Family(name: "cost_usd", help: "What answers cost by model; those without a price not.", samples: costs),
        ]
    }

    private static func canaries(_ summary: DaySummary) -> [String: Int] {
        [
            "passed": summary.canaries.count(where: \.hasPassed),
            "failed": summary.canaries.count { $0.problem != nil },
            "unanswered": summary.canaries.count { $0.unanswered != nil },
        ]
    }

    // MARK: Text

    private static func text(_ family: Family) -> String {
        let name = "batch_judge_\(family.name)"
        let lines = family.samples.map { labels, value in
            let pairs = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
            return "\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(number(value))\n"
        }
        return "# HELP \(name) \(family.help)\n# TYPE \(name) gauge\n" + lines.joined()
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
