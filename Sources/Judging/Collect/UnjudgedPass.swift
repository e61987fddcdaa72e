internal import Bytes
internal import JobSupport
internal import ObjectStorage
internal import Support

/// Takes up what a verdicts file keeps as unjudged: its requests are made again in the next input object, and then its lines leave
/// the file. What the job put out is not needed for that, and what is judged stays as it is. To do it twice gives the same objects.
struct UnjudgedPass {
    private let collector: Collector
    private let input: DayState.Input
    private let date: String
    /// What collecting it gave.
    private let before: CollectedInput

    /// Lines of the verdicts file that stay.
    private struct Kept {
        var judged = 0
        var unjudged: [String: Int] = [:]
        /// Lines of records, by file.
        var places: [String: Set<Int64>] = [:]

        mutating func take(_ line: UnsafeRawBufferPointer) {
            guard let record = VerdictRecord(line), record.isSettled else { return }
            switch record.status {
            case .judged: judged += 1
            case .unjudged(let reason): unjudged[reason, default: 0] += 1
            }
            places[record.file, default: []].insert(record.line)
        }
    }

    init(_ collector: Collector, _ input: DayState.Input, _ before: CollectedInput, date: String) {
        (self.collector, self.input, self.before, self.date) = (collector, input, before, date)
    }

    private var store: any ObjectStore { collector.store }

    /// - Parameter number: of the next input object.
    func run(retry number: Int) async throws(Failure) -> CollectedInput {
        let name = collector.names.verdicts(of: date, input: input.number)
        let object = try await store.info(name)
        var kept = Kept()
        if let object {
            var lines = StoredLines(object, in: store)
            while let batch = try await lines.next() {
                try checkCancellation()
                batch.forEach { kept.take($0) }
            }
        }
        var result = before
        result.unjudged = before.unjudged.filter { !FailureReason.isRetryable($0.key) }
        guard kept.judged == before.judged, kept.unjudged == result.unjudged else {
            throw Failure(
                .dataLoss,
                "\(store.location)/\(name) does not hold what it is to hold (\(before.judged) verdicts), "
                    + "so nothing of it is asked again", remedy: "restore it from an earlier version or a backup")
        }
        for (reason, count) in before.unjudged where result.unjudged[reason] == nil {
            result.retried[reason, default: 0] += count
        }
        result.retry = try await makeRequests(but: kept.places, number)
        result.verdicts = kept.places.isEmpty ? nil : name
        if let object { try await strip(object) }
        return result
    }

    private func checkCancellation() throws(Failure) {
        guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(input.name) was taken up again") }
    }

    // MARK: The requests

    private func makeRequests(but places: [String: Set<Int64>], _ number: Int) async throws(Failure)
        -> CollectedInput.Retry?
    {
        guard let object = try await store.info(input.name) else { throw collector.inputIsGone(input) }
        for number in number..<number + Collector.mostTaken {
            let retry = LineUpload(plain: collector.inputName(date, number), in: store)
            do throws(Failure) {
                try await copy(object, but: places, number, to: retry)
                // A name that other content has is not ours, or of a run that was stopped.
                guard let outcome = try await retry.finish() else { return nil }
                guard case .written = outcome else { continue }
                return CollectedInput.Retry(
                    number: number, name: retry.name, lines: retry.lines, bytes: retry.bytes, checksum: retry.checksum)
            } catch {
                await retry.cancel()
                throw error
            }
        }
        throw Failure(.conflict, "somebody else asks again about \(input.name)", remedy: "look for a second run")
    }

    private func copy(
        _ object: ObjectInfo, but places: [String: Set<Int64>], _ number: Int, to retry: LineUpload
    ) async throws(Failure) {
        var lines = StoredLines(object, in: store, as: .plain)
        var row = 0
        while let batch = try await lines.next() {
            try checkCancellation()
            try batch.forEach { line throws(Failure) in
                guard let request = RequestLine(line, at: RowPlace(input: input.number, row: row)) else {
                    throw collector.inputIsDamaged(input, "is not as it was written, in line \(row + 1)")
                }
                row += 1
                let labels = request.labels
                if labels.isCanary || places[labels.file]?.contains(Int64(labels.line)) == true { return }
                retry.append { request.append(at: RowPlace(input: number, row: retry.lines), to: $0) }
            }
            try await retry.flush()
        }
    }

    // MARK: The verdicts

    /// Leaves the lines that stay; without one, no file.
    private func strip(_ object: ObjectInfo) async throws(Failure) {
        let verdicts = try LineUpload(object.name, in: store, gzip: collector.gzip, ifGeneration: object.generation)
        var hasChanged = false
        do throws(Failure) {
            var lines = StoredLines(object, in: store)
            while let batch = try await lines.next() {
                try checkCancellation()
                batch.forEach { line in
                    guard VerdictRecord(line)?.isSettled == true else { return hasChanged = true }
                    verdicts.append { $0.append(line) }
                }
                try await verdicts.flush()
            }
            guard hasChanged else { return await verdicts.cancel() }
            guard let outcome = try await verdicts.finish() else {
                _ = try await store.remove(object.name, ifGeneration: object.generation)
                return
            }
            guard case .written = outcome else {
                throw Failure(
                    .conflict, "\(store.location)/\(object.name) was changed by another run", remedy: "run again")
            }
        } catch {
            await verdicts.cancel()
            throw error
        }
    }
}

extension VerdictRecord {
    /// Judged, or unjudged for a reason that asking again does not change.
    fileprivate var isSettled: Bool {
        switch status {
        case .judged: true
        case .unjudged(let reason): !FailureReason.isRetryable(reason)
        }
    }
}
