import JobSupport
import Logging
package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a run of tagging ended.
package struct TagOutcome: Sendable {
    package var status: ExitStatus
    /// As the report says it.
    package var stopReason: String?
    package var failure: Failure?
}

/// `loader tag`, once its settings are read.
package enum TagCommand {
    package static func run(_ configuration: TagConfiguration, signals: SignalInbox? = nil) async -> ExitStatus {
        let outcome = await outcome(configuration, signals: signals, job: TagSettings.table.command) { failure in
            configuration.log.report(failure, program: program(of: TagSettings.table.command))
        }
        if outcome.status == .notDrained, outcome.failure == nil {
            configuration.log.logger(label: program(of: TagSettings.table.command)).notice(
                "stopped before all was tagged; what was done is stored: \(remedy(outcome.stopReason))",
                metadata: ["reason": "\(outcome.stopReason ?? "")"])
        }
        return outcome.status
    }

    private static func remedy(_ stopReason: String?) -> String {
        let again = "run again to go on"
        return stopReason == "cost"
            ? "\(again), with a higher \(TagSettings.maxCost.bothNames) if nothing was done" : again
    }

    /// - Parameters:
    ///   - signals: of the process, when something else watches them, too.
    ///   - job: as which command it logs and reports.
    ///   - tell: says what it failed with, before the report.
    package static func outcome(
        _ configuration: TagConfiguration, signals: SignalInbox?, job: String, tell: (Failure) -> Void = { _ in }
    ) async -> TagOutcome {
        do throws(Failure) {
            let signals = if let signals { signals } else { try SignalInbox.watching() }
            let assembly = try TagAssembly(
                configuration, job: job, environment: ProcessInfo.processInfo.environment)
            return await run(try await assembly.parts(), configuration, assembly, signals, job, tell)
        } catch {
            tell(error)
            return TagOutcome(status: error.status, failure: error)
        }
    }

    /// Looks at prompt, prices and tags, as far as they are files.
    package static func check(_ configuration: TagConfiguration) throws(Failure) { _ = try TagFiles(configuration) }

    private static func run(
        _ parts: TagAssembly.Parts, _ configuration: TagConfiguration, _ assembly: TagAssembly, _ signals: SignalInbox,
        _ job: String, _ tell: (Failure) -> Void
    ) async -> TagOutcome {
        let logger = configuration.log.logger(label: program(of: job))
        let keeping = Task { await parts.leases.keepRenewing(logger) }
        let work = JobWork(parts.report) { (report) async throws(Failure) in
            try await parts.run.run(&report)
            return .success
        }
        let ending = RunEnding(gate: parts.gate, grace: configuration.shutdownGrace) { work.cancel() }
        ending.start(signals)
        var (report, status, failure) = await work.outcome
        ending.finish()
        keeping.cancel()
        await parts.journal.close()
        report.take(parts.tally.totals)
        // What was cancelled by a signal did not fail.
        let isCut = ending.isSignalled && failure?.status == .notDrained
        if isCut { failure = nil }
        let exhausted = await parts.gate.budget.exhausted?.rawValue
        report.stopReason = ending.isSignalled ? "signal" : exhausted ?? (report.filesBusy > 0 ? "lease" : nil)
        let isStopped = isCut || report.stopReason != nil && report.filesLeft + report.filesBusy > 0
        if isStopped, failure == nil { status = .notDrained }
        work.finish(&report, status, failure)
        if let failure { tell(failure) }
        await assembly.publish(report)
        return TagOutcome(status: status, stopReason: report.stopReason, failure: failure)
    }
}

/// The first word of a command.
func program(of job: String) -> String { String(job.prefix { $0 != " " }) }
