import JobSupport
import Anthropic
import Foundation
import Interactions
import ObjectStorage
import Records
import Support
import Synchronization
import Testing
import TestSupport

@testable import Tagging

/// Random histories of runs that are killed at any step: in the end every raw record is in the tagged files once, and nothing
/// was paid for twice but what was under way when a run was killed.
///
/// `TAGGING_SIMULATION_SEED=123` repeats one history, `TAGGING_SIMULATION_RUNS=10000` looks longer.
@Suite struct CrashTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test func everyRecordIsTaggedOnceAndPaidOnce() async throws {
        let first = Self.setting("TAGGING_SIMULATION_SEED")
        let count = first == nil ? Self.setting("TAGGING_SIMULATION_RUNS") ?? 60 : 1
        let base = first ?? UInt64.random(in: 0..<UInt64(UInt32.max))
        var (kills, twice) = (0, 0)
        for seed in base..<base + count {
            let history = try TaggingHistory(seed: seed)
            let violations = try await history.run()
            (kills, twice) = (kills + history.kills, twice + history.paidTwice)
            guard violations.isEmpty else {
                Issue.record("seed \(seed): \(violations.joined(separator: "\n"))")
                return
            }
        }
        print("simulated \(count) histories from seed \(base): \(kills) kills, \(twice) calls paid twice")
        if first == nil { #expect(kills > 0) }
    }
}

private final class TaggingHistory {
    private var random: SeededGenerator
    private let bench: TagBench
    private let records: Int
    private let files: [RawFile]
    /// Calls of runs that were killed whose answers nobody stored: they may be paid again.
    private var lost = 0
    private(set) var kills = 0
    private(set) var paidTwice = 0
    private let model = FakeModel { call in
        await Task.yield()
        return call.isAbout("content 7.") ? .success(answer([], stopReason: .refusal)) : .success(answer(["bug"]))
    }

    init(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bench = try TagBench(layout: Bool.random(using: &random) ? .plain : .hive)
        var (files, records) = ([RawFile](), 0)
        for hour in 0..<Int64.random(in: 1...3, using: &random) {
            var lines: [String] = []
            for _ in 0..<Int.random(in: 1...25, using: &random) {
                lines.append(TagBench.line(records, "content \(Int.random(in: 0..<40, using: &random))."))
                records += 1
            }
            files.append(bench.put(lines, at: Int64(records - lines.count), hour: hour))
        }
        (self.random, self.bench, self.files, self.records) = (random, bench, files, records)
    }

    func run() async throws -> [String] {
        var violations: [String] = []
        for number in 0..<Int.random(in: 1...6, using: &random) {
            try await attempt("run\(number)", dyingAfter: Int.random(in: 0...120, using: &random))
            // Nobody gives back what a killed run had.
            bench.wall.advance(by: 301_000)
        }
        try await attempt("last", dyingAfter: nil)
        for file in files where bench.tagged(file) == nil { violations.append("\(file.object.name) is not tagged") }
        var seen: [String: Int] = [:]
        for line in files.flatMap({ bench.tagged($0) ?? [] }) {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            seen[object?["id"] as? String ?? "?", default: 0] += 1
        }
        if seen != Dictionary(uniqueKeysWithValues: (0..<records).map { ("\($0)", 1) }) {
            violations.append("records are missing or there twice: \(seen)")
        }
        paidTwice = model.callsByContent.values.reduce(0) { $0 + $1 - 1 }
        if paidTwice > lost { violations.append("\(paidTwice) calls paid twice, \(lost) were under way at kills") }
        return violations
    }

    /// One run over all files, which dies at some step of the store's: from then on nothing that it does has an effect.
    private func attempt(_ id: String, dyingAfter steps: Int?) async throws {
        let left = Mutex(steps ?? .max)
        let dead = Failure(.unavailable, "killed")
        let hook: InMemoryStore.Hook = { _, _ throws(Failure) in
            let isDead = left.withLock { left in
                left -= 1
                return left < 0
            }
            if isDead { throw dead }
        }
        bench.store.before(hook)
        bench.store.after(hook)
        let concurrency = Int.random(in: 1...6, using: &random)
        let callsBefore = model.calls
        let storedBefore = storedAnswers()
        let run = try bench.run(id, concurrency: concurrency, send: model.send)
        var wasKilled = false
        await withTaskGroup(of: Bool.self) { group in
            for file in files {
                group.addTask {
                    do {
                        _ = try await run.tagger.tag(file)
                        return false
                    } catch {
                        return error as? Failure == dead
                    }
                }
            }
            for await killed in group where killed { wasKilled = true }
        }
        bench.store.before(nil)
        bench.store.after(nil)
        if wasKilled { kills += 1 }
        let paid = model.calls - callsBefore
        let stored = storedAnswers().subtracting(storedBefore).count
        // A failing store may stop a write of several answers, but only those of calls that were under way.
        lost += paid - stored
        #expect(paid - stored <= concurrency, "more was lost than was under way")
    }

    private func storedAnswers() -> Set<ContentKey> {
        var keys: Set<ContentKey> = []
        for (name, object) in bench.store.objects where name.hasPrefix(bench.names.answers) {
            _ = AnswerLines.parse(object.bytes, tagCount: bench.rules.taxonomy.tags.count) { keys.insert($0.key) }
        }
        return keys
    }
}
