internal import Interactions
internal import JobSupport
package import Support

/// What a run did: its last line on standard output, and an object of its own in the store. Keys are snake_case. Money is in
/// millionths of a US dollar.
package struct JudgeReport: JobReport, Equatable, Codable {
    /// How one day stands.
    package struct Day: Sendable, Equatable, Codable {
        package enum Stand: String, Sendable, Codable {
            /// Everything is collected.
            case judged
            /// There is nothing to judge.
            case empty
            /// All files that are there were left alone, since they overlap.
            case overlapping
            /// Nothing was assembled of it, as far as this store knows.
            case unknown
            /// Jobs are made, and not all of them have ended.
            case running
            /// Something is left to submit or to assemble.
            case open
            /// Hours are not sealed.
            case incomplete
            /// Another run is at work on it.
            case busy
            case failed
        }

        package var topic: String
        package var date: String
        package var stand: Stand
        /// Hours that are not sealed, with their partitions.
        package var missing: String?
        /// When the other run's lease runs out, if it is not prolonged until then.
        package var busyUntil: String?
        package var failure: String?
        package var counts = DayState.Counts()
        package var inputs = 0
        package var jobsSubmitted = 0
        package var inputsCollected = 0
        package var judged = 0
        package var unjudged = 0
        package var costMicroUsd: Int64 = 0
        /// Of that, what this run collected.
        package var costCollectedMicroUsd: Int64 = 0
        /// By which it was, or is, judged.
        package var rules: [DayRules] = []
        package var models: [String] = []
        /// This run wrote the day's results, for the first time or anew.
        package var isReported = false
        package var warnings: [String] = []
        /// `report.html`, once there is one.
        package var report: String?

        package init(topic: String, date: String, stand: Stand) {
            (self.topic, self.date, self.stand) = (topic, date, stand)
        }
    }

    package struct Estimate: Sendable, Equatable, Codable {
        package var jobs = 0
        package var requests = 0
        package var inputTokens: Int64 = 0
        /// What is likely, and what it cannot be more than; nil when a model has no price, or there is nothing to submit.
        package var costMicroUsd: Int64?
        package var worstMicroUsd: Int64?

        mutating func add(_ other: CostEstimate) {
            if jobs == 0 { (costMicroUsd, worstMicroUsd) = (0, 0) }
            jobs += other.jobs
            requests += other.requests
            inputTokens += other.inputTokens
            costMicroUsd.add(other.costMicroUsd)
            worstMicroUsd.add(other.worstMicroUsd)
        }

        /// Of the same jobs, by another model.
        mutating func replace(_ old: CostEstimate, by new: CostEstimate) {
            costMicroUsd.add(difference(old.costMicroUsd, new.costMicroUsd))
            worstMicroUsd.add(difference(old.worstMicroUsd, new.worstMicroUsd))
        }

        private func difference(_ old: Int64?, _ new: Int64?) -> Int64? {
            guard let old, let new else { return nil }
            return new - old
        }
    }

    package var job: String
    package var version = BuildInfo.version
    package var store: String
    package var startedAt: String
    package var finishedAt = ""
    package var durationMs: Int64 = 0
    package var status = "\(ExitStatus.success)"
    package var exitCode: Int32 = 0
    /// The first one; all are logged.
    package var failure: String?
    /// What ended the run before everything was done: `signal`, `wait`, `cost`, or `lease` when another run is at work.
    package var stopReason: String?
    package var model: String?
    package var prompt: String?
    package var priceDate: String?
    /// Of what was submitted, or was not since it would cost too much.
    package var estimate = Estimate()
    package var days: [Day] = []
    /// Topics and dates of days that are not done, and that a run without a date does not look at any more.
    package var leftBehind: [String] = []
    /// The lowest share of judged among the records asked about, of the days whose results this run wrote; absent without one.
    package var coverage: Double?
    /// Of the answers that this run collected.
    package var costMicroUsd: Int64 = 0
    package var peakMemoryBytes = 0

    package init(job: String, store: String, startedAt: Milliseconds) {
        (self.job, self.store, self.startedAt) = (job, store, rfc3339(startedAt))
    }

    /// For people: what ended a run that was not done, and what is to be done.
    var whyAgain: (cause: String, remedy: String) {
        let again = "run again to go on"
        return switch stopReason {
        case "signal": ("stopped by a signal", again)
        case "wait": ("stopped by \(JudgeSettings.waitDeadline.bothNames)", again)
        case "cost":
            (
                "stopped by \(JudgeSettings.maxCost.bothNames)",
                "\(again); a day that is dearer alone waits for a higher one"
            )
        case "lease": ("another run is at work", again)
        default:
            days.contains { $0.stand == .running }
                ? ("jobs are running", again) : ("something is left to submit", "batch-judge submit, or run, does it")
        }
    }

    package mutating func take(_ days: [Day]) {
        self.days = days
        failure = days.lazy.compactMap(\.failure).first
        coverage = days.lazy.filter(\.isReported).compactMap(\.coverage).min()
        costMicroUsd = days.reduce(0) { $0 + $1.costCollectedMicroUsd }
    }
}

extension JudgeReport.Day {
    /// The share of judged among the records asked about; nil when none was.
    fileprivate var coverage: Double? {
        let asked = max(counts.asked, judged + unjudged)
        return asked > 0 ? Double(judged) / Double(asked) : nil
    }

    /// Fills in what the state says.
    mutating func take(_ state: DayState, results: String) {
        counts = DayState.Counts()
        for round in state.rounds { counts += round.counts }
        inputs = state.inputs.count
        let collected = state.inputs.compactMap(\.collected)
        judged = collected.map(\.judged).reduce(0, +)
        unjudged = collected.flatMap(\.unjudged.values).reduce(0, +)
        costMicroUsd = collected.map(\.costMicroUsd).reduce(0, +)
        (rules, models) = (state.rules, state.models)
        warnings = state.warnings + state.notes
        if state.isReported || isReported { report = results }
        if !state.completeness.isComplete { missing = state.completeness.missingText }
        let jobs = state.inputs.filter { $0.phase != .collected }
        if state.isPending {
            stand = jobs.contains { $0.phase < .submitted } || jobs.isEmpty ? .open : .running
        } else {
            stand = !state.inputs.isEmpty ? .judged : state.overlapping == nil ? .empty : .overlapping
        }
    }
}
