internal import HTTP
internal import JobSupport
internal import Logging
internal import ObjectStorage
internal import Prices
package import Support

/// One run of `batch-judge`: collects, puts together and submits what there is to do on the days that it looks at.
package struct JudgeRun: Sendable {
    private let parts: JudgeParts
    private var limits: JudgeLimits { parts.limits }

    package init(_ parts: JudgeParts) { self.parts = parts }

    /// - Parameter report: is filled in even if the run fails.
    /// - Returns: what the run comes to.
    /// - Throws: what stops the whole run. What concerns one day only is in its report.
    package func run(_ report: inout JudgeReport) async throws(Failure) -> ExitStatus {
        var works: [DayWork] = []
        let result: Result<Void, Failure>
        do throws(Failure) {
            works = try await parts.finder.days().map(DayWork.init)
            try await tellLeftBehind(&report)
            result = .success(try await run(&works, &report))
        } catch {
            result = .failure(error)
        }
        for work in works where work.isLeased { await parts.leases.giveBack(work.lease) }
        report.take(works.map(described))
        try result.get()
        return works.lazy.compactMap { $0.failure?.status }.first ?? status(report)
    }

    private func run(_ works: inout [DayWork], _ report: inout JudgeReport) async throws(Failure) {
        // A day is taken right before it is looked at, and given back when nothing is left to do of it: others may want it.
        try await each(&works) { work throws(Failure) in
            try await open(&work)
            guard work.isLeased else { return }
            try await restore(&work)
            if limits.asksUnjudged { try await reopen(&work) }
            if limits.steps.contains(.collect) { try await collect(&work) }
            if work.isDone(limits, isAssembled: false) { await release(&work) }
        }
        // That nothing is known of a day is only told to who asks for it.
        works.removeAll { $0.report.stand == .unknown && !$0.place.isChosen }
        if limits.steps.contains(.assemble), let rules = parts.rules { try await assemble(&works, rules) }
        await releaseDone(&works)
        var budget = JobBudget(most: limits.maxCost)
        if limits.steps == .assemble {
            try admit(&works, &budget, &report)
        } else {
            try await submit(&works, &budget, &report)
        }
        if let duration = limits.wait { try await wait(for: duration, &works, &budget, &report) }
        if report.stopReason == nil, works.contains(where: \.isOverBudget) { report.stopReason = "cost" }
        try await writeResults(&works, alsoOpen: true)
        requireVerdicts(&works)
        if report.stopReason == nil, works.contains(where: { $0.report.stand == .busy }) { report.stopReason = "lease" }
    }

    private func release(_ work: inout DayWork) async {
        if work.isLeased { await parts.leases.giveBack(work.lease) }
        (work.isLeased, work.isReleased) = (false, true)
    }

    private func releaseDone(_ works: inout [DayWork]) async {
        for index in works.indices where works[index].isDone(limits, isAssembled: true) { await release(&works[index]) }
    }

    private func tellLeftBehind(_ report: inout JudgeReport) async throws(Failure) {
        for place in try await parts.finder.leftBehind() {
            report.leftBehind.append("\(place.topic) \(place.date)")
            parts.logger.warning(
                "this day is not done, and no run looks at it any more but with --date or more --judge-days",
                metadata: ["topic": "\(place.topic)", "date": "\(place.date)"])
        }
    }

    /// Does something for each day that nothing has happened to.
    private func each(
        _ works: inout [DayWork], _ body: (inout DayWork) async throws(Failure) -> Void
    ) async throws(Failure) {
        for index in works.indices where works[index].isOpen {
            do throws(Failure) {
                try await body(&works[index])
            } catch  where error.status != .notDrained {
                fail(&works[index], error)
            }
        }
    }

    private func fail(_ work: inout DayWork, _ failure: Failure) {
        work.failure = failure
        parts.logger.error("\(failure)", metadata: ["topic": "\(work.place.topic)", "date": "\(work.place.date)"])
    }

    private func open(_ work: inout DayWork) async throws(Failure) {
        // A day of which nothing is known keeps nobody away who is to put it together.
        guard try await isKnown(work) else { return work.report.stand = .unknown }
        guard try await parts.leases.take(work.lease) else {
            work.report.stand = .busy
            work.report.busyUntil = await parts.leases.end(work.lease)
            parts.logger.warning(
                "another run is at work on this day; if it was killed, the day is free when its lease runs out",
                metadata: [
                    "topic": "\(work.place.topic)", "date": "\(work.place.date)",
                    "lease_until": "\(work.report.busyUntil ?? "now")",
                ])
            return
        }
        work.isLeased = true
        work.day = try await parts.states.read(work.place.topic, work.place.date)
    }

    /// Of a day that was waited for in vain, no more than that is known.
    private func isKnown(_ work: DayWork) async throws(Failure) -> Bool {
        guard !limits.steps.contains(.assemble) else { return true }
        return try await parts.states.read(work.place.topic, work.place.date)?.state.rounds.isEmpty == false
    }

    private func restore(_ work: inout DayWork) async throws(Failure) {
        guard limits.steps.contains(.collect), let submitter = parts.submitter else { return }
        try await JobCollector(parts: parts, submitter: submitter).restore(&work)
    }

    private func reopen(_ work: inout DayWork) async throws(Failure) {
        guard var day = work.day else { return }
        let count = day.state.reopenUnjudged()
        guard count > 0 else { return }
        try await parts.states.write(&day)
        work.day = day
        parts.logger.info(
            "what stayed unjudged is asked again",
            metadata: ["topic": "\(work.place.topic)", "date": "\(work.place.date)", "requests": "\(count)"])
    }

    private func collect(_ work: inout DayWork) async throws(Failure) {
        guard let submitter = parts.submitter else { return }
        try await JobCollector(parts: parts, submitter: submitter).collect(&work)
    }

    // MARK: Assembling

    /// Waits only for days that are asked for: the others have had their time, and are told.
    private func assemble(_ works: inout [DayWork], _ rules: JudgeRules) async throws(Failure) {
        let assembler = RoundAssembler(parts: parts, rules: rules)
        let waiting = stopwatch(parts.timer)
        try await each(&works) { work throws(Failure) in try await assembler.assemble(&work) }
        while let first = works.first(where: { $0.isIncomplete && $0.place.isChosen }),
            waiting() < limits.waitForComplete
        {
            parts.logger.info(
                "waiting for hours to be sealed",
                metadata: ["date": "\(first.place.date)", "hours": "\(first.report.missing ?? "")"])
            try await pause(limits.completePollInterval, "stopped while waiting for hours to be sealed")
            try await each(&works) { work throws(Failure) in
                if work.isIncomplete { try await assembler.assemble(&work) }
            }
        }
    }

    private func pause(_ duration: Duration, _ stopped: String) async throws(Failure) {
        do { try await parts.timer.sleep(for: duration) } catch { throw Failure(.notDrained, stopped) }
    }

    // MARK: Submitting

    private func submit(
        _ works: inout [DayWork], _ budget: inout JobBudget, _ report: inout JudgeReport
    ) async throws(Failure) {
        guard let submitter = parts.submitter else { return }
        try admit(&works, &budget, &report)
        try await each(&works) { work throws(Failure) in
            var place = 0
            while !work.isOverBudget, var day = work.day, place < day.state.inputs.count {
                guard limits.submits(day.state.inputs[place]) else {
                    place += 1
                    continue
                }
                guard !Task.isCancelled else { throw Failure(.notDrained, "stopped before everything was submitted") }
                let (before, lease) = (day.state, work.lease)
                do throws(Failure) {
                    let outcome = try await submitter.submit(&day, at: place) { parts.leases.holds(lease) }
                    work.day = day
                    switch outcome {
                    case .submitted: work.report.jobsSubmitted += 1
                    case .modelReplaced: try admitAgain(&work, insteadOf: before, &budget, &report)
                    }
                } catch {
                    work.day = day
                    throw error
                }
            }
        }
    }

    /// What is left of a day is to be asked of another model than its price was looked at for.
    private func admitAgain(
        _ work: inout DayWork, insteadOf before: DayState, _ budget: inout JobBudget, _ report: inout JudgeReport
    ) throws(Failure) {
        guard let pricing = parts.pricing, let state = work.day?.state else { return }
        let (old, new) = (pricing.estimate(toSubmit(before)), pricing.estimate(toSubmit(state)))
        report.estimate.replace(old, by: new)
        tell(new, of: work.place, pricing)
        try admit(&work, pricing, &budget, &report)
    }

    /// Looks at the price before anything is sent: the oldest days first, as many as fit. One that does not fit does not keep
    /// others back, and is the first one of the next run; or of this one, if it waits, and jobs cost less than they could have.
    private func admit(
        _ works: inout [DayWork], _ budget: inout JobBudget, _ report: inout JudgeReport
    ) throws(Failure) {
        guard let pricing = parts.pricing else { return }
        for work in works {
            for input in work.day?.state.inputs ?? [] {
                if let cost = input.collected?.costMicroUsd {
                    budget.settle(cost, input: input.number, of: work.lease)
                }
            }
        }
        let byAge = works.indices.sorted {
            (works[$0].place.date, works[$0].place.topic) < (works[$1].place.date, works[$1].place.topic)
        }
        for index in byAge where works[index].failure == nil {
            try admit(&works[index], pricing, &budget, &report)
        }
    }

    private func admit(
        _ work: inout DayWork, _ pricing: JobPricing, _ budget: inout JobBudget, _ report: inout JudgeReport
    ) throws(Failure) {
        guard let state = work.day.map({ toSubmit($0.state) }) else { return }
        let new = pricing.estimate(state, without: work.estimated)
        if new.jobs > 0 {
            report.estimate.add(new)
            tell(new, of: work.place, pricing)
            work.estimated.formUnion(state.unsubmitted.map(\.number))
        }
        guard budget.isLimited else { return }
        guard let worst = pricing.worst(state) else {
            throw Failure(
                .usage,
                "the price file has no price for a model that is to judge, so nothing can be said about --max-cost-usd",
                remedy: "add the price, or leave the limit out")
        }
        let wasOver = work.isOverBudget
        work.isOverBudget = !worst.isEmpty && !budget.take(worst, of: work.lease)
        guard work.isOverBudget, !wasOver else { return }
        parts.logger.warning(
            "not submitted: it could cost more than is left of --max-cost-usd",
            metadata: [
                "topic": "\(work.place.topic)", "date": "\(work.place.date)",
                "worst_usd": "\(dollars(worst.values.reduce(0, +)))", "left_usd": "\(dollars(budget.left))",
            ])
    }

    /// What of a day this run makes jobs of.
    private func toSubmit(_ state: DayState) -> DayState {
        var state = state
        state.inputs.removeAll { !limits.submits($0) }
        return state
    }

    private func tell(_ estimate: CostEstimate, of place: DayPlace, _ pricing: JobPricing) {
        parts.logger.info(
            "estimate",
            metadata: [
                "topic": "\(place.topic)", "date": "\(place.date)", "jobs": "\(estimate.jobs)",
                "requests": "\(estimate.requests)", "input_tokens": "\(estimate.inputTokens)",
                "usd": "\(estimate.costMicroUsd.map(dollars) ?? "unknown")",
                "worst_usd": "\(estimate.worstMicroUsd.map(dollars) ?? "unknown")", "prices": "\(pricing.prices.date)",
            ])
    }

    // MARK: Waiting

    private func wait(
        for duration: Duration, _ works: inout [DayWork], _ budget: inout JobBudget, _ report: inout JudgeReport
    ) async throws(Failure) {
        let elapsed = stopwatch(parts.timer)
        while works.contains(where: { $0.isPending && !$0.isOverBudget }) {
            guard duration == .zero || elapsed() < duration else {
                report.stopReason = "wait"
                return
            }
            try await pause(limits.pollInterval, "stopped while jobs were running")
            try await each(&works) { work throws(Failure) in try await collect(&work) }
            try await submit(&works, &budget, &report)
            try await writeResults(&works, alsoOpen: false)
        }
    }

    // MARK: Results

    /// - Parameter alsoOpen: of days that are held back, too.
    private func writeResults(_ works: inout [DayWork], alsoOpen: Bool) async throws(Failure) {
        try await each(&works) { work throws(Failure) in
            if alsoOpen || !work.isPending { try await writeResults(&work) }
        }
        await releaseDone(&works)
    }

    private func writeResults(_ work: inout DayWork) async throws(Failure) {
        guard var day = work.day, !day.state.isReported, !day.state.rounds.isEmpty else { return }
        // What costs too much may be held back for days: what is judged by then is told, and how much is open.
        let isDone = !day.state.isPending
        guard isDone || work.isOverBudget && work.report.inputsCollected > 0 else { return }
        parts.failpoints.hit(.beforeResults)
        let (leases, lease) = (parts.leases, work.lease)
        try await parts.results(day.state, parts.clock.now()) { leases.holds(lease) }
        if isDone {
            day.state.isReported = true
            try await parts.states.write(&day)
            work.day = day
        }
        work.report.isReported = true
    }

    /// Until something else is asked, each run says so that could have collected.
    private func requireVerdicts(_ works: inout [DayWork]) {
        guard limits.steps.contains(.collect) else { return }
        for index in works.indices where works[index].failure == nil {
            guard let state = works[index].day?.state, !state.isPending,
                let (reasons, remedy) = state.whyNothingIsJudged
            else { continue }
            fail(
                &works[index],
                Failure(
                    .dataLoss, "no record has a verdict (\(reasons)); what the service said of it is in summary.md",
                    remedy: remedy))
        }
    }

    private func described(_ work: DayWork) -> JudgeReport.Day {
        var report = work.report
        let results = JudgedNames(topic: work.place.topic).report(of: work.place.date)
        if let state = work.day?.state {
            let stand = report.stand
            report.take(state, results: "\(parts.states.store.location)/\(results)")
            if stand == .incomplete { report.stand = stand }
        }
        report.warnings += work.remarks
        if let failure = work.failure { (report.stand, report.failure) = (.failed, failure.description) }
        return report
    }

    private func status(_ report: JudgeReport) -> ExitStatus {
        if report.days.contains(where: { $0.stand == .incomplete }) { return .dayIncomplete }
        if report.days.allSatisfy({ $0.stand == .unknown }) { return .noInput }
        let waits = limits.wait != nil || limits.steps == .collect
        let isOpen = report.days.contains { day in
            day.stand == .busy || waits && (day.stand == .running || day.stand == .open)
        }
        return report.stopReason != nil || isOpen ? .notDrained : .success
    }
}
