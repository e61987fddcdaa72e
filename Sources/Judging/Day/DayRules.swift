/// By which rules records were asked about, for people.
package struct DayRules: Sendable, Hashable, Codable {
    /// The label.
    package var prompt: String
    package var sample: String
    package var filters: [String]

    init(_ round: DayState.Round) { (prompt, sample, filters) = (round.prompt, round.sample, round.filters ?? []) }
    init(_ rules: DayPlan.Rules) { (prompt, sample, filters) = (rules.prompt, rules.sample, rules.filters) }

    package var text: String {
        let filters = filters.isEmpty ? "no filter" : "filters " + filters.joined(separator: " and ")
        return "prompt \(prompt), sample \(sample), \(filters)"
    }
}

extension DayState {
    /// Rounds, but retries, that have asked; if none has, all.
    private var asking: [Round] {
        let rounds = rounds.filter { $0.purpose != .retry }
        let asking = rounds.filter { $0.counts.asked > 0 }
        return asking.isEmpty ? rounds : asking
    }

    /// What the day's verdicts may be, by the prompt that asked last; nil of a day without rounds.
    package var schema: VerdictSchema? { asking.last?.schema }

    /// Whether there are verdicts that not every record could have got.
    package var hasSeveralVerdictLists: Bool { Set(asking.map(\.schema.verdicts)).count > 1 }

    /// By which was asked, each once.
    package var rules: [DayRules] {
        var rules: [DayRules] = []
        for round in asking {
            let own = DayRules(round)
            if !rules.contains(own) { rules.append(own) }
        }
        return rules
    }

    /// Whose jobs were made, or announced, but for those that have brought nothing.
    var models: [String] {
        Set(inputs.filter { $0.collected.map { $0.verdicts != nil } ?? true }.compactMap(\.model)).sorted()
    }

    /// What a person has to know who asks for other rules, or another model, than the day was judged by; nil when there is nothing.
    /// - Parameter models: of which any may judge.
    func difference(from wanted: DayPlan.Rules, models: [String]) -> String? {
        let old = rounds.filter { $0.purpose != .retry && $0.counts.asked > 0 && $0.config != wanted.config }
        let others = Set(self.models).subtracting(models).sorted()
        guard !old.isEmpty || !others.isEmpty else { return nil }
        var parts: [String] = []
        if let last = old.last {
            let rules = DayRules(last)
            parts.append("\(rules.text)" + (rules == DayRules(wanted) ? ", and other fields or lengths" : ""))
        }
        if !others.isEmpty { parts.append("model \(others.joined(separator: ", "))") }
        return "What is judged was judged otherwise than this run would (\(parts.joined(separator: "; "))), and stays."
    }
}
