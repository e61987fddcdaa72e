package import Braintrust
internal import Bytes
package import Logging
package import Support
import Synchronization

/// Writes rows to datasets: those that are not there yet, in few requests. What is there stays as it is, since people edit it.
///
/// A dataset that cannot be written (deleted, forbidden) does not stop the others.
package final class DatasetPusher: Sendable {
    package struct Options: Sendable {
        /// Bytes of a request with rows.
        package var payloadLimit: Int
        /// Only asks and counts.
        package var isDryRun: Bool
        /// Datasets that are written at the same time.
        package var concurrency: Int

        package init(payloadLimit: Int, isDryRun: Bool = false, concurrency: Int = 4) {
            (self.payloadLimit, self.isDryRun, self.concurrency) = (payloadLimit, isDryRun, concurrency)
        }
    }

    private struct State {
        var counts: [DatasetCounts]
        var failures: [Int: Failure] = [:]
        /// Bytes of the rows of a request to each target, as far as it is known; a single row may be more.
        var batchLimits: [Int]
        var refusals: [Refusals]
        /// By target: ids of rows that were dead letters.
        var kept: [Int: Set<String>] = [:]
    }

    /// A smaller request is not refused for its bytes.
    private static let leastBatchLimit = 256 << 10

    package let targets: [PushTarget]
    /// Bytes of the rows of a request, with a comma behind each: what the service says.
    package let payloadLimit: Int
    private let client: BraintrustClient
    private let deadLetters: RowDeadLetters
    private let options: Options
    private let failpoints: Failpoints
    private let logger: Logger
    private let mayWrite: @Sendable () -> Bool
    private let state: Mutex<State>

    /// - Parameter mayWrite: asked before each request that writes: whether this run is still the only one.
    package init(
        _ client: BraintrustClient, targets: [PushTarget], deadLetters: RowDeadLetters, options: Options,
        logger: Logger,
        failpoints: Failpoints = Failpoints(nil), mayWrite: @escaping @Sendable () -> Bool = { true }
    ) {
        (self.client, self.targets, self.deadLetters, self.options) = (client, targets, deadLetters, options)
        (self.logger, self.failpoints, self.mayWrite) = (logger, failpoints, mayWrite)
        let payloadLimit = max(1, options.payloadLimit - BraintrustClient.insertOverhead)
        self.payloadLimit = payloadLimit
        state = Mutex(
            State(
                counts: Array(repeating: DatasetCounts(), count: targets.count),
                batchLimits: Array(repeating: payloadLimit, count: targets.count),
                refusals: Array(repeating: Refusals(), count: targets.count)))
    }

    /// For each target.
    package var counts: [DatasetCounts] { state.withLock(\.counts) }
    /// By target: why nothing more goes there.
    package var failures: [Int: Failure] { state.withLock(\.failures) }

    /// Counts a record for a target.
    /// - Parameter isRepeated: it has come before.
    package func note(matchOf target: Int, isRepeated: Bool = false) {
        state.withLock { state in
            state.counts[target].matched += 1
            if isRepeated { state.counts[target].existing += 1 }
        }
    }

    /// Keeps a row that is larger than any request may be, or was refused alone.
    package func keep(tooLarge row: PendingRow, of target: Int) async throws(Failure) {
        try await keep(row, of: target, "a row is too large for Braintrust", .tooLarge(payloadLimit))
    }

    private func keep(
        _ row: PendingRow, of target: Int, _ what: String, _ reason: RowDeadLetters.Reason
    ) async throws(Failure) {
        let dataset = targets[target].dataset
        logger.warning(
            "\(what) and is kept as a dead letter",
            metadata: ["dataset": "\(dataset.id)", "row": "\(row.id)", "bytes": "\(row.bytes.count)"])
        if !options.isDryRun { try await deadLetters.keep(row, of: dataset, reason) }
        state.withLock { $0.counts[target].deadLetters += 1 }
    }

    package func push(_ piles: [(dataset: Int, rows: [PendingRow])]) async throws(Failure) {
        _ = try await concurrently(piles, limit: options.concurrency) { [self] pile throws(Failure) in
            guard failures[pile.dataset] == nil else { return }
            do throws(Trouble) {
                try await push(pile.rows, to: pile.dataset)
            } catch {
                guard error.isOfDataset else { throw error.failure }
                logger.error("a dataset cannot be written; the others go on", metadata: ["error": "\(error.failure)"])
                state.withLock { $0.failures[pile.dataset] = error.failure }
            }
        }
    }

    // MARK: - One dataset

    private struct Trouble: Error {
        var failure: Failure
        /// It concerns no other dataset.
        var isOfDataset = false

        init(_ failure: Failure) { self.failure = failure }

        init(_ error: BraintrustError, _ target: PushTarget) {
            failure = error.failure
            guard case .status(let status) = error.kind, [400, 403, 404, 409, 410, 422].contains(status) else { return }
            isOfDataset = true
            failure = Failure(
                status == 404 ? .noInput : failure.status,
                "dataset \(target.dataset.id) (\(printable(target.name))): \(error)",
                remedy: status == 404 ? "it was deleted meanwhile: run again" : failure.remedy)
        }
    }

    private func push(_ rows: [PendingRow], to target: Int) async throws(Trouble) {
        var rest = rows[...]
        while !rest.isEmpty {
            let portion = Array(rest.prefix(RowBatches.mostRows))
            rest = rest.dropFirst(portion.count)
            var new = try await missing(portion, in: target)[...]
            state.withLock { $0.counts[target].existing += portion.count - new.count }
            // What was refused before needs no other rows to be told from the dataset by.
            let kept = try await kept(of: target)
            for row in new where kept.contains(row.id) {
                guard let error = try await refusal(of: [row], to: target) else { continue }
                try await keep(row, of: target, error.isTooLarge ? nil : error)
            }
            new.removeAll { kept.contains($0.id) }
            while !new.isEmpty {
                // Anew each time: the limit may turn out to be lower.
                let limit = state.withLock { $0.batchLimits[target] }
                let batch = RowBatches.cut(new.map(\.bytes.count), limit: limit)[0]
                try await insert(new.prefix(batch.count), to: target)
                new = new.dropFirst(batch.count)
            }
        }
    }

    /// Those that the dataset does not have.
    private func missing(_ rows: [PendingRow], in target: Int) async throws(Trouble) -> [PendingRow] {
        var missing: [PendingRow] = []
        for range in ExistingRows.queries(for: rows) {
            do throws(BraintrustError) {
                let existing = try await existing(rows[range], in: targets[target].dataset.id)
                missing += rows[range].filter { !existing.has($0) }
            } catch {
                throw Trouble(error, targets[target])
            }
        }
        return missing
    }

    private func existing(
        _ rows: ArraySlice<PendingRow>, in dataset: String
    ) async throws(BraintrustError) -> ExistingRows {
        var existing = ExistingRows()
        var cursor: String?
        for _ in 0..<ExistingRows.mostPages {
            let page = try await client.query(ExistingRows.query(rows, dataset: dataset, cursor: cursor))
            existing.add(page)
            guard !page.rows.isEmpty, let next = page.cursor, next != cursor else { return existing }
            cursor = next
        }
        throw BraintrustError(.unreadable, message: "the rows of dataset \(dataset) with the same ids do not end")
    }

    /// Writes rows. What is refused, for its size or for some of its rows, is tried again in halves, the larger parts first:
    /// so it is soon known whether the dataset takes anything.
    private func insert(_ rows: ArraySlice<PendingRow>, to target: Int) async throws(Trouble) {
        var parts = [rows]
        var next = 0
        var refused: [(row: PendingRow, error: BraintrustError)] = []
        while next < parts.count {
            let part = parts[next]
            next += 1
            guard let error = try await refusal(of: part, to: target) else { continue }
            if error.isTooLarge {
                lowerLimit(of: target, to: part.reduce(0) { $0 + $1.bytes.count + 1 } / 2)
                if part.count == 1 { try await keep(part[part.startIndex], of: target, nil) }
            } else {
                guard state.withLock({ $0.refusals[target].noteRefused(rows: part.count) }) else {
                    throw Trouble(error, targets[target])
                }
                if part.count == 1 { refused.append((part[part.startIndex], error)) }
            }
            if part.count > 1 { parts += [part.prefix(part.count / 2), part.dropFirst(part.count / 2)] }
        }
        guard let last = refused.last else { return }
        // Without it, the dataset may be to blame.
        guard state.withLock({ $0.refusals[target].hasTaken }) else { throw Trouble(last.error, targets[target]) }
        for (row, error) in refused { try await keep(row, of: target, error) }
    }

    /// - Returns: why parts of the rows are to be tried; nil: they are written.
    private func refusal(of rows: ArraySlice<PendingRow>, to target: Int) async throws(Trouble) -> BraintrustError? {
        if !options.isDryRun {
            guard mayWrite() else { throw Trouble(Failure(.notDrained, "another run took over", remedy: "run again")) }
            failpoints.hit(.beforeInsert)
            do throws(BraintrustError) {
                try await client.insert(datasetID: targets[target].dataset.id, events: rows.map(\.bytes))
            } catch {
                guard error.isTooLarge || error.isOfContent else { throw Trouble(error, targets[target]) }
                return error
            }
            failpoints.hit(.afterInsert)
        }
        state.withLock { state in
            state.refusals[target].noteTaken()
            state.counts[target].inserted += rows.count
        }
        return nil
    }

    /// Later requests to this dataset are no larger than the halves of one that was. But the refusal was not necessarily for
    /// bytes, so it says nothing about a single row, nor about other datasets.
    private func lowerLimit(of target: Int, to bytes: Int) {
        let limit = max(Self.leastBatchLimit, bytes)
        state.withLock { $0.batchLimits[target] = min($0.batchLimits[target], limit) }
    }

    /// Ids of a target's rows that were dead letters when this run first looked.
    private func kept(of target: Int) async throws(Trouble) -> Set<String> {
        if let kept = state.withLock({ $0.kept[target] }) { return kept }
        do throws(Failure) {
            let kept = try await deadLetters.rows(of: targets[target].dataset)
            state.withLock { $0.kept[target] = kept }
            return kept
        } catch {
            throw Trouble(error)
        }
    }

    /// - Parameter error: nil: it is too large.
    private func keep(_ row: PendingRow, of target: Int, _ error: BraintrustError?) async throws(Trouble) {
        do throws(Failure) {
            if let error {
                try await keep(row, of: target, "a row is refused (\(error))", .refused("\(error)"))
            } else {
                try await keep(tooLarge: row, of: target)
            }
        } catch {
            throw Trouble(error)
        }
    }
}

extension BraintrustError {
    /// It may be for some of what was sent, and not for the rest.
    fileprivate var isOfContent: Bool { kind == .status(400) || kind == .status(422) }
}
