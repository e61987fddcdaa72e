package import Anthropic
package import JobSupport
package import Logging
internal import Prices
internal import Records
package import Support

/// Collects the answers of the batches that earlier runs submitted.
package struct BatchCollector: Sendable {
    package struct Outcome: Sendable, Equatable {
        package var collected = 0
        package var pending = 0
        /// Of another model, prompt or taxonomy: nobody asks for their answers any more.
        package var abandoned = 0
        /// Raw files that wait for a batch.
        package var waitingFiles: Set<String> = []
    }

    /// A batch whose id was never learned was made within so long of its announcement, or not at all.
    static let creationWindow: Milliseconds = 3_600_000
    /// How far the service's clock may be behind the store's.
    static let clockTolerance: Milliseconds = 60_000
    private static let linesAtOnce = 500

    package let states: BatchStates
    package let client: AnthropicClient
    package let asker: Asker
    package let leases: LeaseKeeper
    package let wallClock: any WallClock
    package let logger: Logger

    /// What is waited for, without asking whether it is there.
    package func waiting() async throws(Failure) -> Outcome {
        let all = try await states.all()
        return Outcome(pending: all.count, waitingFiles: Set(all.flatMap(\.state.files)))
    }

    /// - Throws: what concerns the whole run, after all batches were looked at if it is about their requests. A batch that
    ///   cannot be had now stays pending.
    package func collect() async throws(Failure) -> Outcome {
        var outcome = Outcome()
        let all = try await states.all()
        let known = Set(all.compactMap(\.state.batch))
        var failed: Failure?
        for listed in all {
            switch try await collect(listed.name, known: known) {
            case .collected(let failure):
                outcome.collected += 1
                failed = failed ?? failure
            case .pending:
                outcome.pending += 1
                outcome.waitingFiles.formUnion(listed.state.files)
            case .byAnother: break
            }
        }
        if let failed { throw failed }
        for listed in try await states.ofOthers() {
            try await abandon(listed)
            outcome.abandoned += 1
        }
        return outcome
    }

    private enum End {
        /// With why every request of another batch would fail too, if it is so.
        case collected(Failure?)
        case pending
        /// Another run has just collected it, and stored the answers.
        case byAnother
    }

    private func collect(_ name: String, known: Set<String>) async throws(Failure) -> End {
        try await leases.whileHeld(BatchStates.lease(name)) { () throws(Failure) in
            try await collectLeased(name, known: known)
        } ?? .pending
    }

    private enum Found {
        case ended(Batch, BatchResults)
        case pending
        /// It was announced, and never made.
        case never
        /// The service no longer has it.
        case gone
    }

    private func collectLeased(_ name: String, known: Set<String>) async throws(Failure) -> End {
        guard let stored = try await states.read(name) else { return .byAnother }
        let found: Found
        do throws(AnthropicError) {
            found = try await find(stored.state, known: known)
        } catch {
            if case .stop(let failure) = CallPolicy.decision(error) { throw failure }
            logger.warning(
                "a batch cannot be collected now; its files wait",
                metadata: ["batch": "\(stored.state.batch ?? stored.name)", "error": "\(error)"])
            return .pending
        }
        var failed: Failure?
        switch found {
        case .pending: return .pending
        case .ended(let batch, let results):
            guard isWhole(results, of: stored.state) else {
                logger.error(
                    "the results of a batch are cut, or none can be read; its files wait",
                    metadata: ["batch": "\(batch.id)", "remedy": "see whether a newer loader, or no proxy, reads them"])
                return .pending
            }
            failed = try await take(results, of: batch)
        case .never: logger.notice("a batch was announced and never made", metadata: ["state": "\(stored.name)"])
        case .gone:
            logger.warning(
                "a batch is gone with its results; its records are asked about again",
                metadata: ["batch": "\(stored.state.batch ?? "")"])
        }
        try await states.remove(stored)
        return .collected(failed)
    }

    private func find(_ state: BatchState, known: Set<String>) async throws(AnthropicError) -> Found {
        if let id = state.batch {
            guard let batch = try await unlessGone({ () throws(AnthropicError) in try await client.batch(id) }) else {
                return .gone
            }
            guard batch.status == .ended else { return .pending }
            return try await results(of: batch).map { .ended(batch, $0) } ?? .gone
        }
        // The run was killed before it learned the id. A batch shows only in its results what it is about.
        guard let one = state.contents.first?.description else { return .never }
        var mayCome = false
        for batch in try await client.batches(since: state.createdAtMs - Self.clockTolerance)
        where !known.contains(batch.id) {
            guard let created = batch.createdAt, created <= state.createdAtMs + Self.creationWindow else { continue }
            guard batch.status == .ended else {
                mayCome = true
                continue
            }
            // One without results is another's: ours is kept as long as its results are.
            guard let results = try await results(of: batch) else { continue }
            if results.contains(where: { $0.customID == one }) { return .ended(batch, results) }
        }
        return mayCome ? .pending : .never
    }

    /// nil when the service no longer has them.
    private func results(of batch: Batch) async throws(AnthropicError) -> BatchResults? {
        try await unlessGone { () throws(AnthropicError) in try await client.results(of: batch) }
    }

    /// Whether there is one for each request, and some can be understood. If not, all would be asked, and paid, again, and
    /// maybe each time.
    private func isWhole(_ results: BatchResults, of state: BatchState) -> Bool {
        var (count, isUnderstood) = (0, false)
        for result in results {
            count += 1
            isUnderstood = isUnderstood || ![.unreadable, .unreadableMessage].contains(result.outcome)
        }
        return count >= state.contents.count && isUnderstood
    }

    /// Makes the answers durable.
    /// - Returns: why every request of another batch would fail too, if it is so.
    private func take(_ results: BatchResults, of batch: Batch) async throws(Failure) -> Failure? {
        var refusals = BatchRefusals(limit: RefusalJudge.limit)
        var lines: [AnswerLines.Line] = []
        var (requests, answered) = (0, 0)
        for result in results {
            requests += 1
            guard let key = result.customID.flatMap({ ContentKey($0) }) else { continue }
            guard let answer = read(result, key, &refusals) else { continue }
            answered += 1
            lines.append(await line(key, answer))
            if lines.count == Self.linesAtOnce {
                try await asker.journal.append(lines)
                lines = []
            }
        }
        let (rejected, failure) = refusals.settled
        for key in rejected { lines.append(await line(key, TagAnswer(.rejected))) }
        if !lines.isEmpty { try await asker.journal.append(lines) }
        answered += rejected.count
        logger.info(
            "batch collected",
            metadata: ["batch": "\(batch.id)", "answered": "\(answered)", "unanswered": "\(requests - answered)"])
        return failure
    }

    private func line(_ key: ContentKey, _ answer: TagAnswer) async -> AnswerLines.Line {
        let known = KnownAnswer(answer, from: .batch)
        await asker.desk.add(key, known)
        return AnswerLines.Line(key: key, known: known, answeredAt: wallClock.now())
    }

    /// nil for what is to be asked again, or refused.
    private func read(_ result: BatchResult, _ key: ContentKey, _ refusals: inout BatchRefusals) -> TagAnswer? {
        switch result.outcome {
        case .succeeded(let message):
            refusals.hasSuccess = true
            let (answer, counts) = asker.form.answers.read(message)
            asker.tally.answered(TokenUsage(message), cost: asker.form.cost(message, isBatch: true), counts)
            return answer
        case .errored(let error):
            asker.tally.failed(error)
            refusals.add(key, CallPolicy.decision(error))
            return nil
        case .unreadableMessage:
            // Paid for: whether another one could be read is not known.
            asker.tally.failed(AnthropicError(.unreadable, message: "a batch's message"))
            return TagAnswer(.unusable)
        case .canceled, .expired, .unreadable: return nil
        }
    }
}

/// nil when the service says that there is no such thing, or no longer.
private func unlessGone<Value: Sendable>(_ body: () async throws(AnthropicError) -> Value)
    async throws(AnthropicError) -> Value?
{
    do throws(AnthropicError) { return try await body() } catch {
        guard error.status == 404, error.type == "not_found_error" else { throw error }
        return nil
    }
}
