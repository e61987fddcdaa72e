import Anthropic
import HTTP
import ObjectStorage
import Support
import TestSupport

@testable import Tagging

/// What tests of batches have in common.
protocol BatchSuite {
    var bench: TagBench { get }
    var service: FakeBatches { get }
}

/// One run, in batches.
struct BatchJob {
    let run: TagBench.Run
    let submitter: BatchSubmitter
    let collector: BatchCollector
    var tag: TagRun

    /// As `loader tag` does it.
    func go() async throws(Failure) -> TagReport {
        var report = TagReport(store: "", topic: "t", startedAt: TagBench.start)
        try await tag.run(&report)
        return report
    }
}

extension BatchSuite {
    func job(
        _ id: String = "run", mode: TagMode = .batches, maxRequests: Int = 100,
        budget: TagBudget = TagBudget(maxCalls: nil, maxCost: nil), model: FakeModel = FakeModel()
    ) throws -> BatchJob {
        let run = try bench.run(id, budget: budget, send: model.send)
        let tagger = run.tagger
        let client = AnthropicClient(
            try AnthropicConfiguration(key: "sk-ant-test-key"), transport: service,
            retrying: Retrying(policy: RetryPolicy(deadline: .zero), clock: run.clock))
        let states = BatchStates(store: bench.store, names: bench.names)
        let submitter = BatchSubmitter(
            store: bench.store, rules: bench.rules, asker: run.asker, archive: tagger.archive, client: client,
            states: states, leases: run.leases, failpoints: Failpoints(nil), wallClock: bench.wall, run: id,
            maxRequests: maxRequests, logger: bench.logger)
        let collector = BatchCollector(
            states: states, client: client, asker: run.asker, leases: run.leases, wallClock: bench.wall,
            logger: bench.logger)
        let today = TagBench.start / 86_400_000
        let limits = TagLimits(
            days: today...today, mode: mode, isDryRun: false, concurrency: 4, readsAtOnce: 2, batchFrom: 100)
        return BatchJob(
            run: run, submitter: submitter, collector: collector,
            tag: TagRun(
                store: bench.store, rules: bench.rules, tagger: tagger, submitter: submitter, collector: collector,
                logger: bench.logger, limits: limits))
    }

    func put(_ inputs: [String], hour: Int64 = 0) -> RawFile {
        bench.put(inputs.enumerated().map { TagBench.line($0, $1) }, hour: hour)
    }

    func statuses(_ raw: RawFile) -> [String] {
        (bench.tagged(raw) ?? []).map { line in
            String(line.split(separator: #""tag_status":""#)[1].prefix { $0 != "\"" })
        }
    }

    var states: [String] { bench.store.names.filter { $0.hasPrefix(bench.names.batches) } }
}
