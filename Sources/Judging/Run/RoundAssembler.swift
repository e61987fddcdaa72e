internal import HTTP
internal import Interactions
internal import JobSupport
internal import Logging
internal import ObjectStorage
internal import Support

/// Puts together what is to be asked about a day: the first time, and whenever files have come since.
struct RoundAssembler: Sendable {
    /// How often names turn out to be taken by other content before somebody has to look.
    private static let mostTaken = 3

    let parts: JudgeParts
    let rules: JudgeRules

    func assemble(_ work: inout DayWork) async throws(Failure) {
        let there = try await parts.finder.files(of: work.place)
        let completeness = try await parts.finder.completeness(of: work.place, there)
        (work.report.stand, work.report.missing) = (.empty, nil)
        if !there.files.isEmpty { try await giveUpUnsent(&work) }
        let plan = plan(work, there, completeness)
        switch plan.action {
        case .wait:
            (work.report.stand, work.report.missing) = (.incomplete, completeness.missingText)
            try await remember(there, completeness, &work)
        case .nothing:
            if !completeness.isComplete { work.report.missing = completeness.missingText }
            try await note(completeness, plan, there, in: &work)
        case .assemble(let round, let files, let isAnnounced):
            if work.day == nil {
                work.day = OpenDay(
                    DayState(topic: work.place.topic, date: work.place.date, completeness: completeness))
            }
            try await note(completeness, plan, there, in: &work)
            try await write(round, files, isAnnounced: isAnnounced, &work)
        }
        work.remarks = work.place.isChosen ? [difference(work)].compactMap { $0 } : []
    }

    /// What was never sent binds nobody: it is put together anew, by this run's rules, before it can be sent by others.
    private func giveUpUnsent(_ work: inout DayWork) async throws(Failure) {
        guard var day = work.day else { return }
        let rounds = day.state.giveUpUnsentRounds(config: rules.config)
        guard !rounds.isEmpty else { return }
        day.state.isReported = false
        try await parts.states.write(&day)
        work.day = day
        for round in rounds {
            parts.logger.info(
                "what was assembled by other rules was never sent, and is given up",
                metadata: [
                    "topic": "\(work.place.topic)", "date": "\(work.place.date)", "asked": "\(round.counts.asked)",
                    "rules": "\(DayRules(round).text)",
                ])
        }
    }

    /// That a run has looked for a day and did not find it complete: should it never be, this tells that it was left behind.
    private func remember(
        _ there: DayFiles, _ completeness: Completeness, _ work: inout DayWork
    ) async throws(Failure) {
        guard work.day == nil, !there.files.isEmpty, !there.isRestricted else { return }
        var day = OpenDay(DayState(topic: work.place.topic, date: work.place.date, completeness: completeness))
        try await parts.states.write(&day)
        work.day = day
    }

    private func plan(_ work: DayWork, _ files: DayFiles, _ completeness: Completeness) -> DayPlan {
        let state = work.day?.state
        var completeness = completeness
        if !work.place.isChosen, state?.isBegun ?? false { completeness.isAllowed = true }
        let names = ObjectNames(topic: work.place.topic, layout: parts.finder.layout)
        let covered = (state.map { $0.coveredFiles(asking($0)) } ?? []).compactMap { names.parse(file: rawName($0)) }
        return DayPlan(
            state, files: files.files, covered: covered, completeness, DayPlan.Rules(rules),
            isRestricted: files.isRestricted)
    }

    /// Only of days that are asked for: after a change of the prompt, all days before were judged by another one.
    private func difference(_ work: DayWork) -> String? {
        guard let state = work.day?.state else { return nil }
        let models = [parts.submitter?.asked(rules.prompt.model), parts.submitter?.fallback].compactMap { $0 }
        return state.difference(from: DayPlan.Rules(rules), models: parts.submitter == nil ? state.models : models)
    }

    private func asking(_ state: DayState) -> RoundAsking {
        let model = parts.submitter.map { $0.model(asked: rules.prompt.model, in: state) }
        return RoundAsking(config: rules.config, model: model, isForced: parts.limits.asksUnjudged)
    }

