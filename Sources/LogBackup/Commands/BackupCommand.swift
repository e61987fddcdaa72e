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
            let transport = try CurlTransport(
                CurlTransport.Configuration(
                    maxConcurrent: 2, authoritiesPath: environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }))
            let run = BackupRun(
                store: store, client: BraintrustClient(configuration.braintrust, transport: transport),
                order: configuration.order, gzip: configuration.gzip, stop: stop, clock: SystemWallClock(),
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
        let (started, clock) = (ContinuousClock.now, SystemWallClock())
        let empty = BackupReport(
            job: "batch-judge backup", store: store.location, window: configuration.order.window,
            startedAt: clock.now())
        let work = Task { () async -> (report: BackupReport, failure: Failure?) in
            var report = empty
            do throws(Failure) {
                try await run.run(&report)
                return (report, nil)
            } catch {
                return (report, error)
            }
        }
        stop.watch(signals, maxDuration: configuration.maxDuration, grace: configuration.shutdownGrace) {
            work.cancel()
        }
        var (report, failure) = await work.value
        stop.finish()
        if failure != nil { report.stopReason = stop.reason }
        // What was cancelled since it had to stop did not fail.
        if let reason = stop.reason, failure?.status == .notDrained {
            failure = Failure(
                .notDrained, "stopped by \(reason) before the backup was whole", remedy: "run again to go on")
        }
        report.failure = failure?.description
        report.finish(
            failure?.status ?? .success, at: clock.now(), after: ContinuousClock.now - started,
            peakMemory: ProcessMemory.peakResidentBytes)
        if let failure { configuration.log.report(failure, program: "batch-judge") }
        await publish(report, configuration, store, at: clock.now())
        return failure?.status ?? .success
    }

    /// The last line on standard output, and an object of its own.
    private static func publish(
        _ report: BackupReport, _ configuration: BackupConfiguration, _ store: any ObjectStore, at now: Milliseconds
    ) async {
        let json = ObjectCoding.encode(report)
        LineSink.standardOutput.write(json)
        let id = String(UInt64.random(in: .min ... .max), radix: 36)
        do {
            _ = try await store.create(
                "\(BackupNames.runs)\(padded(now, 13))-\(id).json", content: ByteRope(json), contentType: jsonType)
        } catch {
            configuration.log.logger(label: "batch-judge").warning(
                "the run report could not be stored", metadata: ["error": "\(error)"])
        }
    }

    /// Says on standard output what each file is, and whether it is what it was.
    package static func verify(_ configuration: BackupVerifyConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let store = try StoreFactory.make(
                configuration.storage, environment: ProcessInfo.processInfo.environment)
            // The spool's name, which is not asked for, depends on the rest.
            let names = BackupNames(
                prefix: configuration.prefix, window: BackupWindow(date: configuration.date, days: 1), projectID: "")
            guard let manifest = try await BackupManifest.read(names, in: store)?.manifest else {
                throw Failure(
                    .noInput, "\(store.location)/\(names.manifest) does not exist",
                    remedy: "check --date, --bucket and --prefix; a backup that was not finished has no manifest")
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
