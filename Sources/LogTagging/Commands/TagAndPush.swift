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
                if configuration.phase != .push { try await tag(work, clock, &report) }
                if configuration.phase != .`init` {
                    try await push(work, mayWrite: { leases.holds(Self.leaseName) }, &report)
                }
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

        init(_ store: FileStore, projectID: String) { (self.store, self.projectID) = (store, projectID) }
    }

    // MARK: - Read and tag

    private func tag(_ work: Work, _ clock: StoreTime, _ report: inout TagAndPushReport) async throws(Failure) {
        var (state, generation) = try await begin(work, clock.now())
        report.since = rfc3339(state.sinceMs)
        report.until = state.untilMs.map(rfc3339)
        var fetch = LogFetch(
            client: client, store: work.store, names: work.names, projectID: work.projectID, state: state,
            gzip: configuration.tag.gzip, stop: stop, logger: logger)
        let isRead: Result<Bool, Failure>
        do throws(Failure) { isRead = .success(try await fetch.run()) } catch { isRead = .failure(error) }
        (report.logs, report.resumedLogs, report.pages) = (fetch.rows, fetch.resumedRows, fetch.pages)
        guard try isRead.get() else {
            throw Failure(.notDrained, "stopped while the logs were read", remedy: "run again to go on")
        }
        if fetch.rows == 0 {
            logger.warning("there are no logs in the time asked for", metadata: ["since": "\(report.since ?? "")"])
        } else {
            try await tag(work, state, &report)
        }
        let files = try await LogFetch.files(state, work.names, in: work.store)
        let tagged = TaggedNames(raw: work.names, config: "", isRetag: false)
        try await output.write(files.map { tagged.tagged($0.object.name) }, rows: fetch.rows, from: work.store)
        logger.info("tagged logs written", metadata: ["file": "\(output.url)", "logs": "\(fetch.rows)"])
        state.phase = .done
        generation = try await state.write(over: generation, in: work.store)
    }

    /// The state to go on with: the one that is there, or a new one, for which what is left of an earlier one is removed.
    private func begin(_ work: Work, _ now: Milliseconds) async throws(Failure) -> (WorkState, Int64) {
        let found = try await WorkState.read(in: work.store)
        if let found, found.state.goesOn(with: configuration.window, at: now) {
            logger.info("going on with the logs since \(rfc3339(found.state.sinceMs)), which no run has finished")
            return found
        }
        var state = WorkState(configuration.window, at: now)
        let generation = try await state.write(over: found?.generation, in: work.store)
        let tagged = TaggedNames(raw: work.names, config: "", isRetag: false)
        // Answers stay: the same content is not paid for again.
        for prefix in [tagged.root, work.names.root] {
            let objects = try await work.store.list(prefix: prefix, from: nil, delimiter: nil).objects
            for object in objects where !object.name.hasPrefix("\(tagged.root)_answers/") {
                _ = try await work.store.remove(object.name, ifGeneration: object.generation)
            }
        }
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
        if case .braintrust(let braintrust, _) = tag.taxonomy {
            tag.taxonomy = .braintrust(braintrust, projectID: work.projectID)
        }
        tag.maxDuration = tag.maxDuration.map { max(.seconds(1), $0 - (ContinuousClock.now - started)) }
        // From now on the run of tagging ends by itself when it has to.
        stop.finish()
        let status = await TagCommand.run(tag, signals: signals, job: Self.job)
        report.tagging = "\(status)"
        guard status == .success else {
            throw Failure(status, "tagging did not end well", remedy: "see the line before; run again to go on")
        }
        guard !signals.isReceived else { throw Failure(.notDrained, "stopped by a signal", remedy: "run again") }
        stop.watchAgain(signals)
    }

    // MARK: - Push

    private func push(
        _ work: Work, mayWrite: @escaping @Sendable () -> Bool, _ report: inout TagAndPushReport
    ) async throws(Failure) {
        guard !stop.isAsked else {
            throw Failure(.notDrained, "stopped before the push", remedy: "run again with --phase push")
        }
        var lines = try await output.open()
        let targets: [PushTarget]
        do throws(BraintrustError) {
            targets = try await client.datasets(projectID: work.projectID).map { PushTarget($0) }.filter(\.isWanted)
        } catch {
            throw error.failure
        }
        guard !targets.isEmpty else {
            return logger.warning(
                "no dataset asks for tags",
                metadata: ["remedy": "write [[relevant_tags: [\"a\"]]] into the description of a dataset"])
        }
        let payloadLimit = await client.payloadLimit()
        let pusher = DatasetPusher(
            client, targets: targets, deadLetters: RowDeadLetters(store: work.store, prefix: "dead-letter/"),
            options: DatasetPusher.Options(payloadLimit: payloadLimit), logger: logger, mayWrite: mayWrite)
        var push = RecordPush(pusher, fields: configuration.tag.fields, logger: logger)
        let result: Failure?
        do throws(Failure) {
            try await push.push(
                &lines, file: output.name, hour: nil, origin: .logs(projectID: work.projectID),
                verdicts: VerdictTable())
            try await push.finish()
            result = nil
        } catch {
            result = error
        }
        (report.records, report.faults) = (push.counts.records, push.counts.faults)
        report.datasets = PushReport.datasets(of: pusher)
        report.totals = pusher.counts.reduce(into: DatasetCounts()) { $0 += $1 }
        if let failure = result ?? pusher.failures.min(by: { $0.key < $1.key })?.value { throw failure }
        let unreadable = push.counts.faults[RecordFault.unreadable.rawValue, default: 0]
        guard unreadable == 0 else {
            throw Failure(
                .dataLoss, "\(unreadable) lines of \(output.url) are no JSON objects; the others were pushed",
                remedy: "run --phase init to write the file anew")
        }
    }

    // MARK: - Report

    /// The last line on standard output, and an object of its own in the project's folder of work.
    func publish(_ report: TagAndPushReport) async {
        // If the folder cannot be opened, that is what the run failed with.
        let store = report.project.flatMap { try? FileStore(path: configuration.workFolder($0)) }
        await ReportPublisher(folder: "tag-and-push", run: runID, store: store, logger: logger).publish(report)
    }
}
