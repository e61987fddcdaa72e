internal import Braintrust
internal import Bytes
internal import DatasetPush
internal import HTTP
internal import Interactions
internal import JobSupport
internal import LogBackup
internal import Logging
internal import ObjectStorage
internal import Support
internal import Tagging

/// One run: logs to raw files, these to tagged files, these to one file, and that to the datasets.
struct TagAndPush: Sendable {
    private static let job = TagAndPushSettings.table.command
    private static let leaseName = "lease.json"

    let stop = StopSwitch()
    let output: TaggedLogs
    private let configuration: TagAndPushConfiguration
    private let signals: SignalInbox
    private let client: BraintrustClient
    private let logger: Logger
    private let runID = newRunID(at: SystemWallClock().now())
    private let started = ContinuousClock.now

    init(_ configuration: TagAndPushConfiguration, signals: SignalInbox, environment: [String: String])
        throws(Failure)
    {
        (self.configuration, self.signals) = (configuration, signals)
        logger = configuration.log.logger(label: TagAndPushCommand.program)
        output = TaggedLogs(store: try FileStore(path: configuration.folder), name: configuration.fileName)
        let transport = try CurlTransport(.init(maxConcurrent: 4, environment: environment))
        client = BraintrustClient(configuration.braintrust, transport: transport)
    }

    func perform(_ report: inout TagAndPushReport) async throws(Failure) {
        try output.requireFileOrNothing()
        let project = try await client.project(named: configuration.project)
        report.project = project.id
        let work = Work(try FileStore(path: configuration.workFolder(project.id)), projectID: project.id)
        let clock = try await StoreTime.asked(work.store, logger: logger)
        let leases = LeaseKeeper(store: work.store, clock: clock, holder: runID, duration: configuration.tag.lease)
        let keeping = Task { [logger] in await leases.keepRenewing(logger) }
        defer { keeping.cancel() }
        let begun = report
        let done = try await leases.whileHeld(Self.leaseName) {
            () async throws(Failure) -> (report: TagAndPushReport, failure: Failure?) in
            var report = begun
            do throws(Failure) {
                try await perform(work, clock, mayWrite: { leases.holds(Self.leaseName) }, &report)
                return (report, nil)
            } catch {
                return (report, error)
            }
        }
        guard let done else {
            report.stopReason = "lease"
            throw await leases.busy(Self.leaseName, "another run in \(work.store.location)")
        }
        report = done.report
        if let failure = done.failure { throw failure }
    }

    /// The folder in which the work on a project's logs is kept.
    private struct Work: Sendable {
        let store: FileStore
        let projectID: String
        let names = ObjectNames(topic: TagAndPushConfiguration.topic, layout: .plain)
        let tagged: TaggedNames

        init(_ store: FileStore, projectID: String) {
            (self.store, self.projectID) = (store, projectID)
            tagged = TaggedNames(raw: names, config: "", isRetag: false)
        }
    }

    private func perform(
        _ work: Work, _ clock: StoreTime, mayWrite: @escaping @Sendable () -> Bool, _ report: inout TagAndPushReport
    ) async throws(Failure) {
        let found = try await WorkState.read(in: work.store)
        switch configuration.phase {
        case .`init`:
            let unreadable = try await tag(work, clock, found, &report)
            if let unreadable { throw unreadable }
        case .push:
            let failure = try await push(work, found, mayWrite: mayWrite, &report)
            if let failure { throw failure }
        case .all:
            // What a dataset could not take then may be what it cannot take now; the others are not kept waiting for it.
            let earlierFailure = try await pushEarlier(work, found, mayWrite: mayWrite, &report)
            let left = try await WorkState.read(in: work.store)
            let unreadable = try await tag(work, clock, left, &report)
            let written = try await WorkState.read(in: work.store)
            let failure = try await push(work, written, mayWrite: mayWrite, &report)
            if let failure = failure ?? earlierFailure ?? unreadable { throw failure }
        }
    }

    // MARK: - Read and tag

    /// - Returns: why some of the logs are not in the file.
    private func tag(
        _ work: Work, _ clock: StoreTime, _ found: FoundState?, _ report: inout TagAndPushReport
    ) async throws(Failure) -> Failure? {
        let readAt = clock.now()
        var (state, generation) = try await begin(work, readAt, found)
        report.since = rfc3339(state.sinceMs)
        report.until = state.untilMs.map(rfc3339)
        var fetch = LogFetch(
            client: client, store: work.store, names: work.names, projectID: work.projectID, state: state,
            gzip: configuration.tag.gzip, stop: stop, logger: logger)
        let isRead: Result<Bool, Failure>
        do throws(Failure) { isRead = .success(try await fetch.run()) } catch { isRead = .failure(error) }
        (report.logs, report.resumedLogs, report.pages) = (fetch.rows, fetch.resumedRows, fetch.pages)
        report.partialPages = fetch.partialPages
        guard try isRead.get() else {
            throw Failure(.notDrained, "stopped while the logs were read", remedy: "run again to go on")
        }
        report.unreadableLogs = try await fetch.unreadable.count()
        if fetch.rows == 0 {
            logger.warning("there are no logs in the time asked for", metadata: ["since": "\(report.since ?? "")"])
        } else {
            try await tag(work, state, &report)
        }
        let rows = try await write(work, state)
        state.wrote(output.name, rows: rows, readAt: readAt, isToBePushed: configuration.phase == .all)
        generation = try await state.write(over: generation, in: work.store)
        return fetch.unreadable.failure(report.unreadableLogs)
    }

