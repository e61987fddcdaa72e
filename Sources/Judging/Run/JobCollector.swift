internal import JobSupport
internal import Logging
internal import ObjectStorage
internal import Prices
internal import Support
internal import VertexAI

/// Asks how the jobs of a day stand, and collects those that have ended.
struct JobCollector: Sendable {
    let parts: JudgeParts
    let submitter: JobSubmitter

    func collect(_ work: inout DayWork) async throws(Failure) {
        guard var day = work.day else { return }
        var lost: [Failure] = []
        for place in day.state.inputs.indices {
            guard !Task.isCancelled else { throw Failure(.notDrained, "stopped before everything was collected") }
            var problem: BatchJob.Problem?
            if day.state.inputs[place].phase == .submitted { problem = try await look(&day, place) }
            if let before = day.state.inputs[place].reopened {
                try await reopen(&day, place, before, work)
            } else if day.state.inputs[place].phase == .ended {
                if try await isLost(day.state.inputs[place]) {
                    lost.append(try await putBack(&day, place, problem))
                } else {
                    try await collect(&day, place, work)
                    work.report.inputsCollected += 1
                    work.report.costCollectedMicroUsd += day.state.inputs[place].collected?.costMicroUsd ?? 0
                }
            }
            work.day = day
        }
        if let failure = lost.first { throw failure }
    }

    // MARK: Jobs that came to nothing

    /// Whether a job did not come to its end, and has answered nothing: that tells of the job, not of its requests.
    private func isLost(_ input: DayState.Input) async throws(Failure) -> Bool {
        guard input.jobState != JobState.succeeded.description else { return false }
        guard let (store, prefix) = try output(of: input) else { return true }
        let folder = prefix.hasSuffix("/") ? prefix : prefix + "/"
        let objects = try await store.list(prefix: folder, from: nil, delimiter: nil).objects
        return !objects.contains { $0.name.hasSuffix(".jsonl") && $0.size > 0 }
    }

    /// The next run makes another job of it; this one ends, as whatever it was may be so still.
    private func putBack(
        _ day: inout OpenDay, _ place: Int, _ problem: BatchJob.Problem?
    ) async throws(Failure) -> Failure {
        let input = day.state.inputs[place]
        day.state.putBack(place)
        try await parts.states.write(&day)
        let reason = problem.map { ": \($0.message)" } ?? ""
        return Failure(
            problem.map(status) ?? .unavailable,
            "\(input.displayName ?? input.name) ended as \(input.jobState ?? "unknown") and has answered nothing\(reason)",
            remedy: "look for the reason; the next run that submits makes the job anew")
    }

    /// By google.rpc.Code.
    private func status(_ problem: BatchJob.Problem) -> ExitStatus {
        switch problem.code {
        case 5: .noInput
        case 7, 16: .noPermission
        default: .unavailable
        }
    }

    // MARK: How a job stands

    /// - Returns: why the job came to nothing, if the service says it.
    private func look(_ day: inout OpenDay, _ place: Int) async throws(Failure) -> BatchJob.Problem? {
        let before = day.state
        var problem: BatchJob.Problem?
        let name = day.state.inputs[place].job ?? ""
        do throws(VertexError) {
            let job = try await submitter.service.batchJob(name)
            JobWatch.note(job, in: &day.state.inputs[place])
            problem = job.error
            switch JobWatch(job, model: day.state.inputs[place].model ?? "") {
            case .running: break
            case .modelGone(let reason)
            where submitter.canReplace(day.state.inputs[place].model ?? "", in: day.state):
                submitter.replaceModel(&day.state, place, reason)
            case .ended, .modelGone:
                day.state.inputs[place].phase = .ended
                guard job.state != .succeeded || job.error != nil else { break }
                let reason = job.error.map { ": \($0.message)" } ?? ""
                day.state.warn("\(job.displayName) ended as \(job.state)\(reason)")
            }
        } catch  where error.isNotFound {
            day.state.warn("\(name) is gone; what it was asked is asked again")
            day.state.inputs[place].phase = .ended
        } catch {
            throw error.failure
        }
        if day.state != before { try await parts.states.write(&day) }
        return problem
    }

    // MARK: What it has brought

    func collector(_ round: DayState.Round, _ work: DayWork) -> Collector {
        let (names, leases, lease) = (work.names, parts.leases, work.lease)
        let (prices, schema) = (submitter.prices, round.schema)
        return Collector(
            store: parts.states.store, names: JudgedNames(topic: work.place.topic), schema: schema,
            prompt: round.prompt,
            canaries: round.canaries.map { expected in
                Canary(name: expected.name) { expected.problem($0, schema) }
            }, price: { tokens, model in prices.cost(of: tokens, model: model) }, gzip: parts.gzip,
            inputName: { names.input(of: $0, number: $1) }, isMine: { leases.holds(lease) })
    }

