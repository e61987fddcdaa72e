import Anthropic
import HTTP
import JobSupport
import Support
import TestSupport

@testable import Tagging

/// A whole run, as `loader tag` does it.
struct TagJob {
    let run: TagBench.Run
    let submitter: BatchSubmitter
    let collector: BatchCollector
    let tag: TagRun

    func go() async throws(Failure) -> TagReport {
        var report = TagReport(store: "", topic: "t", startedAt: TagBench.start)
        try await tag.run(&report)
        return report
    }
}

extension TagBench {
    func job(
        _ id: String, mode: TagMode, budget: TagBudget = TagBudget(maxCalls: nil, maxCost: nil),
        maxDuration: Duration? = nil, maxRequests: Int = 100, model: FakeModel, service: FakeBatches,
        clock: any Clock<Duration> = ContinuousClock()
    ) throws -> TagJob {
        let run = try run(id, budget: budget, send: model.send)
        let tagger = run.tagger
        let client = AnthropicClient(
            try AnthropicConfiguration(key: "sk-ant-test-key"), transport: service,
            retrying: Retrying(policy: RetryPolicy(deadline: .zero), clock: run.clock))
        let states = BatchStates(store: store, names: names)
        let submitter = BatchSubmitter(
            store: store, rules: rules, asker: run.asker, archive: tagger.archive, client: client, states: states,
            leases: run.leases, failpoints: Failpoints(nil), wallClock: wall, run: id, maxRequests: maxRequests,
            logger: logger)
        let collector = BatchCollector(
            states: states, client: client, asker: run.asker, leases: run.leases, wallClock: wall, logger: logger)
        let today = TagBench.start / 86_400_000
        let limits = TagLimits(
            days: today...today, mode: mode, isDryRun: false, concurrency: 4, readsAtOnce: 2, batchFrom: 100,
            maxDuration: maxDuration)
        return TagJob(
            run: run, submitter: submitter, collector: collector,
            tag: TagRun(
                store: store, rules: rules, tagger: tagger, submitter: submitter, collector: collector, logger: logger,
                limits: limits, clock: clock))
    }
}
