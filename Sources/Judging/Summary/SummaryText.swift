internal import Support

extension DaySummary {
    /// The summary for people, in Markdown.
    package var markdown: String {
        var text = "# Judged interactions of \(escaped(topic)), \(date)\n\n"
        for warning in warnings { text += "> ⚠ \(escaped(warning))\n>\n" }
        if !warnings.isEmpty { text += "\n" }
        text += headline + "\n\n## Coverage\n\n"
        let c = coverage
        let manifests = c.recordsInManifests.map(grouped) ?? "not known"
        text += table(
            ["Records", "Number"],
            [
                ("of the day, by the hour manifests", manifests),
                ("in the files that were read", grouped(c.recordsInFiles)),
                ("without content to judge", grouped(c.withoutContent)), ("left out by a filter", grouped(c.filtered)),
                ("left out by the sample", grouped(c.notSampled)), ("asked about", grouped(c.asked)),
                ("judged", grouped(c.judged)), ("unjudged", grouped(c.unjudged)), ("open", grouped(c.open)),
            ])
        text += "\nThe day is \(isComplete ? "complete" : "**not complete**").\n"
        text += section("Verdicts", "Verdict", verdicts)
        text += section("Severities of findings", "Severity", severities)
        text += section("Categories of findings", "Category", categories)
        text += section("Why records are unjudged", "Reason", c.unjudgedReasons)
        if let messages, !messages.isEmpty {
            text += "\n## What the service said of errors\n\n"
            text += messages.map { "- \(escaped($0))\n" }.joined()
        }
        text += "\n## Models\n\n"
        text += table(
            ["Model", "Verdicts", "Answers", "Prompt tokens", "Answer tokens", "Cost"],
            models.sorted { $0.key < $1.key }.map { name, part in
                let (usage, tokens) = (part.usage, part.usage.tokens)
                return [
                    name, grouped(part.verdicts), grouped(usage.answers), grouped(tokens.prompt),
                    grouped(tokens.answer + tokens.thoughts), dollars(usage.costMicroUsd),
                ]
            })
        text += "\nTogether \(dollars(costMicroUsd)); prompts: \(prompts.map(escaped).joined(separator: ", ")).\n"
        for rules in rules ?? [] { text += "\nAsked by: \(escaped(rules.text)).\n" }
        if !canaries.isEmpty {
            let passed = canaries.count(where: \.hasPassed)
            let unknown = canaries.count { $0.unanswered != nil }
            text += "\nCanaries: \(passed) of \(canaries.count) passed, \(canaries.count - passed - unknown) failed"
            text += unknown > 0 ? ", \(unknown) unknown, without an answer.\n" : ".\n"
        }
        return text
    }

    private var headline: String {
        guard let interval = worst.interval else {
            return worst.of > 0
                ? "**\(grouped(findings.total)) findings** of \(grouped(worst.of)) judged." : "Nothing was judged."
        }
        var text = "**\(percent(interval.rate)) \(escaped(worst.verdict))** (\(grouped(worst.count)) of "
        text += "\(grouped(worst.of)) judged; 95 %: \(percent(interval.low)) to \(percent(interval.high)), Wilson)"
        if let least = worst.leastOfAsked, let most = worst.mostOfAsked, least != most {
            text += "; of all asked about between \(percent(least)), if none of the others was, and \(percent(most)), "
            text += "if all were"
        }
        return text + "."
    }

    private func section(_ title: String, _ name: String, _ counts: [String: Int]) -> String {
        guard !counts.isEmpty else { return "" }
        let rows = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, grouped($0.value)) }
        return "\n## \(title)\n\n" + table([name, "Records"], rows)
    }

    private func table(_ head: [String], _ rows: [(String, String)]) -> String {
        table(head, rows.map { [$0.0, $0.1] })
    }

    private func table(_ head: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        let rule = head.indices.map { $0 == 0 ? "---" : "---:" }
        return line(head) + line(rule) + rows.map { line($0.map(escaped)) }.joined()
    }
}

/// As it stands in Markdown: names come from prompts, files and services.
private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in printable(text, limit: 500).unicodeScalars {
        switch scalar {
        case "<": result += "&lt;"
        case "&": result += "&amp;"
        case "\\", "`", "*", "_", "[", "]", "|", "#", "~", ">": result += "\\\(scalar)"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// 12,345.
func grouped(_ number: some BinaryInteger) -> String {
    var groups: [String] = []
    var digits = Substring(String(number))
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits = digits.dropLast(3)
    }
    return ([String(digits)] + groups).joined(separator: ",")
}

/// Of millionths: to the cent, or of less than a cent to the hundredth of one.
func dollars(_ millionths: Int64) -> String {
    let digits = millionths >= 10_000 ? 2 : 4
    let unit: Int64 = digits == 2 ? 10_000 : 100
    let scaled = (millionths + unit / 2) / unit
    let whole = 1_000_000 / unit
    return "$\(grouped(scaled / whole)).\(padded(scaled % whole, digits))"
}

/// Of a share, with two decimals.
func percent(_ share: Double) -> String {
    let hundredths = Int64((share * 10_000).rounded())
    return "\(hundredths / 100).\(padded(hundredths % 100, 2)) %"
}
