package import Interactions
package import JobSupport
internal import ObjectStorage

/// What is to be put together of one day next, out of what is known and what is there. Pure.
package enum DayPlan: Sendable, Equatable {
    /// Everything that is there is covered.
    case nothing
    /// Hours are missing, and nobody said to go on without them.
    case wait
    /// A round: announce it unless it is announced already, and write it.
    case assemble(DayState.Round, [RawFile], isAnnounced: Bool)

    /// What decides about a round besides the files.
    package struct Rules: Sendable, Equatable {
        package var config: String
        package var prompt: String
        package var model: String?
        package var sample: String
        package var maxTokens: Int
        package var schema: VerdictSchema
        package var canaries: [Expectation]

        package init(_ rules: JudgeRules) {
            (config, prompt, schema) = (rules.config, rules.prompt.label, rules.prompt.schema)
            model = rules.prompt.model
            (sample, maxTokens) = (rules.sample.description, rules.prompt.maxTokens)
            canaries = rules.prompt.canaries.map(\.expectation)
        }
    }

    /// - Parameters:
    ///   - state: nil for a day that nothing is known of.
    ///   - files: that are there and that are asked for.
    ///   - covered: what the names in the state say, of those that can be read.
    package init(
        _ state: DayState?, files: [RawFile], covered: [FileName], _ completeness: Completeness, _ rules: Rules
    ) {
        if let open = state?.rounds.last, open.phase == .assembling {
            let names = Set(open.files)
            let announced = files.filter { names.contains($0.object.name) }
            // Nothing of another configuration was sent: the round begins anew, with what is there now.
            if open.config == rules.config, announced.count == names.count {
                self = .assemble(open, announced, isAnnounced: true)
            } else {
                let before = covered.filter { name in !announced.contains { $0.name == name } }
                self = .round(open.number, open.purpose, WorkList(files, done: before).files, rules)
            }
            return
        }
        let work = WorkList(files, done: covered)
        guard completeness.isComplete || completeness.isAllowed else {
            self = .wait
            return
        }
        let isFirst = state?.rounds.isEmpty ?? true
        guard isFirst || !work.files.isEmpty else {
            self = .nothing
            return
        }
        self = .round(state?.rounds.count ?? 0, isFirst ? .first : .late, work.files, rules)
    }

    private static func round(
        _ number: Int, _ purpose: DayState.Round.Purpose, _ files: [RawFile], _ rules: Rules
    ) -> DayPlan {
        let round = DayState.Round(
            number: number, purpose: purpose, phase: .assembling, files: files.map(\.object.name), config: rules.config,
            prompt: rules.prompt, model: rules.model, sample: rules.sample, maxTokens: rules.maxTokens,
            schema: rules.schema,
            canaries: purpose == .first ? rules.canaries : [])
        return .assemble(round, files, isAnnounced: false)
    }
}
