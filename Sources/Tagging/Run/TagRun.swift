internal import Anthropic
internal import HTTP
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
    private let clock: any Clock<Duration>
    /// A file is read twice and then written; while one is, others ask.
    static let filesAtOnce = 8

    package init(
        store: any ObjectStore, rules: TaggingRules, tagger: FileTagger, submitter: BatchSubmitter,
        collector: BatchCollector, logger: Logger, limits: TagLimits, clock: any Clock<Duration> = ContinuousClock()
    ) {
        (self.store, self.rules, self.tagger, self.submitter) = (store, rules, tagger, submitter)
        (self.collector, self.logger, self.limits, self.clock) = (collector, logger, limits, clock)
    }

    private var gate: CallGate { tagger.asker.gate }

    package func run(_ report: inout TagReport) async throws(Failure) {
        let elapsed = stopwatch(clock)
        var failure: Failure?
        let collected = await collect(&failure)
        (report.batchesCollected, report.batchesPending) = (collected.collected, collected.pending)
        report.batchesAbandoned = collected.abandoned
        var work: WorkList
        do throws(Failure) { work = try await workList() } catch { throw failure ?? error }
        work.leaveOut(collected.waitingFiles)
        report.overlapping(work.overlapping)
        if !work.overlapping.isEmpty {
            logger.warning(
                "raw files overlap with what is tagged or with each other; they are left alone",
                metadata: ["files": "\(work.overlapping.count)", "first": "\(work.overlapping[0])"])
        }
        var unreadable: [Failure] = []
        if failure == nil {
            do throws(Failure) { try await tag(work, elapsed, &unreadable, &report) } catch { failure = error }
        }
        report.filesUnreadable = unreadable.count
        let ended = tagger.asker.tally.totals.files + report.filesBusy + unreadable.count
        report.filesLeft = max(0, work.files.count - ended)
        if report.filesBusy > 0 {
            logger.warning(
                "files are another run's, or those of a killed run whose leases still hold; they are left alone",
                metadata: ["files": "\(report.filesBusy)", "remedy": "run again when it is done, or after --lease"])
        }
        if let most = await gate.budget.dearFirstCall {
            logger.warning(
                "no call was made: one may cost more than --max-cost-usd allows",
                metadata: ["call_usd_at_most": "\(dollars(most))", "remedy": "give more, or choose a cheaper model"])
        }
        if let failure { throw failure }
        if !limits.isDryRun {
            for prefix in [rules.names.leases, rules.names.allBatches] { await tagger.leases.sweep(prefix) }
        }
        // The others are done first.
        if let failure = unreadable.first { throw failure }
    }

    /// - Parameter failure: why nothing may be asked, if it is so. What waits for batches is told nevertheless.
    private func collect(_ failure: inout Failure?) async -> BatchCollector.Outcome {
        do throws(Failure) {
            return limits.isDryRun ? try await collector.waiting() : try await collector.collect()
        } catch {
            failure = error
            return (try? await collector.waiting()) ?? BatchCollector.Outcome()
        }
    }

    /// Looks at so many files as the run may ask about, asks, and goes on with the next.
    private func tag(
        _ work: WorkList, _ elapsed: @Sendable () -> Duration, _ unreadable: inout [Failure], _ report: inout TagReport
    ) async throws(Failure) {
        report.mode = TagMode.messages.rawValue
        try await tagger.archive.load(into: tagger.asker.desk)
        var rest = work.files[...]
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        while !rest.isEmpty {
            let budget = await gate.budget
            let limit = SurveyLimit(limits, budget)
            let (surveyed, questions) = try await survey(&rest, limit, elapsed, &unreadable, &report)
            if limits.isDryRun {
                if usesBatches(questions: questions) { report.mode = TagMode.batches.rawValue }
                return
            }
            if timer == nil, let allowed = limits.callTime(after: elapsed()) { timer = stop(after: allowed) }
            if usesBatches(questions: questions) {
                try await submit(surveyed, questions: questions, &report)
                // Batches take hours: what was not looked at is for the next run.
                return rest.isEmpty ? () : await gate.close(timeIsUp: true)
            }
            try await ask(surveyed, &unreadable, &report)
            guard await gate.isOpen, await gate.budget.exhausted == nil else { return }
        }
    }

    private func stop(after time: Duration) -> Task<Void, Never> {
        Task { [gate, clock] in
            try? await clock.sleep(for: time)
            if !Task.isCancelled { await gate.close(timeIsUp: true) }
        }
    }

    /// Tags what needs no call, and says what the rest will cost. Files that cannot be read are left out, and told.
    /// - Parameter files: the oldest are taken from them, until the limit is reached.
    private func survey(
        _ files: inout ArraySlice<RawFile>, _ limit: SurveyLimit, _ elapsed: @Sendable () -> Duration,
        _ unreadable: inout [Failure], _ report: inout TagReport
    ) async throws(Failure) -> (asking: [RawFile], questions: Int) {
        let form = tagger.asker.form
        let began = elapsed()
        var asking: [RawFile] = []
        var total = FileSurvey()
        var looked = 0
        var goesOn = true
        while goesOn, !files.isEmpty {
            let portion = Array(files.prefix(limits.readsAtOnce))
            files.removeFirst(portion.count)
            let beginnings = try await begin(portion)
            for (file, beginning) in zip(portion, beginnings) {
                switch beginning {
                case .success(.asks(let survey)):
                    asking.append(file)
                    total += survey
                case .success(.done(let outcome, let survey)):
                    if outcome == .busy { report.filesBusy += 1 }
                    total += survey
                case .failure(let failure):
                    logger.error("a raw file cannot be read and is left alone", metadata: ["error": "\(failure)"])
                    unreadable.append(failure)
                    continue
                }
                looked += 1
            }
            let cost = form.estimate(
                questions: total.questions, contentTokens: total.inputTokens,
                isBatch: usesBatches(questions: total.questions))
            let isReached = limit.isReached(questions: total.questions, cost: cost, after: elapsed() - began)
            goesOn = await gate.isOpen && !isReached
        }
        estimate(total, files: looked, &report)
        return (asking, total.questions)
    }

    private func begin(_ files: [RawFile]) async throws(Failure) -> [Result<FileTagger.Beginning, Failure>] {
        try await concurrently(files, limit: limits.readsAtOnce) { file throws(Failure) in
            try await unlessUnreadable(file) { () throws(Failure) in
                limits.isDryRun ? .asks(try await tagger.survey(file)) : try await tagger.begin(file)
            }
        }
    }

    private func submit(_ files: [RawFile], questions: Int, _ report: inout TagReport) async throws(Failure) {
        report.mode = TagMode.batches.rawValue
        let before = await gate.budget.calls
        report.batchesSubmitted = try await submitter.submit(files)
        let budget = await gate.budget
        guard let limit = budget.exhausted else { return }
        logger.notice(
            "the budget ends before all is submitted; in a batch a request counts at the most that it can cost",
            metadata: [
                "limit": "\(limit)", "requests": "\(budget.calls - before)", "to_do": "\(questions)",
                "counted_usd": "\(dollars(budget.spent))",
            ])
    }

    private func ask(_ files: [RawFile], _ unreadable: inout [Failure], _ report: inout TagReport)
        async throws(Failure)
    {
        for outcome in try await tag(files) {
            switch outcome {
            case .success(.tagged), .success(.incomplete): break
            case .success(.busy): report.filesBusy += 1
            case .failure(let failure): unreadable.append(failure)
            }
        }
    }

    private func tag(_ files: [RawFile]) async throws(Failure) -> [Result<FileTagger.Outcome, Failure>] {
        try await concurrently(files, limit: Self.filesAtOnce) { file throws(Failure) in
            try await unlessUnreadable(file) { () throws(Failure) in try await tagger.tag(file) }
        }
    }

    /// The raw files of the days asked for that have no tagged file.
    private func workList() async throws(Failure) -> WorkList {
        let names = rules.names
        let folders = try await store.list(prefix: names.raw.root, from: nil, delimiter: "/").prefixes
        let days = folders.filter { folder in
            names.raw.date(fromFolder: folder).map { limits.days.contains($0.daysSince1970) } ?? false
        }
        if days.isEmpty {
            logger.notice(
                "nothing is stored for the days asked for",
                metadata: [
                    "from": "\(CivilDate(daysSince1970: limits.days.lowerBound))",
                    "to": "\(CivilDate(daysSince1970: limits.days.upperBound))",
                ])
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
        report.estimate += TagReport.Estimate(
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

/// That a raw file is damaged is a result: it does not stop the run. Other objects that are, do.
private func unlessUnreadable<Value: Sendable>(_ file: RawFile, _ body: () async throws(Failure) -> Value)
    async throws(Failure) -> Result<Value, Failure>
{
    do throws(Failure) { return .success(try await body()) } catch {
        if error.status == .protocolError, error.object == file.object.name { return .failure(error) }
        throw error
    }
}

/// `0.0123`.
func dollars(_ micros: Int64) -> String { "\(micros / 1_000_000).\(padded(micros % 1_000_000, 6))" }
