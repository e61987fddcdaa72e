internal import Bytes
internal import JobSupport
internal import ObjectStorage
internal import Support

/// One pass over an input object: each request becomes a line of the verdicts file or a request of the next round. One thread at
/// a time.
final class CollectPass {
    enum Ending {
        case done(CollectedInput)
        /// The name of the next input object is taken by other content.
        case retryTaken
        /// The verdicts file is there with other content, in this generation; nil when it went meanwhile.
        case verdictsTaken(Int64?)
    }

    private let collector: Collector
    private let order: CollectOrder
    private let input: ObjectInfo
    private let table: OutcomeTable
    private let retryNumber: Int?
    private let missing: FailureReason
    private let line: VerdictLine
    private let verdicts: LineUpload
    private let retry: LineUpload?
    private let evidence = EvidenceSearch()
    private var result = CollectedInput()
    private var row = 0

    /// - Parameters:
    ///   - retry: the number of the next input object; nil: what failed is not asked again.
    ///   - generation: the verdicts file to put this one in place of.
    init(
        _ collector: Collector, _ order: CollectOrder, _ input: ObjectInfo, _ table: OutcomeTable, retry: Int?,
        replacing generation: Int64?
    ) throws(Failure) {
        (self.collector, self.order, self.input, self.table, retryNumber) = (collector, order, input, table, retry)
        missing = FailureReason(missingFrom: order.input.jobState)
        line = VerdictLine(
            schema: collector.schema, model: order.input.model ?? "", prompt: collector.prompt)
        verdicts = try LineUpload(
            collector.names.verdicts(of: order.date, input: order.input.number), in: collector.store,
            gzip: collector.gzip, ifGeneration: generation)
        self.retry = retry.map { LineUpload(plain: collector.inputName(order.date, $0), in: collector.store) }
    }

    /// - Parameter result: what is known so far.
    func run(into result: CollectedInput) async throws(Failure) -> Ending {
        self.result = result
        do throws(Failure) {
            try await readInput()
            return try await finish()
        } catch {
            await verdicts.cancel()
            await retry?.cancel()
            throw error
        }
    }

    private func readInput() async throws(Failure) {
        var lines = StoredLines(input, in: collector.store, as: .plain)
        while let batch = try await lines.next() {
            guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(input.name) was collected") }
            try batch.forEach { line throws(Failure) in try take(line) }
            try await verdicts.flush()
            try await retry?.flush()
        }
        guard row == order.input.lines else { throw damaged("has \(row) lines instead of \(order.input.lines)") }
    }

    /// The retry first: a verdicts file without it would leave its records unjudged to who only lists files.
    private func finish() async throws(Failure) -> Ending {
        if let retry, let retryNumber, let outcome = try await retry.finish() {
            guard case .written = outcome else {
                await verdicts.cancel()
                return .retryTaken
            }
            result.retry = CollectedInput.Retry(
                number: retryNumber, name: retry.name, lines: retry.lines, bytes: retry.bytes, checksum: retry.checksum)
        }
        guard let outcome = try await verdicts.finish() else { return .done(result) }
        guard case .taken(let object) = outcome else {
            result.verdicts = verdicts.name
            return .done(result)
        }
        return .verdictsTaken(object?.generation)
    }

    private func damaged(_ what: String) -> Failure { collector.inputIsDamaged(order.input, what) }

    // MARK: One request

    private func take(_ request: UnsafeRawBufferPointer) throws(Failure) {
        guard row < order.input.lines else { throw damaged("has more than \(order.input.lines) lines") }
        guard let request = RequestLine(request, at: RowPlace(input: order.input.number, row: row)) else {
            throw damaged("is not as it was written, in line \(row + 1)")
        }
        let (labels, entry) = (request.labels, table[row])
        row += 1
        if labels.isCanary { return takeCanary(labels, entry) }
        switch entry?.outcome ?? .failed(missing) {
        case .judged(let answer):
            result.judged += 1
            var found: Bool?
            if !answer.evidence.isEmpty, let contents = request.contents {
                found = evidence.contains(answer.evidence, request.bytes, contents)
            }
            verdicts.append {
                line.append(answer, evidenceFound: found, model: entry?.model, of: labels, to: $0)
            }
        case .failed(let reason):
            if let retry, let retryNumber, reason.isRetryable {
                result.retried[reason.description, default: 0] += 1
                retry.append { request.append(at: RowPlace(input: retryNumber, row: retry.lines), to: $0) }
            } else {
                result.unjudged[reason.description, default: 0] += 1
                verdicts.append { line.append(reason, model: entry?.model, of: labels, to: $0) }
            }
        }
    }

    private func takeCanary(_ labels: RequestLabels, _ entry: OutcomeTable.Entry?) {
        let known = collector.canaries.indices.contains(labels.line) ? collector.canaries[labels.line] : nil
        var canary = CollectedInput.Canary(name: known?.name ?? "canary \(labels.line)")
        switch entry?.outcome ?? .failed(missing) {
        case .judged(let answer): canary.problem = known?.problem(answer)
        case .failed(let reason): canary.unanswered = reason.description
        }
        result.canaries.append(canary)
    }
}

extension FailureReason {
    /// Why a request has no row, by the state that its job ended in.
    init(missingFrom state: String?) {
        switch state {
        case "JOB_STATE_FAILED": self = .jobFailed
        case "JOB_STATE_EXPIRED": self = .jobExpired
        case "JOB_STATE_CANCELLED", "JOB_STATE_CANCELLING": self = .jobCancelled
        default: self = .missing
        }
    }
}