    private func note(
        _ completeness: Completeness, _ plan: DayPlan, _ files: DayFiles, in work: inout DayWork
    ) async throws(Failure) {
        guard var day = work.day else { return }
        let before = day.state
        if before.rounds.isEmpty || before.completeness.missing != completeness.missing {
            day.state.completeness = completeness
            day.state.completeness.isAllowed = before.completeness.isAllowed || completeness.isAllowed
        }
        day.state.recordsInManifests = try await parts.finder.recordsInManifests(of: work.place, files)
        // A pattern says nothing of the files that it leaves out.
        if !files.isRestricted { day.state.overlapping = plan.overlapping.isEmpty ? nil : plan.overlapping }
        guard day.state != before else { return }
        day.state.isReported = false
        try await parts.states.write(&day)
        work.day = day
    }

    // MARK: A round

    private func write(
        _ round: DayState.Round, _ files: [RawFile], isAnnounced: Bool, _ work: inout DayWork
    ) async throws(Failure) {
        guard var day = work.day else { return }
        if !isAnnounced {
            if round.number < day.state.rounds.count { day.state.rounds.removeLast() }
            day.state.giveUpRounds(asking(day.state))
            day.state.rounds.append(round)
            day.state.rounds[round.number].firstInput = try await freeNumber(day.state, work)
            parts.failpoints.hit(.beforeAnnounce)
            try await parts.states.write(&day)
            parts.failpoints.hit(.afterAnnounce)
        }
        for name in day.state.superseded ?? [] {
            guard let known = try await parts.states.store.info(name) else { continue }
            _ = try await parts.states.store.remove(name, ifGeneration: known.generation)
        }
        day.state.superseded = nil
        let (inputs, counts) = try await inputs(round, files, day.state, work)
        day.state.inputs += inputs
        day.state.rounds[round.number].counts = counts
        day.state.rounds[round.number].phase = .assembled
        day.state.isReported = false
        parts.failpoints.hit(.beforeAssembled)
        try await parts.states.write(&day)
        parts.failpoints.hit(.afterAssembled)
        work.day = day
        parts.logger.info(
            "assembled",
            metadata: [
                "topic": "\(work.place.topic)", "date": "\(work.place.date)", "files": "\(files.count)",
                "records": "\(counts.records)", "asked": "\(counts.asked)", "inputs": "\(inputs.count)",
            ])
    }

    private func inputs(
        _ round: DayState.Round, _ files: [RawFile], _ state: DayState, _ work: DayWork
    ) async throws(Failure) -> ([DayState.Input], DayState.Counts) {
        var number = state.rounds[round.number].firstInput ?? state.nextInput
        for _ in 0..<Self.mostTaken {
            let writer = RoundWriter(
                rules, work.names, date: work.place.date, round: round.number, number: number,
                from: parts.finder.input, to: parts.states.store, parts.failpoints)
            switch try await writer.write(files) {
            case .done(let inputs, let counts): return (inputs, counts)
            case .taken: number = try await freeNumber(state, work)
            }
        }
        throw Failure(
            .conflict,
            "\(parts.states.store.location)/\(work.names.folder(of: work.place.date)) holds many input objects "
                + "that no state lists", remedy: "look for a second run, or remove them")
    }

    /// Behind all input objects that are there, also of runs of another configuration that were stopped: what counts is what the
    /// state lists.
    private func freeNumber(_ state: DayState, _ work: DayWork) async throws(Failure) -> Int {
        let prefix = work.names.inputs(of: work.place.date)
        let there = try await parts.states.store.list(prefix: prefix, from: nil, delimiter: nil).objects
        let last = there.compactMap { work.names.number(ofInput: $0.name, of: work.place.date) }.max() ?? -1
        return max(state.nextInput, last + 1)
    }
}

/// The raw file of a tagged one.
func rawName(_ name: String) -> String { name.hasPrefix("tagged/") ? "raw/" + name.dropFirst("tagged/".count) : name }
