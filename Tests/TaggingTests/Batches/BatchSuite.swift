import JobSupport
import Anthropic
import TestSupport

@testable import Tagging

/// What suites about batches share.
protocol BatchSuite {
    var bench: TagBench { get }
    var service: FakeBatches { get }
}

extension BatchSuite {
    func job(
        _ id: String = "run", mode: TagMode = .batches, maxRequests: Int = 100,
        budget: TagBudget = TagBudget(maxCalls: nil, maxCost: nil), model: FakeModel = FakeModel()
    ) throws -> TagJob {
        try bench.job(id, mode: mode, budget: budget, maxRequests: maxRequests, model: model, service: service)
    }

    func put(_ inputs: [String], hour: Int64 = 0) -> RawFile {
        bench.put(inputs.enumerated().map { TagBench.line($0, $1) }, hour: hour)
    }

    /// Of the records of a tagged file.
    func statuses(_ raw: RawFile) -> [String] {
        (bench.tagged(raw) ?? []).map { line in
            String(line.split(separator: #""tag_status":""#)[1].prefix { $0 != "\"" })
        }
    }

    /// The names of the batches that are not collected.
    var states: [String] { bench.store.names.filter { $0.hasPrefix(bench.names.batches) } }
}
