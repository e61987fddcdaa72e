import Foundation
import Testing

/// Random histories of produce, crash at any step, zombie writers, rebalance, retention loss and late data: whoever lists the
/// files at rest sees every record exactly once, and a sealed hour is complete.
///
/// `LOADER_SIMULATION_SEED=123` repeats one history, `LOADER_SIMULATION_RUNS=100000` looks longer.
@Suite struct ProtocolPropertyTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test func everyRecordIsStoredExactlyOnce() async {
        let first = Self.setting("LOADER_SIMULATION_SEED")
        let runs = first == nil ? Self.setting("LOADER_SIMULATION_RUNS") ?? 1200 : 1
        let base = first ?? UInt64.random(in: 0..<UInt64(UInt32.max))
        var total = Simulation.Outcome()
        for seed in base..<base + runs {
            var simulation = Simulation(seed: seed)
            let outcome = await simulation.run()
            total.records += outcome.records
            total.kills += outcome.kills
            total.sealedHours += outcome.sealedHours
            total.lostRecords += outcome.lostRecords
            total.lateRecords += outcome.lateRecords
            guard outcome.violations.isEmpty else {
                Issue.record("seed \(seed): \(outcome.violations.sorted().joined(separator: "\n"))")
                return
            }
        }
        print(
            "simulated \(runs) histories from seed \(base): \(total.records) records, \(total.kills) kills,",
            "\(total.sealedHours) sealed hours, \(total.lateRecords) late, \(total.lostRecords) lost and announced")
        // The histories must have contained what they are about.
        guard first == nil else { return }
        #expect(total.kills > 0 && total.sealedHours > 0 && total.lateRecords > 0 && total.lostRecords > 0)
    }
}
