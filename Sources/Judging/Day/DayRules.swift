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
    /// Of all rounds but retries, each once.
    package var rules: [DayRules] {
        var rules: [DayRules] = []
        for round in rounds where round.purpose != .retry {
            let own = DayRules(round)
            if !rules.contains(own) { rules.append(own) }
        }
        return rules
    }

    /// Whose jobs were made, or announced.
    var models: [String] { Set(inputs.compactMap(\.model)).sorted() }

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

    /// Gives up rounds of other rules that asked about nothing: nothing was sent, so their files are there to be asked about.
    mutating func giveUpEmptyRounds(config: String) {
        for place in rounds.indices where rounds[place].hasAskedNothing(under: config) {
            (rounds[place].files, rounds[place].counts) = ([], Counts())
        }
    }
}

extension DayState.Round {
    func hasAskedNothing(under config: String) -> Bool {
        phase == .assembled && purpose != .retry && self.config != config && counts.asked == 0
    }
}