    private func collect(_ day: inout OpenDay, _ place: Int, _ work: DayWork) async throws(Failure) {
        let input = day.state.inputs[place]
        var order = CollectOrder(
            input: input, date: work.place.date, output: try output(of: input),
            retry: input.attempt < parts.limits.retries ? day.state.nextInput : nil)
        order.goesByWhatIsThere = parts.limits.asksUnjudged
        let collected = try await collector(day.state.rounds[input.round], work).collect(order)
        if collected.verdicts == nil { try await removeVerdicts(of: input, on: work.place) }
        note(collected, of: place, in: &day.state)
        parts.failpoints.hit(.beforeCollected)
        try await parts.states.write(&day)
        parts.failpoints.hit(.afterCollected)
        parts.logger.info(
            "collected",
            metadata: [
                "input": "\(input.name)", "judged": "\(collected.judged)",
                "unjudged": "\(collected.unjudged.values.reduce(0, +))",
                "asked_again": "\(collected.retried.values.reduce(0, +))",
            ])
    }

    /// Of a run that was stopped, and found answers of requests that are all asked again now.
    private func removeVerdicts(of input: DayState.Input, on day: DayPlace) async throws(Failure) {
        let name = JudgedNames(topic: day.topic).verdicts(of: day.date, input: input.number)
        guard let known = try await parts.states.store.info(name) else { return }
        _ = try await parts.states.store.remove(name, ifGeneration: known.generation)
    }

    /// What cannot be taken up without losing a verdict is left as it was.
    private func reopen(
        _ day: inout OpenDay, _ place: Int, _ before: CollectedInput, _ work: DayWork
    ) async throws(Failure) {
        let input = day.state.inputs[place]
        do throws(Failure) {
            let collected = try await collector(day.state.rounds[input.round], work).reopen(
                input, before, date: work.place.date, retry: day.state.nextInput)
            note(collected, of: place, in: &day.state)
        } catch  where error.status == .dataLoss {
            (day.state.inputs[place].phase, day.state.inputs[place].isReopened) = (.collected, nil)
            try await parts.states.write(&day)
            throw error
        }
        parts.failpoints.hit(.beforeCollected)
        try await parts.states.write(&day)
        parts.failpoints.hit(.afterCollected)
    }

    private func note(_ collected: CollectedInput, of place: Int, in state: inout DayState) {
        let input = state.inputs[place]
        state.inputs[place].collected = collected
        (state.inputs[place].phase, state.inputs[place].isReopened) = (.collected, nil)
        state.isReported = false
        for canary in collected.canaries where !canary.hasPassed {
            let result =
                canary.problem.map { "failed: \($0)" }
                ?? "got no answer (\(canary.unanswered ?? "")): unknown whether it would have passed"
            state.warn("the canary \(canary.name) \(result)")
        }
        for file in collected.damagedFiles { state.warn("output could not be read: \(file)") }
        guard let retry = collected.retry else { return }
        let old = state.rounds[input.round]
        state.rounds.append(
            DayState.Round(
                number: state.rounds.count, purpose: .retry, phase: .assembled, files: [], config: old.config,
                prompt: old.prompt, model: old.model, sample: old.sample, maxTokens: old.maxTokens, schema: old.schema))
        state.inputs.append(
            DayState.Input(
                number: retry.number, round: state.rounds.count - 1, name: retry.name, lines: retry.lines,
                bytes: retry.bytes, checksum: retry.checksum, canaries: 0,
                tokens: input.tokens / Int64(max(1, input.lines)) * Int64(retry.lines),
                longestPrompt: input.longestPrompt, attempt: input.isReopened == true ? 1 : input.attempt + 1))
    }

    /// The job's output directory in the store.
    func output(of input: DayState.Input) throws(Failure) -> (store: any ObjectStore, prefix: String)? {
        guard let directory = input.outputDirectory else { return nil }
        let store = parts.states.store
        guard directory.hasPrefix(store.location + "/") else {
            throw Failure(
                .protocolError, "\(input.job ?? "") has written to \(directory), which is not below \(store.location)",
                remedy: "run with the output store that the job was made for")
        }
        return (store, String(directory.dropFirst(store.location.count + 1)))
    }
}

extension PriceTable {
    /// Of one answer in a batch, in millionths of a US dollar; nil when the model has no price.
    func cost(of tokens: AnswerTokens, model: String) -> Int64? {
        let usage = TokenUsage(
            input: max(0, tokens.prompt - tokens.cached), cacheRead: tokens.cached,
            output: tokens.answer + tokens.thoughts)
        return cost(of: usage, model: shortModel(model), isBatch: true)
    }
}
