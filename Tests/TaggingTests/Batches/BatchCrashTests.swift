import JobSupport
import Foundation
import HTTP
import ObjectStorage
import Support
import Synchronization
import Testing
import TestSupport

@testable import Tagging

/// Random histories of runs in batches that are killed at any step, of the store's or the service's: in the end every record
/// is tagged once, and no content was in two batches.
///
/// `TAGGING_SIMULATION_SEED=123` repeats one history, `TAGGING_SIMULATION_RUNS=10000` looks longer.
@Suite struct BatchCrashTests {
    @Test func everyContentIsInOneBatch() async throws {
        func setting(_ name: String) -> UInt64? { ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } }
        let only = setting("TAGGING_SIMULATION_SEED")
        let base = only ?? UInt64.random(in: 0..<UInt64(UInt32.max))
        var kills = 0
        for seed in base..<base + (only == nil ? setting("TAGGING_SIMULATION_RUNS") ?? 60 : 1) {
            let history = try BatchHistory(seed: seed)
            let violations = try await history.run()
            kills += history.kills
            guard violations.isEmpty else {
                Issue.record("seed \(seed): \(violations.joined(separator: "\n"))")
                return
            }
        }
        if only == nil { #expect(kills > 0) }
    }
}

private final class BatchHistory: BatchSuite {
    let bench: TagBench
    let service: FakeBatches
    private var random: SeededGenerator
    private var files: [RawFile] = []
    private var records = 0
    private var contents: Set<Int> = []
    private(set) var kills = 0

    init(seed: UInt64) throws {
        bench = try TagBench()
        service = FakeBatches(bench.wall)
        random = SeededGenerator(seed: seed)
    }

    func run() async throws -> [String] {
        for number in 0..<Int.random(in: 1...6, using: &random) {
            addFiles()
            try await attempt("run\(number)", dyingAfter: Int.random(in: 0...150, using: &random))
            // Nobody gives back what a killed run had.
            bench.wall.advance(by: 301_000)
            endBatches { Bool.random(using: &random) }
        }
        for number in 0..<4 where number == 0 || files.contains(where: { bench.tagged($0) == nil }) {
            endBatches { true }
            _ = try await job("last\(number)", maxRequests: 5).go()
        }
        return violations()
    }

    /// One hour each; many contents are in several.
    private func addFiles() {
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let count = Int.random(in: 1...12, using: &random)
            let numbers = (0..<count).map { _ in Int.random(in: 0..<30, using: &random) }
            contents.formUnion(numbers)
            let lines = numbers.enumerated().map { TagBench.line(records + $0, "content \($1).") }
            files.append(bench.put(lines, at: Int64(records), hour: Int64(files.count)))
            records += lines.count
        }
    }

    private func endBatches(where isOver: () -> Bool) {
        for (index, batch) in service.all.enumerated() where batch.results == nil && isOver() { service.end(index) }
    }

    /// From some step on nothing that the run does has an effect, or an answer.
    private func attempt(_ id: String, dyingAfter steps: Int) async throws {
        let left = Mutex(steps)
        let isDead: @Sendable () -> Bool = {
            left.withLock { left in
                left -= 1
                return left < 0
            }
        }
        let hook: InMemoryStore.Hook = { _, _ throws(Failure) in
            if isDead() { throw Failure(.unavailable, "killed") }
        }
        bench.store.before(hook)
        bench.store.after(hook)
        service.on { _, _ throws(HTTPError) in
            if isDead() { throw HTTPError(.reset, request: "") }
        }
        _ = try? await job(id, maxRequests: 5).go()
        bench.store.before(nil)
        bench.store.after(nil)
        service.on(nil)
        if isDead() { kills += 1 }
    }

    private func violations() -> [String] {
        var violations = files.filter { bench.tagged($0) == nil }.map { "\($0.object.name) is not tagged" }
        let tagged = files.flatMap { bench.tagged($0) ?? [] }
        if tagged.count != records { violations.append("\(tagged.count) records are tagged of \(records)") }
        if let other = tagged.first(where: { !$0.contains(#""source":"batch""#) }) { violations.append(other) }
        let asked = service.all.flatMap(\.requests)
        if asked.count != Set(asked).count { violations.append("\(asked.count - Set(asked).count) were paid twice") }
        if asked.count != contents.count { violations.append("\(asked.count) were asked of \(contents.count)") }
        violations += bench.store.names.filter { $0.contains("_batches") || $0.contains("_leases") }
        return violations
    }
}
