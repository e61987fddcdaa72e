internal import Anthropic
internal import Interactions
internal import JobSupport
package import Logging
package import ObjectStorage
package import Support

/// One run: collects what batches brought, finds what is not tagged, says what it will cost, and tags until it is done or
/// may not go on.
package struct TagRun: Sendable {
    package let store: any ObjectStore
    package let rules: TaggingRules
    package let tagger: FileTagger
    package let submitter: BatchSubmitter
    package let collector: BatchCollector
    package let logger: Logger
    package let limits: TagLimits
    /// A file is read twice and then written; while one is, others ask.
    static let filesAtOnce = 8

    private var gate: CallGate { tagger.asker.gate }

    package func run(_ report: inout TagReport) async throws(Failure) {
        let collected = limits.isDryRun ? try await collector.waiting() : try await collector.collect()
        (report.batchesCollected, report.batchesPending) = (collected.collected, collected.pending)
        report.batchesAbandoned = collected.abandoned
        try await tagger.archive.load(into: tagger.asker.desk)
        var work = try await workList()
        work.leaveOut(collected.waitingFiles)
        report.filesOverlapping = work.overlapping
        if !work.overlapping.isEmpty {
            logger.warning(
                "raw files hold records that are tagged and records that are not; they are left alone",
                metadata: ["files": "\(work.overlapping.count)", "first": "\(work.overlapping[0])"])
        }
        var unreadable: [Failure] = []
        let surveyed = try await survey(work.files, &unreadable, &report)
        if !limits.isDryRun {
            try await act(on: surveyed, &unreadable, &report)
            for prefix in [rules.names.leases, rules.names.allBatches] { await tagger.leases.sweep(prefix) }
        }
        report.filesUnreadable = unreadable.count
        // The others are done first.
        if let failure = unreadable.first { throw failure }
    }

    private typealias Surveyed = (file: RawFile, survey: FileSurvey)

    /// Tags what needs no call, and says what the rest will cost. Files that cannot be read are left out, and told.
    private func survey(_ files: [RawFile], _ unreadable: inout [Failure], _ report: inout TagReport)
        async throws(Failure) -> [Surveyed]
    {
        let beginnings = try await concurrently(files, limit: limits.readsAtOnce) { file throws(Failure) in
            try await unlessUnreadable { () throws(Failure) in
                limits.isDryRun ? .asks(try await tagger.survey(file)) : try await tagger.begin(file)
            }
        }
        var surveyed: [Surveyed] = []
        var total = FileSurvey()
        for (file, beginning) in zip(files, beginnings) {
            switch beginning {
            case .success(.asks(let survey)):
                surveyed.append((file, survey))
                total += survey
            case .success(.done(let outcome, let survey)):
                if outcome == .busy { report.filesBusy += 1 }
                total += survey
            case .failure(let failure):
                logger.error("a raw file cannot be read and is left alone", metadata: ["error": "\(failure)"])
                unreadable.append(failure)
            }
        }
        estimate(total, files: files.count - unreadable.count, &report)
        return surveyed
    }

    private func act(on surveyed: [Surveyed], _ unreadable: inout [Failure], _ report: inout TagReport)
        async throws(Failure)
    {
        let inBatches = usesBatches(questions: report.estimate.calls)
        report.mode = inBatches ? "batches" : "messages"
        if inBatches {
            report.batchesSubmitted = try await submitter.submit(surveyed.map(\.file))
            report.filesLeft = surveyed.count
            return
        }
        for outcome in try await tag(surveyed.map(\.file)) {
            switch outcome {
            case .success(.tagged): break  // counted when it was, since a failure may come after it
            case .success(.busy): report.filesBusy += 1
            case .success(.incomplete): report.filesLeft += 1
            case .failure(let failure): unreadable.append(failure)
            }
        }
    }

    private func tag(_ files: [RawFile]) async throws(Failure) -> [Result<FileTagger.Outcome, Failure>] {
        try await concurrently(files, limit: Self.filesAtOnce) { file throws(Failure) in
            try await unlessUnreadable { () throws(Failure) in try await tagger.tag(file) }
        }
    }

    /// The raw files of the days asked for that have no tagged file.
    private func workList() async throws(Failure) -> WorkList {
        let names = rules.names
        let folders = try await store.list(prefix: names.raw.root, from: nil, delimiter: "/").prefixes
        let days = folders.filter { folder in
            names.raw.date(fromFolder: folder).map { limits.days.contains($0.daysSince1970) } ?? false
        }
        let found = try await concurrently(days, limit: limits.readsAtOnce) { folder throws(Failure) in
            let raw = try await store.list(prefix: folder, from: nil, delimiter: nil).objects
            let tagged = try await store.list(prefix: names.tagged(folder), from: nil, delimiter: nil).objects
            return (raw: raw, tagged: tagged.map(\.name))
        }
        return WorkList(raw: found.flatMap(\.raw), tagged: found.flatMap(\.tagged), names: names)
    }

    private func estimate(_ total: FileSurvey, files: Int, _ report: inout TagReport) {
        let form = tagger.asker.form
        let cost = form.estimate(
            questions: total.questions, contentTokens: total.inputTokens,
            isBatch: usesBatches(questions: total.questions))
        report.estimate = TagReport.Estimate(
            files: files, records: total.records, calls: total.questions,
            inputTokens: total.inputTokens + Int64(total.questions * form.commonTokens), costMicroUsd: cost)
        logger.info(
            "to do",
            metadata: [
                "files": "\(files)", "records": "\(total.records)", "calls": "\(total.questions)",
                "estimated_usd": "\(dollars(cost))",
            ])
    }

    private func usesBatches(questions: Int) -> Bool {
        switch limits.mode {
        case .messages: return false
        case .batches: return questions > 0
        case .auto:
            if questions >= limits.batchFrom { return true }
            guard let maxDuration = limits.maxDuration else { return false }
            // A short answer takes about a second.
            return Duration.seconds(questions / limits.concurrency) > maxDuration
        }
    }
}

/// A failure that is about one file only is a result: it does not stop the run.
private func unlessUnreadable<Value: Sendable>(_ body: () async throws(Failure) -> Value)
    async throws(Failure) -> Result<Value, Failure>
{
    do throws(Failure) { return .success(try await body()) } catch {
        if error.status == .protocolError { return .failure(error) }
        throw error
    }
}

/// What a run may do, and how much at once.
package struct TagLimits: Sendable {
    /// Since 1970.
    package var days: ClosedRange<Int64>
    package var mode: TagMode
    package var isDryRun: Bool
    package var concurrency: Int
    package var readsAtOnce: Int
    package var batchFrom: Int
    package var maxDuration: Duration?
}

/// `0.0123`.
func dollars(_ micros: Int64) -> String { "\(micros / 1_000_000).\(padded(micros % 1_000_000, 6))" }
