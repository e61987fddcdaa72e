package import Interactions
package import JobSupport
internal import ObjectStorage

/// What is to be put together of one day next, out of what is known and what is there. Pure.
package struct DayPlan: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Everything that is there is covered.
        case nothing
        /// Hours are missing, and nobody said to go on without them.
        case wait
        /// A round: announce it unless it is announced already, and write it.
        case assemble(DayState.Round, [RawFile], isAnnounced: Bool)
    }

    package var action: Action
    /// Names of files that are left alone, since some of their records are, or would be, in other files.
    package var overlapping: [String]

    /// What decides about a round besides the files.
    package struct Rules: Sendable, Equatable {
        package var config: String
        package var prompt: String
        package var model: String?
        package var sample: String
        package var filters: [String]
        package var maxTokens: Int
        package var schema: VerdictSchema
        package var canaries: [Expectation]

        package init(_ rules: JudgeRules) {
            (config, prompt, schema) = (rules.config, rules.prompt.label, rules.prompt.schema)
            model = rules.prompt.model
            (sample, maxTokens) = (rules.sample.description, rules.prompt.maxTokens)
            filters = rules.filters.map(\.description)
            canaries = rules.prompt.canaries.map(\.expectation)
        }
    }

    /// - Parameters:
    ///   - state: nil for a day that nothing is known of.
    ///   - files: that are there and that are asked for.
    ///   - covered: what the names in the state say, of those that can be read.
    ///   - isRestricted: whether the day has more files than are asked for.
    package init(
        _ state: DayState?, files: [RawFile], covered: [FileName], _ completeness: Completeness, _ rules: Rules,
        isRestricted: Bool = false
    ) {
        if let open = state?.rounds.last, open.phase == .assembling {
            let names = Set(open.files)
            let announced = files.filter { names.contains($0.object.name) }
            // Nothing of another configuration was sent: the round begins anew, with what is there now.
            if open.config == rules.config, announced.count == names.count {
                action = .assemble(open, announced, isAnnounced: true)
                overlapping = WorkList(files, done: covered).overlapping
            } else {
                let work = WorkList(files, done: covered.filter { name in !announced.contains { $0.name == name } })
                action = Self.round(open.number, open.purpose, work.files, rules, isRestricted)
                overlapping = work.overlapping
            }
            return
        }
        let work = WorkList(files, done: covered)
        overlapping = work.overlapping
        guard completeness.isComplete || completeness.isAllowed else {
            action = .wait
            return
        }
        let isBegun = state?.isBegun ?? false
        // A day without records is judged like any other, if it is known to have had none.
        let isSealed = completeness.isComplete && !completeness.sealedHours.isEmpty
        guard !work.files.isEmpty || !isBegun && !isRestricted && (isSealed || !work.overlapping.isEmpty) else {
            action = .nothing
            return
        }
        action = Self.round(state?.rounds.count ?? 0, isBegun ? .late : .first, work.files, rules, isRestricted)
    }

    private static func round(
        _ number: Int, _ purpose: DayState.Round.Purpose, _ files: [RawFile], _ rules: Rules, _ isRestricted: Bool
    ) -> Action {
        var round = DayState.Round(
            number: number, purpose: purpose, phase: .assembling, files: files.map(\.object.name), config: rules.config,
            prompt: rules.prompt, model: rules.model, sample: rules.sample, maxTokens: rules.maxTokens,
            schema: rules.schema, canaries: rules.canaries)
        round.isRestricted = isRestricted ? true : nil
        round.filters = rules.filters.isEmpty ? nil : rules.filters
        return .assemble(round, files, isAnnounced: false)
    }
}
