package import Anthropic
package import Logging
package import Support

/// Collects the answers of the batches that earlier runs submitted.
package struct BatchCollector: Sendable {
    package struct Outcome: Sendable, Equatable {
        package var collected = 0
        package var pending = 0
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

    package func collect() async throws(Failure) -> Outcome {
        var outcome = Outcome()
        let all = try await states.all()
        let known = Set(all.compactMap(\.state.batch))
        for listed in all {
            let lease = states.names.lease(ofBatch: listed.name)
            var isPending = true
            if try await leases.take(lease) {
                do throws(Failure) {
                    // Read again under the lease.
                    if let stored = try await states.read(listed.name) {
                        isPending = try await collect(stored, known: known)
                        if !isPending { outcome.collected += 1 }
                    } else {
                        isPending = false
                    }
                } catch {
                    await leases.giveBack(lease)
                    throw error
                }
                await leases.giveBack(lease)
            }
            if isPending {
                outcome.pending += 1
                outcome.waitingFiles.formUnion(listed.state.files)
            }
        }
        return outcome
    }

    private enum Found {
        case ended(Batch, BatchResults)
        case pending
        /// It was announced, and never made.
        case never
        /// The service no longer has it.
        case gone
    }

    /// Whether it is still to be waited for.
    private func collect(_ stored: BatchStates.Stored, known: Set<String>) async throws(Failure) -> Bool {
        let found: Found
        do throws(AnthropicError) {
            found = try await find(stored.state, known: known)
        } catch {
            guard error.status == 404 else { throw error.failure }
            found = .gone
        }
        switch found {
        case .pending: return true
        case .ended(let batch, let results): try await take(results, of: batch)
        case .never: logger.notice("a batch was announced and never made", metadata: ["state": "\(stored.name)"])
        case .gone:
            logger.warning(
                "a batch is gone with its results; its records are asked about again",
                metadata: ["batch": "\(stored.state.batch ?? "")"])
        }
        try await states.remove(stored)
        return false
    }

    private func find(_ state: BatchState, known: Set<String>) async throws(AnthropicError) -> Found {
        if let id = state.batch {
            let batch = try await client.batch(id)
            return batch.status == .ended ? .ended(batch, try await client.results(of: batch)) : .pending
        }
        // The run was killed before it learned the id. A batch shows only in its results what it is about.
        var mayCome = false
        for batch in try await client.batches(since: state.createdAtMs - Self.clockTolerance)
        where !known.contains(batch.id) {
            guard let created = batch.createdAt, created <= state.createdAtMs + Self.creationWindow else { continue }
            guard batch.status == .ended else {
                mayCome = true
                continue
            }
            let results = try await client.results(of: batch)
            if results.contains(where: { $0.customID == state.oneRequest }) { return .ended(batch, results) }
        }
        return mayCome ? .pending : .never
    }

    private func take(_ results: BatchResults, of batch: Batch) async throws(Failure) {
        var lines: [AnswerLines.Line] = []
        var (answered, unanswered) = (0, 0)
        for result in results {
            guard let key = result.customID.flatMap({ ContentKey($0) }), let answer = read(result) else {
                unanswered += 1
                continue
            }
            answered += 1
            let known = KnownAnswer(answer, from: .batch)
            lines.append(AnswerLines.Line(key: key, known: known, answeredAt: wallClock.now()))
            await asker.desk.add(key, known)
            if lines.count == Self.linesAtOnce {
                try await asker.journal.append(lines)
                lines = []
            }
        }
        if !lines.isEmpty { try await asker.journal.append(lines) }
        logger.info(
            "batch collected",
            metadata: ["batch": "\(batch.id)", "answered": "\(answered)", "unanswered": "\(unanswered)"])
    }

    /// nil for what is to be asked again.
    private func read(_ result: BatchResult) -> TagAnswer? {
        switch result.outcome {
        case .succeeded(let message):
            let (answer, counts) = asker.form.answers.read(message)
            asker.tally.answered(message.usage ?? Usage(), cost: asker.form.cost(message, isBatch: true), counts)
            return answer
        case .errored(let error):
            asker.tally.failed(error)
            if case .thisRecordOnly = CallPolicy.decision(error) { return TagAnswer(.rejected) }
            return nil
        case .canceled, .expired, .unreadable: return nil
        }
    }
}
