internal import JobSupport
internal import Logging
package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The judging commands of `batch-judge`, once their settings are read.
package enum JudgeCommand {
    package static func run(_ configuration: JudgeConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let signals = try SignalInbox.watching()
            let assembly = try JudgeAssembly(configuration, environment: ProcessInfo.processInfo.environment)
            let (parts, report) = try await assembly.parts()
            return await run(parts, report, configuration, assembly, signals)
        } catch {
            configuration.log.report(error, program: "batch-judge")
            return error.status
        }
    }

    private static func run(
        _ parts: JudgeParts, _ empty: JudgeReport, _ configuration: JudgeConfiguration, _ assembly: JudgeAssembly,
        _ signals: SignalInbox
    ) async -> ExitStatus {
        let keeping = Task { await parts.leases.keepRenewing(parts.logger) }
        let work = JobWork(empty) { (report) async throws(Failure) in try await JudgeRun(parts).run(&report) }
        signals.forward(to: { work.cancel() })
        var (report, status, failure) = await work.outcome
        keeping.cancel()
        if signals.isReceived, status == .notDrained { (report.stopReason, failure) = ("signal", nil) }
        work.finish(&report, status, failure)
        if let failure { configuration.log.report(failure, program: "batch-judge") }
        let logger = configuration.log.logger(label: "batch-judge")
        explain(report, logger)
        if status == .notDrained, failure == nil { tellAgain(report, logger) }
        await assembly.publish(report)
        return status
    }

    /// What ended a run that was not done, and how much is stored.
    private static func tellAgain(_ report: JudgeReport, _ logger: Logger) {
        let (cause, remedy) = report.whyAgain
        logger.notice(
            "\(cause); what was done is stored: \(remedy)",
            metadata: [
                "asked": "\(report.days.reduce(0) { $0 + $1.counts.asked })",
                "outcomes": "\(report.days.reduce(0) { $0 + $1.judged + $1.unjudged })",
            ])
    }

    /// Of a day that has results.
    private static func told(_ stand: JudgeReport.Day.Stand) -> String {
        switch stand {
        case .judged: "judged"
        case .empty, .overlapping: "there was nothing to judge"
        default: "judged in part"
        }
    }

    /// What a person who reads the log has to know of each day.
    private static func explain(_ report: JudgeReport, _ logger: Logger) {
        for day in report.days {
            let metadata: Logger.Metadata = ["topic": "\(day.topic)", "date": "\(day.date)"]
            if day.stand == .incomplete, let missing = day.missing {
                let remedy = "run again when they are, or with --allow-incomplete"
                logger.error("hours \(missing) are not sealed; \(remedy)", metadata: metadata)
            }
            if day.stand == .unknown {
                logger.error(
                    "nothing was assembled of this day in \(report.store); check --date, --kafka-topic and the output store",
                    metadata: metadata)
            }
            if day.stand == .empty, day.report == nil {
                logger.warning("nothing is stored of this day; it is not judged", metadata: metadata)
            }
            for warning in day.warnings { logger.warning("\(warning)", metadata: metadata) }
            if let page = day.report {
                logger.notice("\(told(day.stand))", metadata: metadata.merging(["report": "\(page)"]) { $1 })
            }
        }
    }
}