    /// Makes the file of what is tagged.
    /// - Returns: how many logs that are.
    private func write(_ work: Work, _ state: WorkState) async throws(Failure) -> Int {
        let files = try await LogFetch.files(state, work.names, in: work.store)
        let rows = Int(files.last?.range.end ?? 0)
        let names = files.map { work.tagged.tagged($0.object.name) }
        let written = try await output.write(names, from: work.store) { (written) throws(Failure) in
            if let damage = written.damaged.first { throw damage }
            if let missing = written.missing.first {
                throw Failure(.notDrained, "\(work.store.location)/\(missing) is not there yet", remedy: "run again")
            }
            guard written.rows == rows else {
                throw Failure(.conflict, "\(written.rows) of \(rows) logs are tagged", remedy: "run again")
            }
        }
        tellWritten(written.rows)
        return rows
    }

    /// Makes the file of what is left of an earlier run's work, as far as somebody has removed or damaged some of it.
    /// - Returns: what is gone; nil: nothing.
    private func writeLeft(_ work: Work, _ state: WorkState) async throws(Failure) -> Failure? {
        let files = try await LogFetch.files(state, work.names, in: work.store)
        let prefix = work.tagged.tagged(work.names.files(of: LogFetch.hour(of: state)))
        // Also those whose raw file is gone.
        let there = try await work.store.list(prefix: prefix, from: nil, delimiter: nil).objects.map(\.name)
        let names = Set(files.map { work.tagged.tagged($0.object.name) } + there)
        let written = try await output.write(names.sorted(), from: work.store) { _ in }
        tellWritten(written.rows)
        let rows = state.rows ?? Int(files.last?.range.end ?? 0)
        guard written.rows < rows else { return nil }
        // Said now, whatever else the run ends with.
        logger.error(
            "work of an earlier run is gone or damaged",
            metadata: [
                "logs": "\(rows - written.rows)", "missing": "\(written.missing.prefix(10).joined(separator: ", "))",
                "damaged": "\(written.damaged.prefix(10).map(\.message).joined(separator: ", "))",
            ])
        let times = "--since \(rfc3339(state.sinceMs))" + (state.untilMs.map { " --until \(rfc3339($0))" } ?? "")
        return Failure(
            .dataLoss,
            "\(rows - written.rows) of \(rows) tagged logs of an earlier run, which were not pushed yet, are no longer in "
                + "\(work.store.location); those that are left are pushed",
            remedy: state.isRelative
                ? "they are read from Braintrust again, if it still has them" : "run with \(times) to read them again")
    }

    private func tellWritten(_ rows: Int) {
        logger.info("tagged logs written", metadata: ["file": "\(output.url)", "logs": "\(rows)"])
    }

    /// The state to go on with: the one that is there, or a new one, for which what is left of an earlier one is removed.
    private func begin(_ work: Work, _ now: Milliseconds, _ found: FoundState?) async throws(Failure) -> FoundState {
        if let found, found.state.goesOn(with: configuration.window, at: now) {
            logger.info("going on with the logs since \(rfc3339(found.state.sinceMs)), which no run has finished")
            return found
        }
        if let found, found.state.hasFileToPush {
            logger.warning(
                "the tagged logs of an earlier run were not pushed, or not to all datasets, and are replaced",
                metadata: ["since": "\(rfc3339(found.state.sinceMs))"])
        }
        var state = WorkState(configuration.window, at: now, after: found?.state)
        let generation = try await state.write(over: found?.generation, in: work.store)
        // Answers stay: the same content is not paid for again.
        for prefix in [work.tagged.root, work.names.root] {
            let objects = try await work.store.list(prefix: prefix, from: nil, delimiter: nil).objects
            for object in objects where !object.name.hasPrefix("\(work.tagged.root)_answers/") {
                _ = try await work.store.remove(object.name, ifGeneration: object.generation)
            }
        }
        try await LogFetch.unreadable(state, in: work.store, logger).clear()
        state.phase = .open
        // Not within the expression of the pair: Swift 6.3's optimizer loses what is before the `await`.
        let written = try await state.write(over: generation, in: work.store)
        return (state, written)
    }

