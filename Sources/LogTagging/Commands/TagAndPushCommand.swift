internal import JobSupport
internal import LogBackup
package import Support
internal import Tagging

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// `batch-judge tag-and-push`, once its settings are read.
package enum TagAndPushCommand {
    static let program = "batch-judge"

    package static func run(_ configuration: TagAndPushConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let signals = try SignalInbox.watching()
            let run = try TagAndPush(
                configuration, signals: signals, environment: ProcessInfo.processInfo.environment)
            return await perform(run, configuration, signals)
        } catch {
            configuration.log.report(error, program: program)
            return error.status
        }
    }

    private static func perform(
        _ run: TagAndPush, _ configuration: TagAndPushConfiguration, _ signals: SignalInbox
    ) async -> ExitStatus {
        let empty = TagAndPushReport(
            phase: configuration.phase, file: run.output.url, startedAt: SystemWallClock().now())
        let work = JobWork(empty) { (report) async throws(Failure) in
            try await run.perform(&report)
            return .success
        }
        run.stop.watch(
            signals, maxDuration: configuration.tag.maxDuration, grace: configuration.tag.shutdownGrace
        ) { work.cancel() }
        var (report, status, failure) = await work.outcome
        run.stop.finish()
        if failure?.status == .notDrained, report.stopReason == nil {
            report.stopReason = signals.isReceived ? "signal" : run.stop.reason
        }
        work.finish(&report, status, failure)
        if let failure { configuration.log.report(failure, program: program) }
        await run.publish(report)
        return status
    }
}
