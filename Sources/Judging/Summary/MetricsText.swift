internal import JobSupport
package import Support

/// What was judged, for Prometheus.
package struct MetricsText: Sendable {
    private typealias Family = MetricFamily
    private typealias Labels = MetricFamily.Labels

    package let text: String

    /// - Parameters:
    ///   - summaries: of days, one for each topic.
    ///   - leftBehind: days that are not done and that no run looks at any more; nil: nobody has looked.
    ///   - exitCode: of the run.
    ///   - now: when it ended.
    package init(_ summaries: [DaySummary], leftBehind: Int? = nil, exitCode: Int32, at now: Milliseconds) {
        var families = Family.ending([], exitCode: exitCode, at: now)
        if let leftBehind {
            families.append(
                Family(
                    "days_left_behind", "Days of the last weeks that are not done and that no run looks at any more.",
                    [],
                    Double(leftBehind)))
        }
        for summary in summaries {
            for family in Self.families(summary) {
                if let place = families.firstIndex(where: { $0.name == family.name }) {
                    families[place].samples += family.samples
                } else {
                    families.append(family)
                }
            }
        }
        text = metricsText(families, prefix: "batch_judge_")
    }

    // MARK: One day

    private static func families(_ summary: DaySummary) -> [Family] {
        let topic: Labels = [("topic", summary.topic)]
        func gauge(_ name: String, _ help: String, _ value: Double) -> Family {
            Family(name, help, topic, value)
        }
        func counts(_ name: String, _ help: String, by label: String, _ counts: [String: Int]) -> Family {
            Family(name, help, topic, by: label, counts)
        }
        let day = Hour(date: summary.date, hourOfDay: 0).map { Double($0.start) / 1000 } ?? 0
        return [
            gauge("day_timestamp_seconds", "Start (UTC) of the day that these metrics are about.", day),
            gauge("day_complete", "Whether all hours of the day were sealed.", summary.isComplete ? 1 : 0),
            Family("records", "The day's records by what became of them.", records(summary, topic)),
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
        ].map { Family($0.0, $0.1, labels, $0.2) }
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
            Family("tokens", "Tokens by model and kind.", tokens),
            Family("cost_usd", "What answers cost by model; those without a price not.", costs),
        ]
    }

    private static func canaries(_ summary: DaySummary) -> [String: Int] {
        [
            "passed": summary.canaries.count(where: \.hasPassed),
            "failed": summary.canaries.count { $0.problem != nil },
            "unanswered": summary.canaries.count { $0.unanswered != nil },
        ]
    }
}
