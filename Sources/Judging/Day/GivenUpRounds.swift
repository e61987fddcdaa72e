/// What a run asks with: what rounds have come to nothing with is asked anew if this is something else.
package struct RoundAsking: Sendable, Equatable {
    package var config: String
    /// nil where nobody knows: the command does not speak with the service.
    package var model: String?
    /// Errors of the service are asked about again also with the same: `--ask-unjudged`.
    package var isForced: Bool

    package init(config: String, model: String? = nil, isForced: Bool = false) {
        (self.config, self.model, self.isForced) = (config, model, isForced)
    }
}

extension DayState {
    /// Names of the files whose records are, or will be, in input objects, or were left out by these rules.
    package func coveredFiles(_ asking: RoundAsking) -> Set<String> {
        Set(rounds.indices.filter { !isGivenUp($0, asking) }.flatMap { rounds[$0].files })
    }

    /// Gives up rounds that have come to nothing, so that their files are there to be asked about. What they have cost stays.
    mutating func giveUpRounds(_ asking: RoundAsking) {
        for place in rounds.indices where isGivenUp(place, asking) {
            let inputs = family(of: place)
            if let reasons = withoutVerdict(inputs) {
                warn("What was asked first brought no verdict (\(reasons)), and is asked anew.")
            }
            (rounds[place].files, rounds[place].counts) = ([], Counts())
            for input in inputs {
                superseded = (superseded ?? []) + [self.inputs[input].collected?.verdicts].compactMap { $0 }
                self.inputs[input].collected?.verdicts = nil
                self.inputs[input].collected?.unjudged = [:]
                self.inputs[input].collected?.canaries = []
            }
        }
    }

    /// Gives up rounds that were put together by other rules, and of which nothing was ever sent. Their input objects go once the
    /// next round is put together.
    /// - Returns: these rounds.
    mutating func giveUpUnsentRounds(config: String) -> [Round] {
        var given: [Round] = []
        for place in rounds.indices.reversed() where rounds[place].config != config && isUnsent(place) {
            given.append(rounds[place])
            superseded = (superseded ?? []) + inputs.filter { $0.round == place }.map(\.name)
            inputs.removeAll { $0.round == place }
            if place == rounds.indices.last {
                rounds.removeLast()
            } else {
                (rounds[place].files, rounds[place].counts) = ([], Counts())
            }
        }
        return given
    }

    private func isUnsent(_ place: Int) -> Bool {
        let inputs = inputs.filter { $0.round == place }
        return rounds[place].purpose != .retry && !inputs.isEmpty
            && inputs.allSatisfy { $0.phase == .assembled && $0.lostJobs == nil }
    }

    /// Whether a round asked about nothing, or about records none of which has got a verdict, and this is another attempt.
    private func isGivenUp(_ place: Int, _ asking: RoundAsking) -> Bool {
        let round = rounds[place]
        guard round.phase == .assembled, round.purpose != .retry, !round.files.isEmpty else { return false }
        if round.counts.asked == 0 { return round.config != asking.config }
        let family = family(of: place)
        guard family.allSatisfy({ inputs[$0].phase == .collected }), withoutVerdict(family) != nil else {
            return false
        }
        let models = Set(family.compactMap { inputs[$0].model.map(shortModel) })
        let isOtherModel = asking.model.map { !models.contains(shortModel($0)) } ?? false
        let isForced = asking.isForced && reasons(family).keys.contains { $0.hasPrefix("error:") }
        return isForced || isOtherModel || round.config != asking.config
    }

    /// Places of a round's input objects, and of those that asked again about their records.
    private func family(of round: Int) -> [Int] {
        var numbers = inputs.filter { $0.round == round }.map(\.number)
        var places: [Int] = []
        while let number = numbers.popLast() {
            guard let place = inputs.firstIndex(where: { $0.number == number }), !places.contains(place) else {
                continue
            }
            places.append(place)
            if let retry = inputs[place].collected?.retry { numbers.append(retry.number) }
        }
        return places
    }

    /// Why no record of these has a verdict, if that is so for other reasons than their content: `error:INVALID_ARGUMENT 40`.
    private func withoutVerdict(_ places: some Sequence<Int>) -> String? {
        let reasons = reasons(places)
        guard places.allSatisfy({ inputs[$0].collected?.judged ?? 0 == 0 }),
            !reasons.keys.allSatisfy({ $0.hasPrefix("blocked:") })
        else { return nil }
        return reasons.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private func reasons(_ places: some Sequence<Int>) -> [String: Int] {
        places.compactMap { inputs[$0].collected }.reduce(into: [:]) { $0.merge($1.unjudged, uniquingKeysWith: +) }
    }

    /// The same of the whole day, and what may be done about it.
    package var whyNothingIsJudged: (reasons: String, remedy: String)? {
        guard let text = withoutVerdict(inputs.indices) else { return nil }
        let remedies = Set(reasons(inputs.indices).keys.compactMap { FailureReason(description: $0)?.remedy })
        return (text, remedies.sorted().joined(separator: "; "))
    }
}