    private func tag(_ work: Work, _ state: WorkState, _ report: inout TagAndPushReport) async throws(Failure) {
        var tag = configuration.tag
        let day = LogFetch.hour(of: state).index.flooredDivision(by: 24)
        tag.place.storage = StorageConfiguration(
            location: .directory(path: configuration.workFolder(work.projectID)))
        tag.place.dates = day...day
        if case .braintrust = tag.taxonomy {
            tag.taxonomy = .braintrust(configuration.braintrust, projectID: work.projectID)
        }
        tag.maxDuration = tag.maxDuration.map { max(.seconds(1), $0 - (ContinuousClock.now - started)) }
        // From now on the run of tagging ends by itself when it has to.
        stop.finish()
        let outcome = await TagCommand.outcome(tag, signals: signals, job: Self.job)
        report.tagging = "\(outcome.status)"
        if outcome.status != .success {
            report.stopReason = outcome.stopReason
            throw failure(of: outcome)
        }
        guard !signals.isReceived else { throw Failure(.notDrained, "stopped by a signal", remedy: "run again") }
        stop.watchAgain(signals)
    }

    private func failure(of outcome: TagOutcome) -> Failure {
        if let failure = outcome.failure { return failure }
        let what =
            switch outcome.stopReason {
            case "signal": "a signal stopped it"
            case "lease": "another run has some of them"
            case let limit?: "its limit of \(limit) is reached (--max-\(limit == "cost" ? "cost-usd" : limit))"
            case nil: "see the line before"
            }
        return Failure(
            outcome.status, "not all logs are tagged: \(what); no file is written, and nothing is pushed",
            remedy: "run again to go on: what was answered is kept")
    }

    // MARK: - Push

    /// What an earlier run has tagged and not pushed, before its place is taken.
    /// - Returns: as `push`.
    private func pushEarlier(
        _ work: Work, _ found: FoundState?, mayWrite: @escaping @Sendable () -> Bool, _ report: inout TagAndPushReport
    ) async throws(Failure) -> Failure? {
        guard let found, found.state.hasFileToPush else { return nil }
        logger.notice(
            "the tagged logs of an earlier run are pushed first",
            metadata: ["since": "\(rfc3339(found.state.sinceMs))"])
        // Whatever became of it since.
        let lost = try await writeLeft(work, found.state)
        let failed = found.state.failed.map(Set.init)
        let failure = try await push(
            work, found, isWhole: lost == nil, onlyTo: failed, mayWrite: mayWrite, &report)
        return lost ?? failure
    }

    /// Pushes the file, and notes it in the state if it is the state's.
    /// - Parameters:
    ///   - isWhole: whether it holds all that the state says.
    ///   - datasets: their ids; nil: to all.
    /// - Returns: why not all of it was pushed.
    private func push(
        _ work: Work, _ found: FoundState?, isWhole: Bool = true, onlyTo datasets: Set<String>? = nil,
        mayWrite: @escaping @Sendable () -> Bool, _ report: inout TagAndPushReport
    ) async throws(Failure) -> Failure? {
        guard !stop.isAsked else {
            throw Failure(.notDrained, "stopped before the push", remedy: "run again with --phase push")
        }
        var (state, generation) = (found?.state, found?.generation)
        if state?.hasFileToPush != true || configuration.phase == .push && state?.file != output.name { state = nil }
        if var begun = state, begun.phase == .written {
            begun.phase = .unpushed
            generation = try await begun.write(over: generation, in: work.store)
            state = begun
        }
        let push = LogPush(
            client: client, file: output, projectID: work.projectID, only: datasets, fields: configuration.tag.fields,
            deadLetters: RowDeadLetters(store: work.store, prefix: "dead-letter/"), mayWrite: mayWrite, logger: logger)
        let outcome = try await push.run(&report)
        if outcome.unreadable == 0, isWhole, var done = state {
            done.pushed(to: outcome.takers, failed: outcome.failed)
            tellBehind(state, done, outcome.failed)
            _ = try await done.write(over: generation, in: work.store)
        }
        return outcome.failure
    }

    /// Says which datasets lack logs that no run brings them by itself.
    private func tellBehind(_ before: WorkState?, _ after: WorkState, _ failed: Set<String>) {
        func metadata(_ dataset: String, _ since: Milliseconds) -> Logger.Metadata {
            ["dataset": "\(dataset)", "remedy": "run with --since \(rfc3339(since)) once it can be written"]
        }
        for (dataset, since) in after.behind ?? [:] where failed.contains(dataset) {
            logger.error(
                "a dataset could not be written again, and is not waited for; it lacks logs",
                metadata: metadata(dataset, since))
        }
        for (dataset, since) in before?.behind ?? [:] where after.behind?[dataset] == nil && since < after.sinceMs {
            logger.warning(
                "a dataset can be written again; it lacks logs of before", metadata: metadata(dataset, since))
        }
    }

    // MARK: - Report

    /// The last line on standard output, an object of its own in the project's folder of work, and the metrics.
    func publish(_ report: TagAndPushReport) async {
        // If the folder cannot be opened, that is what the run failed with.
        let store = report.project.flatMap { try? FileStore(path: configuration.workFolder($0)) }
        await ReportPublisher(folder: "tag-and-push", run: runID, store: store, logger: logger).publish(report)
        writeMetrics(
            report.metrics(at: SystemWallClock().now()), prefix: "batch_judge_push_", to: configuration.metricsPath,
            logger: logger)
    }
}
