package import Gzip
package import JobSupport
package import Logging
package import Support

/// What a run works with.
package struct JudgeParts: Sendable {
    /// Writes the results of a day.
    package typealias Results = @Sendable (_ state: DayState, _ now: Milliseconds) async throws(Failure) -> Void

    package var finder: DayFinder
    package var limits: JudgeLimits
    /// nil for a command that puts nothing together.
    package var rules: JudgeRules?
    /// nil for a command that does not speak with the service.
    package var submitter: JobSubmitter?
    /// nil for a command that goes by no prices.
    package var pricing: JobPricing?
    package var gzip: GzipSettings
    package var leases: LeaseKeeper
    package var failpoints: Failpoints
    /// The store's time.
    package var clock: any WallClock
    /// What waiting goes by.
    package var timer: any Clock<Duration>
    package var results: Results
    package var logger: Logger

    package init(
        finder: DayFinder, limits: JudgeLimits, rules: JudgeRules?, submitter: JobSubmitter?, pricing: JobPricing?,
        gzip: GzipSettings, leases: LeaseKeeper, failpoints: Failpoints, clock: any WallClock,
        timer: any Clock<Duration> = ContinuousClock(), results: @escaping Results, logger: Logger
    ) {
        (self.finder, self.limits, self.rules, self.submitter) = (finder, limits, rules, submitter)
        (self.pricing, self.gzip, self.leases, self.failpoints) = (pricing, gzip, leases, failpoints)
        (self.clock, self.timer, self.results, self.logger) = (clock, timer, results, logger)
    }

    var states: StateStore { finder.states }
}

/// One day in a run.
struct DayWork {
    let place: DayPlace
    var day: OpenDay?
    var report: JudgeReport.Day
    /// It is left alone from then on.
    var failure: Failure?
    /// What this run has to tell of the day, besides what the state says.
    var remarks: [String] = []
    /// What is assembled is not submitted, as it would cost too much.
    var isOverBudget = false
    /// Numbers of the input objects whose likely cost was told.
    var estimated: Set<Int> = []
    var isLeased = false

    init(_ place: DayPlace) {
        self.place = place
        report = JudgeReport.Day(topic: place.topic, date: place.date, stand: .empty)
    }

    var names: JudgeNames { JudgeNames(topic: place.topic) }
    var lease: String { names.lease(of: place.date) }
    var isIncomplete: Bool { failure == nil && report.stand == .incomplete }
    var isPending: Bool { failure == nil && day?.state.isPending ?? false }
}
