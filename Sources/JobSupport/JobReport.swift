package import Support

/// What a run did: its last line on standard output, and an object of its own in the store. Keys are snake_case.
package protocol JobReport: Sendable, Encodable {
    /// The command.
    var job: String { get }
    /// RFC 3339.
    var startedAt: String { get }
    var finishedAt: String { get set }
    var durationMs: Int64 { get set }
    /// The name of the exit status: `success`, `notDrained`, ….
    var status: String { get set }
    var exitCode: Int32 { get set }
    /// What went wrong, as it was logged.
    var failure: String? { get set }
    var peakMemoryBytes: Int { get set }
}

extension JobReport {
    /// Fills in how the run ended.
    package mutating func finish(_ status: ExitStatus, at now: Milliseconds, after duration: Duration, peakMemory: Int)
    {
        (self.status, exitCode) = ("\(status)", status.rawValue)
        (finishedAt, durationMs, peakMemoryBytes) = (rfc3339(now), duration.milliseconds, peakMemory)
    }
}

/// The work of a run, in a task of its own: so it can be cancelled, and a failure leaves what is known of the run.
package struct JobWork<Report: JobReport>: Sendable {
    private let started = ContinuousClock.now
    private let task: Task<(report: Report, status: ExitStatus, failure: Failure?), Never>

    /// - Parameters:
    ///   - report: with what is known before the run begins.
    ///   - body: fills in the report, and returns what the run comes to.
    package init(
        _ report: Report, _ body: @escaping @Sendable (inout Report) async throws(Failure) -> ExitStatus
    ) {
        task = Task {
            var report = report
            do throws(Failure) {
                let status = try await body(&report)
                return (report, status, nil)
            } catch {
                return (report, error.status, error)
            }
        }
    }

    package func cancel() { task.cancel() }

    /// Waits for its end.
    package var outcome: (report: Report, status: ExitStatus, failure: Failure?) {
        get async { await task.value }
    }

    /// Fills in how the run ended.
    package func finish(_ report: inout Report, _ status: ExitStatus, _ failure: Failure?) {
        if let failure { report.failure = failure.description }
        report.finish(
            status, at: SystemWallClock().now(), after: ContinuousClock.now - started,
            peakMemory: ProcessMemory.peakResidentBytes)
    }
}
