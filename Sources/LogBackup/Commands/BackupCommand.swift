internal import Braintrust
internal import Bytes
internal import HTTP
internal import Interactions
internal import JobSupport
internal import Logging
internal import ObjectStorage
package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `batch-judge backup` and `batch-judge backup verify`, once their settings are read.
package enum BackupCommand {
    package static func run(_ configuration: BackupConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let environment = ProcessInfo.processInfo.environment
            let stop = StopSwitch()
            let signals = try SignalInbox.watching()
            let store = try StoreFactory.make(configuration.storage, environment: environment)
            let spool = try StoreFactory.make(configuration.spool, environment: environment)
            let transport = try CurlTransport(.init(maxConcurrent: 2, environment: environment))
            let run = BackupRun(
                store: store, working: spool,
                client: BraintrustClient(configuration.braintrust, transport: transport), order: configuration.order,
                gzip: configuration.gzip, stop: stop, clock: SystemWallClock(),
                logger: configuration.log.logger(label: "batch-judge"))
            return await perform(run, configuration, store, stop, signals)
        } catch {
            configuration.log.report(error, program: "batch-judge")
            return error.status
        }
    }

    private static func perform(
        _ run: BackupRun, _ configuration: BackupConfiguration, _ store: any ObjectStore, _ stop: StopSwitch,
        _ signals: SignalInbox
    ) async -> ExitStatus {
        let started = SystemWallClock().now()
        let empty = BackupReport(
            job: "batch-judge backup", store: store.location, window: configuration.order.window, startedAt: started)
        let work = JobWork(empty) { (report) async throws(Failure) in
            try await run.run(&report)
            return .success
        }
        stop.watch(signals, maxDuration: configuration.maxDuration, grace: configuration.shutdownGrace) {
            work.cancel()
        }
        var (report, status, failure) = await work.outcome
        stop.finish()
        if failure != nil { report.stopReason = stop.reason }
        // What was cancelled since it had to stop did not fail.
        if let reason = stop.reason, failure?.status == .notDrained {
            failure = Failure(
                .notDrained, "stopped by \(reason) before the backup was whole", remedy: "run again to go on")
        }
        work.finish(&report, status, failure)
        if let failure { configuration.log.report(failure, program: "batch-judge") }
        let logger = configuration.log.logger(label: "batch-judge")
        await ReportPublisher(
            folder: "backup", run: newRunID(at: started), store: store, logger: logger
        ).publish(report)
        writeMetrics(
            report.metrics(project: configuration.order.project, at: SystemWallClock().now()),
            prefix: "batch_judge_backup_", to: configuration.metricsPath, logger: logger)
        return status
    }

    /// Says on standard output what each file is, and whether it is what it was.
    package static func verify(_ configuration: BackupVerifyConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let store = try StoreFactory.make(
                configuration.storage, environment: ProcessInfo.processInfo.environment)
            // The spool's name, which is not asked for, depends on the rest.
            let names = BackupNames(
                prefix: configuration.prefix, window: BackupWindow(date: configuration.date, days: 1), projectID: "")
            guard let found = try await BackupManifest.read(names, in: store) else {
                throw Failure(
                    .noInput, "\(store.location)/\(names.manifest) does not exist",
                    remedy: "check --date, --bucket and --prefix; a backup that was not finished has no manifest")
            }
            guard let manifest = try? found.content.get() else {
                throw Failure(
                    .dataLoss, "\(store.location)/\(names.manifest) cannot be read as a manifest",
                    remedy: "batch-judge backup --overwrite makes the backup anew, as long as Braintrust has the logs")
            }
            var isSound = true
            for file in manifest.files {
                let verifier = FileVerifier(store: store, columns: manifest.columns)
                let problem = try await verifier.problem(of: file)
                let state = problem ?? "sound: \(file.rows) rows, \(file.bytes) bytes"
                LineSink.standardOutput.write("\(store.location)/\(file.name): \(state)\n")
                if problem != nil { isSound = false }
            }
            return isSound ? .success : .dataLoss
        } catch {
            configuration.log.report(error, program: "batch-judge")
            return error.status
        }
    }
}
