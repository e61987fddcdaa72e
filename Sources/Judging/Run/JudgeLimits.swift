package import Support

/// Which part of judging a command does.
package struct JudgeSteps: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let assemble = JudgeSteps(rawValue: 1)
    package static let submit = JudgeSteps(rawValue: 2)
    package static let collect = JudgeSteps(rawValue: 4)
}

/// Which days a run looks at.
package enum DaySelection: Sendable, Equatable {
    /// Yesterday, and the days before it of which something is stored or known: for late files, for what is not collected, and
    /// for days that no run has judged.
    case yesterday(CivilDate, lookback: Int)
    case dates(ClosedRange<Int64>)
    case pattern(InputPattern)
}

/// How far a run goes.
package struct JudgeLimits: Sendable {
    package var steps: JudgeSteps
    package var days: DaySelection
    /// nil: all that are there.
    package var topic: String?
    /// Until the jobs have ended and everything is collected; nil: the next run collects. Zero has no end.
    package var wait: Duration?
    package var pollInterval: Duration
    /// Until a day is complete.
    package var waitForComplete: Duration
    package var completePollInterval: Duration
    package var allowsIncomplete: Bool
    /// In millionths of a US dollar.
    package var maxCost: Int64?
    /// How often what failed is asked again.
    package var retries: Int
    /// What is kept as unjudged is asked again, too.
    package var asksUnjudged: Bool
    package var readsAtOnce: Int

    package init(
        steps: JudgeSteps, days: DaySelection, topic: String? = nil, wait: Duration? = nil,
        pollInterval: Duration = .seconds(60), waitForComplete: Duration = .zero,
        completePollInterval: Duration = .seconds(60), allowsIncomplete: Bool = false, maxCost: Int64? = nil,
        retries: Int = 2, asksUnjudged: Bool = false, readsAtOnce: Int = 4
    ) {
        (self.steps, self.days, self.topic, self.wait) = (steps, days, topic, wait)
        (self.pollInterval, self.waitForComplete) = (pollInterval, waitForComplete)
        (self.completePollInterval, self.allowsIncomplete) = (completePollInterval, allowsIncomplete)
        (self.maxCost, self.retries, self.readsAtOnce) = (maxCost, retries, readsAtOnce)
        self.asksUnjudged = asksUnjudged
    }

    /// Whether this run makes jobs of an input object. One that only collects makes those that ask again: whoever submitted the
    /// day may not come back before the next night.
    func submits(_ input: DayState.Input) -> Bool {
        input.phase < .submitted && (steps != .collect || wait != nil || input.attempt > 0)
    }
}
