internal import Support

/// Where the results of one topic lie.
package struct JudgedNames: Sendable, Equatable {
    package let topic: String

    package init(topic: String) { self.topic = topic }

    package var root: String { "judged/\(topic)/" }
    package func folder(of date: String) -> String { "\(root)\(date)/" }

    /// - Parameter input: number of the input object whose outcomes are in it.
    package func verdicts(of date: String, input: Int) -> String {
        "\(folder(of: date))verdicts-\(padded(input, 5)).jsonl.gz"
    }

    package func summary(of date: String) -> String { "\(folder(of: date))summary.json" }
    package func summaryText(of date: String) -> String { "\(folder(of: date))summary.md" }
    package func report(of date: String) -> String { "\(folder(of: date))report.html" }
    package func metrics(of date: String) -> String { "\(folder(of: date))metrics.prom" }
}
