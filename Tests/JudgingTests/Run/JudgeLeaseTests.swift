import JobSupport
import Support
import Synchronization
import Testing
import TestSupport
import VertexAI

@testable import Judging

/// How long a run keeps a day from others, and what it may do on it.
@Suite struct JudgeLeaseTests {
    private let bench = JudgeBench()

    private func leases() -> [String] { bench.store.names.filter { $0.hasSuffix("_lease") } }

    private func day(_ date: String = JudgeBench.date) throws {
        try bench.put(JudgeBench.records(1), date: date)
        try bench.seal(date: date)
    }

    @Test func daysThatNothingIsKnownOfAreNotTaken() async throws {
        try day("2026-11-19")
        _ = try await bench.run(bench.parts([.assemble, .submit]))
        try day()
        let store = bench.store
        let seen = Seen()
        store.before { (operation, name) async throws(Failure) in
            if operation == .replace, name.hasSuffix("_lease") { seen.add(name) }
        }
        let (_, report) = try await bench.run(bench.parts(.collect))
        #expect(report.days.map(\.stand) == [.judged, .unknown])
        #expect(seen.names == ["judge/t/2026-11-19/_lease"])
        #expect(leases().isEmpty)
    }

    @Test func aDayIsGivenBackWhenNothingIsLeftToDoOnIt() async throws {
        for date in ["2026-11-19", JudgeBench.date] { try day(date) }
        _ = try await bench.run(bench.parts([.assemble, .submit]))
        bench.service.change { $0.looks = 100 }
        let store = bench.store
        let seen = Seen()
        store.before { (operation, name) async throws(Failure) in
            if operation == .replace, name.hasSuffix("2026-11-20/_lease") {
                seen.add("\(store.names.contains("judge/t/2026-11-19/_lease"))")
            }
        }
        let (status, _) = try await bench.run(bench.parts(.collect))
        #expect(status == .notDrained)
        #expect(seen.names == ["false"], "the first day's job runs on")
    }

    @Test func whoCollectsAsksAgainAndSubmitsNothingElse() async throws {
        try day()
        _ = try await bench.run(bench.parts(.assemble))
        #expect(try await bench.run(bench.parts(.collect)).status == .notDrained)
        #expect(bench.service.drafts.isEmpty)
        bench.service.change { $0.errors = [0: "RESOURCE_EXHAUSTED"] }
        _ = try await bench.run(bench.parts(.submit))
        let again = try await bench.run(bench.parts(.collect))
        #expect(again.status == .notDrained)
        #expect(again.report.days.map(\.stand) == [.running])
        #expect(bench.service.drafts.count == 2)
        #expect(try await bench.run(bench.parts(.collect)).status == .success)
        #expect(try await bench.verdicts() == ["i-0 safe"])
    }

    @Test func whatIsAskedAgainHasToFitIntoTheLimit() async throws {
        try day()
        bench.service.change { $0.errors = [0: "RESOURCE_EXHAUSTED"] }
        _ = try await bench.run(bench.parts([.assemble, .submit]))
        let (status, report) = try await bench.run(bench.parts(.collect) { $0.maxCost = 1 })
        #expect(status == .notDrained)
        #expect(report.stopReason == "cost")
        #expect(bench.service.drafts.count == 1)
    }

    /// It slept while it read the verdicts.
    @Test(arguments: [true, false])
    func whoHasLostADayWritesNoResultsOverThoseOfOthers(_ hasLease: Bool) async throws {
        let names = JudgedNames(topic: "t")
        let results = DayResults(store: bench.store, names: names, schema: JudgeSample.schema) { hasLease }
        let store = bench.store
        if hasLease {
            store.before { (operation, name) async throws(Failure) in
                // The trend is read after the places of the results were looked at.
                guard operation == .read, name.hasSuffix("2026-11-19/summary.json") else { return }
                _ = store.put(names.report(of: JudgeBench.date), Array("younger".utf8))
            }
        }
        let state = DayState(
            topic: "t", date: JudgeBench.date,
            completeness: Completeness(sealedHours: Array(0..<24), missing: [], isAllowed: false))
        let failure = await #expect(throws: Failure.self) {
            _ = try await results.write(state, recordsInManifests: nil, at: 0)
        }
        #expect(failure?.status == .conflict)
        #expect(store.names.filter { $0.hasPrefix("judged/") } == (hasLease ? [names.report(of: JudgeBench.date)] : []))
    }
}

/// What a hook has seen.
private final class Seen: Sendable {
    private let state: Mutex<[String]> = Mutex([])

    var names: [String] { state.withLock { $0 } }
    func add(_ name: String) { state.withLock { $0.append(name) } }
}
