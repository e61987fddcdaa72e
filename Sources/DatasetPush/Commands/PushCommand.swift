package import Braintrust
internal import Bytes
internal import HTTP
internal import Interactions
internal import JobSupport
internal import Logging
internal import ObjectStorage
package import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// `batch-judge push`, once its settings are read.
package enum PushCommand {
    static let program = "batch-judge"

    package static func run(_ configuration: PushConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let signals = try SignalInbox.watching()
            let assembly = try PushAssembly(configuration, environment: ProcessInfo.processInfo.environment)
            return await run(configuration, assembly, signals)
        } catch {
            configuration.log.report(error, program: program)
            return error.status
        }
    }

    private static func run(
        _ configuration: PushConfiguration, _ assembly: PushAssembly, _ signals: SignalInbox
    ) async -> ExitStatus {
        let empty = PushReport(
            store: assembly.store.location, topic: configuration.topic, startedAt: SystemWallClock().now(),
            isDryRun: configuration.isDryRun)
        let work = JobWork(empty) { (report) async throws(Failure) in
            try await assembly.run(&report)
            return .success
        }
        // What was written is found by the next run: nothing has to be finished.
        signals.forward { work.cancel() }
        var (report, status, failure) = await work.outcome
        if signals.isReceived, failure?.status == .notDrained {
            report.stopReason = "signal"
            failure = Failure(
                .notDrained, "stopped by a signal before all was pushed", remedy: "run again: what is there is found")
        }
        work.finish(&report, status, failure)
        if let failure { configuration.log.report(failure, program: program) }
        await assembly.publish(report)
        return status
    }
}

/// Puts the parts of a run together.
private struct PushAssembly: Sendable {
    let store: any ObjectStore
    private let verdicts: VerdictSource
    private let configuration: PushConfiguration
    private let names: PushNames
    private let client: BraintrustClient
    private let logger: Logger
    private let failpoints: Failpoints
    private let runID = newRunID(at: SystemWallClock().now())

    init(_ configuration: PushConfiguration, environment: [String: String]) throws(Failure) {
        self.configuration = configuration
        names = PushNames(raw: ObjectNames(topic: configuration.topic, layout: configuration.layout))
        logger = configuration.log.logger(label: PushCommand.program)
        try configuration.storage.requireThere()
        store = try StoreFactory.make(configuration.storage, environment: environment)
        verdicts = VerdictSource(
            store: configuration.verdictStorage.location == configuration.storage.location
                ? store : try StoreFactory.make(configuration.verdictStorage, environment: environment),
            wait: configuration.verdictWait)
        failpoints = Failpoints(try Failpoint.trigger(environment: environment))
        client = try BraintrustClient(
            configuration.braintrust, concurrency: configuration.concurrency, environment: environment)
    }

    func run(_ report: inout PushReport) async throws(Failure) {
        let clock = try await StoreTime.asked(store, logger: logger)
        let targets = try await targets(&report)
        guard !targets.isEmpty else { return }
        let leases = LeaseKeeper(store: store, clock: clock, holder: runID, duration: configuration.lease)
        let lease = configuration.isDryRun ? nil : names.lease
        let payloadLimit = await client.payloadLimit()
        let pusher = DatasetPusher(
            client, targets: targets,
            deadLetters: RowDeadLetters(store: store, prefix: names.deadLetters),
            options: DatasetPusher.Options(
                payloadLimit: payloadLimit, isDryRun: configuration.isDryRun, concurrency: configuration.concurrency),
            logger: logger, failpoints: failpoints, mayWrite: { lease.map(leases.holds) ?? true })
        let result = await run(pusher, clock, leases, lease, report)
        report = result.report
        report.take(pusher)
        if configuration.isDryRun { tell(report) }
        if let failure = result.failure { throw failure }
    }

    private func run(
        _ pusher: DatasetPusher, _ clock: StoreTime, _ leases: LeaseKeeper, _ lease: String?, _ report: PushReport
    ) async -> (report: PushReport, failure: Failure?) {
        let run = PushRun(
            store: store, names: names, verdicts: verdicts, pusher: pusher, fields: configuration.fields,
            failpoints: failpoints, wallClock: clock, logger: logger, isDryRun: configuration.isDryRun,
            isAgain: configuration.isAgain)
        func push() async -> (report: PushReport, failure: Failure?) {
            var report = report
            do throws(Failure) {
                try await run.run(configuration.days, &report)
                return (report, nil)
            } catch {
                return (report, error)
            }
        }
        guard let lease else { return await push() }
        let keeping = Task { [logger] in await leases.keepRenewing(logger) }
        defer { keeping.cancel() }
        do throws(Failure) {
            let pushed = try await leases.whileHeld(lease) { () throws(Failure) in await push() }
            if let pushed { return pushed }
        } catch {
            return (report, error)
        }
        var stopped = report
        stopped.stopReason = "lease"
        let busy = await leases.busy(lease, "another push")
        return (stopped, busy)
    }

    private func targets(_ report: inout PushReport) async throws(Failure) -> [PushTarget] {
        let targets = try await client.targets(ofProject: configuration.project)
        let wanted = targets.wanted(logger)
        report.datasetsWithoutTags = targets.count - wanted.count
        return wanted
    }

    /// What would go where, for people.
    private func tell(_ report: PushReport) {
        for dataset in report.datasets {
            logger.info(
                "would push",
                metadata: [
                    "dataset": "\(dataset.name ?? dataset.id)", "rows": "\(dataset.counts.inserted)",
                    "there": "\(dataset.counts.existing)", "too_large": "\(dataset.counts.deadLetters)",
                ])
        }
    }

    /// The last line on standard output, an object of its own, and the metrics; a dry run writes none of the two.
    func publish(_ report: PushReport) async {
        await ReportPublisher(
            folder: configuration.topic, run: runID, store: configuration.isDryRun ? nil : store, logger: logger
        ).publish(report)
        guard !configuration.isDryRun else { return }
        writeMetrics(
            report.metrics(at: SystemWallClock().now()), prefix: "batch_judge_push_", to: configuration.metricsPath,
            logger: logger)
    }
}

extension BraintrustClient {
    /// - Parameter concurrency: requests at the same time.
    init(
        _ configuration: BraintrustConfiguration, concurrency: Int, environment: [String: String]
    ) throws(Failure) {
        let transport = try CurlTransport(.init(maxConcurrent: concurrency, environment: environment))
        self.init(configuration, transport: transport)
    }

    /// All datasets of a project, by its id or name, or of the organization.
    func targets(ofProject project: String?) async throws(Failure) -> [PushTarget] {
        var id: String?
        if let project { id = try await self.project(named: project).id }
        return try await targets(projectID: id)
    }

    /// All datasets of a project, or of the organization.
    package func targets(projectID: String?) async throws(Failure) -> [PushTarget] {
        do throws(BraintrustError) {
            return try await datasets(projectID: projectID).map { PushTarget($0) }
        } catch {
            throw error.failure
        }
    }
}
