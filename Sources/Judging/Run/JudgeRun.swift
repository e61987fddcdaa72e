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
        try await each(&works) { work throws(Failure) in try await open(&work) }
        if limits.steps.contains(.collect) { try await collect(&works) }
        if limits.steps.contains(.assemble), let rules = parts.rules {
            let assembler = RoundAssembler(parts: parts, rules: rules)
            try await each(&works) { work throws(Failure) in try await assembler.assemble(&work) }
        }
        if limits.steps.contains(.submit) { try await submit(&works, &report) }
        if let duration = limits.wait { try await wait(for: duration, &works, &report) }
        try await each(&works) { work throws(Failure) in try await writeResults(&work) }
        if report.stopReason == nil, works.contains(where: { $0.report.stand == .busy }) { report.stopReason = "lease" }
    }

    /// Does something for each day that nothing has happened to.
    private func each(
        _ works: inout [DayWork], _ body: (inout DayWork) async throws(Failure) -> Void
    ) async throws(Failure) {
        for index in works.indices where works[index].failure == nil && works[index].report.stand != .busy {
            do throws(Failure) {
                try await body(&works[index])
            } catch  where error.status != .notDrained {
                works[index].failure = error
                parts.logger.error(
                    "\(error)",
                    metadata: ["topic": "\(works[index].place.topic)", "date": "\(works[index].place.date)"])
            }
        }
    }

    private func open(_ work: inout DayWork) async throws(Failure) {
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

    private func collect(_ works: inout [DayWork]) async throws(Failure) {
        guard let submitter = parts.submitter else { return }
        let collector = JobCollector(parts: parts, submitter: submitter)
        try await each(&works) { work throws(Failure) in try await collector.collect(&work) }
    }

    // MARK: Submitting

    private func submit(_ works: inout [DayWork], _ report: inout JudgeReport) async throws(Failure) {
        guard let submitter = parts.submitter, try isAffordable(works, submitter, &report) else { return }
        try await each(&works) { work throws(Failure) in
            guard var day = work.day else { return }
            for place in day.state.inputs.indices where day.state.inputs[place].phase < .submitted {
                guard !Task.isCancelled else { throw Failure(.notDrained, "stopped before everything was submitted") }
                do throws(Failure) {
                    try await submitter.submit(&day, at: place)
                    work.day = day
                } catch {
                    work.day = day
                    throw error
                }
                work.report.jobsSubmitted += 1
            }
        }
    }

    /// Looks at the price of everything before anything is sent.
    private func isAffordable(
        _ works: [DayWork], _ submitter: JobSubmitter, _ report: inout JudgeReport
    ) throws(Failure) -> Bool {
        var estimate = CostEstimate()
        for work in works where work.failure == nil {
            guard let state = work.day?.state else { continue }
            for input in state.inputs where input.phase < .submitted {
                estimate.add(input, model: submitter.model(of: input, in: state), submitter.prices)
            }
        }
        guard estimate.jobs > 0 else { return true }
        let before = report.estimate.jobs == 0 ? 0 : report.estimate.costMicroUsd
        let total = estimate.costMicroUsd.flatMap { cost in before.map { $0 + cost } }
        report.estimate.jobs += estimate.jobs
        report.estimate.requests += estimate.requests
        report.estimate.inputTokens += estimate.inputTokens
        report.estimate.costMicroUsd = total
        parts.logger.info(
            "estimate",
            metadata: [
                "jobs": "\(estimate.jobs)", "requests": "\(estimate.requests)",
                "input_tokens": "\(estimate.inputTokens)",
                "usd": "\(estimate.costMicroUsd.map(dollars) ?? "unknown")", "prices": "\(submitter.prices.date)",
            ])
        guard let most = limits.maxCost else { return true }
        guard let total else {
            throw Failure(
                .usage,
                "the price file has no price for a model that is to judge, so nothing can be said about --max-cost-usd",
                remedy: "add the price, or leave the limit out")
        }
        guard total > most else { return true }
        report.stopReason = "cost"
        parts.logger.error(
            "nothing was submitted: it is likely to cost more than --max-cost-usd",
            metadata: ["estimate_usd": "\(dollars(total))", "max_usd": "\(dollars(most))"])
        return false
    }

    // MARK: Waiting

    private func wait(
        for duration: Duration, _ works: inout [DayWork], _ report: inout JudgeReport
    ) async throws(Failure) {
        let elapsed = stopwatch(parts.timer)
        while report.stopReason == nil, works.contains(where: \.isPending) {
            guard duration == .zero || elapsed() < duration else {
                report.stopReason = "wait"
                return
            }
            do { try await parts.timer.sleep(for: limits.pollInterval) } catch {
                throw Failure(.notDrained, "stopped while jobs were running")
            }
            try await collect(&works)
            try await submit(&works, &report)
        }
    }

    // MARK: Results

    private func writeResults(_ work: inout DayWork) async throws(Failure) {
        guard var day = work.day, !day.state.isPending, !day.state.isReported, !day.state.rounds.isEmpty else { return }
        parts.failpoints.hit(.beforeResults)
        try await parts.results(day.state, parts.clock.now())
        day.state.isReported = true
        try await parts.states.write(&day)
        work.day = day
        work.report.isReported = true
    }

    private func described(_ work: DayWork) -> JudgeReport.Day {
        var report = work.report
        let results = JudgedNames(topic: work.place.topic).report(of: work.place.date)
        if let state = work.day?.state {
            let stand = report.stand
            report.take(state, results: "\(parts.states.store.location)/\(results)")
            if stand == .incomplete { report.stand = stand }
        }
        if let failure = work.failure { (report.stand, report.failure) = (.failed, failure.description) }
        return report
    }

    private func status(_ report: JudgeReport) -> ExitStatus {
        if report.days.contains(where: { $0.stand == .incomplete }) { return .dayIncomplete }
        let waits = limits.wait != nil || limits.steps == .collect
        let isOpen = report.days.contains { day in
            day.stand == .busy || waits && (day.stand == .running || day.stand == .open)
        }
        return report.stopReason != nil || isOpen ? .notDrained : .success
    }
}
