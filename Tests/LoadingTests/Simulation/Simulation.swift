import Foundation
import Interactions
import Loading
import ObjectStorage
import Support
import Synchronization
import TestSupport

/// A random history of one topic: records come, loaders start, stop anywhere, die anywhere, and own the same partition
/// twice, retention passes, hours go by. Everything follows from the seed.
struct Simulation {
    /// What readers at rest must find.
    struct Outcome {
        var violations: [String] = []
        var records = 0
        var kills = 0
        var sealedHours = 0
        var lostRecords = 0
        var lateRecords = 0
    }

    private var random: SeededGenerator
    private let world: SimulatedWorld
    private var nextID = 0
    private var nextLoader = 0
    private var outcome = Outcome()
    /// Failures of loaders that were not killed.
    private let failures = Failures()
    /// On-time files of an hour when its manifest was first seen.
    private var filesWhenSealed: [Hour: Set<String>] = [:]
    private let losesData: Bool

    /// What loaders that were not killed could not do.
    private final class Failures: Sendable {
        let list = Mutex<[Failure]>([])
    }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        let partitions = Int.random(in: 1...3, using: &random)
        losesData = Int.random(in: 0..<4, using: &random) == 0
        let layout: PartitionLayout = Bool.random(using: &random) ? .plain : .hive
        let clock = ManualWallClock(1_767_225_600_000)
        world = SimulatedWorld(
            log: SimulatedLog(partitions: partitions), store: InMemoryStore(time: clock.now()), turns: SimulatedTurns(),
            clock: clock, names: ObjectNames(topic: "t", layout: layout), partitionCount: partitions)
    }

    mutating func run() async -> Outcome {
        let turns = world.turns
        world.store.before { _, _ throws(Failure) in try await turns.pass() }
        world.store.after { _, _ throws(Failure) in try await turns.pass() }
        for _ in 0..<Int.random(in: 20...120, using: &random) {
            await step()
            noteSeals()
        }
        await finishAll()
        world.log.endTransactions()
        // Twice: what the first pass closes late, the second one finds closed.
        for _ in 0..<2 {
            world.clock.advance(by: 3 * 3_600_000)
            for partition in 0..<world.partitionCount {
                await start(partition)
                await finishAll()
            }
            noteSeals()
        }
        world.store.before(nil)
        world.store.after(nil)
        for failure in failures.list.withLock({ $0 }) { outcome.violations.append("a loader failed: \(failure)") }
        await check()
        return outcome
    }

    // MARK: What happens

    private mutating func step() async {
        world.clock.advance(by: Int64.random(in: 0...400_000, using: &random))
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: produce()
        case 5..<8: await start(Int.random(in: 0..<world.partitionCount, using: &random))
        case 8 where losesData:
            let partition = Int.random(in: 0..<world.partitionCount, using: &random)
            world.log.retain(partition, from: Int64.random(in: 0...max(world.log[partition].high, 1), using: &random))
        case 9: world.log.skip(Int.random(in: 0..<world.partitionCount, using: &random), 2)
        case 10: world.log.transact(Int.random(in: 0..<world.partitionCount, using: &random))
        default:
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                guard let loader = world.turns.waiting.randomElement(using: &random) else { break }
                let kill = Int.random(in: 0..<25, using: &random) == 0
                if kill { outcome.kills += 1 }
                await world.turns.turn(loader, kill: kill)
            }
        }
    }

    private mutating func produce() {
        let now = world.clock.now()
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let isLate = Int.random(in: 0..<5, using: &random) == 0
            let age =
                isLate ? Int64.random(in: 0...20_000_000, using: &random) : Int64.random(in: 0...60_000, using: &random)
            world.log.append(
                Int.random(in: 0..<world.partitionCount, using: &random), id: nextID, eventTime: now - age, now: now,
                isBroken: Int.random(in: 0..<12, using: &random) == 0,
                gap: Int.random(in: 0..<6, using: &random) == 0 ? 3 : 0)
            nextID += 1
        }
    }

    private mutating func start(_ partition: Int) async {
        nextLoader += 1
        let loader = SimulatedLoader(
            world: world, partition: Partition(Int32(partition)), name: "loader-\(nextLoader)",
            recordsPerChunk: Int.random(in: 1...8, using: &random))
        let failures = failures
        await world.turns.start(nextLoader) {
            if let failure = await loader.run(), failure != SimulatedTurns.killed {
                failures.list.withLock { $0.append(failure) }
            }
        }
    }

    private mutating func finishAll() async {
        while let loader = world.turns.waiting.randomElement(using: &random) {
            await world.turns.turn(loader, kill: false)
        }
    }

    private mutating func noteSeals() {
        let names = world.names
        let objects = world.store.objects
        for name in objects.keys where name.hasSuffix("manifest.json") {
            guard
                let manifest = try? ObjectCoding.decode(
                    HourManifest.self, objects[name]?.bytes ?? [], what: "manifest", location: name, version: 1),
                filesWhenSealed[manifest.hour] == nil
            else { continue }
            filesWhenSealed[manifest.hour] = Set(
                objects.keys.filter {
                    names.parse(file: $0).map { $0.hour == manifest.hour && $0.kind == .onTime } ?? false
                })
        }
    }

    // MARK: What must hold

    private mutating func check() async {
        outcome.records = world.log.all.count
        outcome.sealedHours = filesWhenSealed.count
        let objects = world.store.objects
        var seen: [Int: [FileName]] = [:]
        for (name, object) in objects {
            guard let file = world.names.parse(file: name) else { continue }
            for line in GzipLines.lines(object.bytes) { seen[simulatedID(of: line), default: []].append(file) }
        }
        let plans = plans()
        let lost = await lostRanges(plans)
        for (partition, record) in world.log.all { check(record, partition, in: seen[record.id] ?? [], lost: lost) }
        let givenUp = Self.givenUp(plans)
        for (hour, files) in filesWhenSealed {
            let now = Set(
                objects.keys.filter {
                    world.names.parse(file: $0).map { $0.hour == hour && $0.kind == .onTime } ?? false
                })
            // A loader that was paused may write a file that others had to give up.
            if !now.isSuperset(of: files) || !now.subtracting(files).isSubset(of: givenUp) {
                outcome.violations.append("hour \(hour) was sealed, then got on-time files: \(now.subtracting(files))")
            }
        }
        do {
            let verifier = StoreVerifier(chains: world.chains, sealer: world.sealer, readsAtOnce: 1)
            for finding in try await verifier.verify(date: nil).findings {
                outcome.violations.append("verify: \(finding)")
            }
        } catch {
            outcome.violations.append("verify failed: \(error)")
        }
    }

    /// What the plans announce as lost, and what retention took before a chain began at all.
    private func lostRanges(_ plans: [Plan]) async -> [Partition: [LostRange]] {
        var lost: [Partition: [LostRange]] = [:]
        for number in 0..<world.partitionCount {
            let partition = Partition(Int32(number))
            guard let origin = try? await world.chains.origin(of: partition) else { continue }
            lost[partition] = [
                LostRange(start: 0, end: origin.start, reason: .retention, openFrom: nil, foundAtMs: 0)
            ]
        }
        for plan in plans { lost[plan.partition, default: []] += plan.lost }
        return lost
    }

    private func plans() -> [Plan] {
        world.store.objects.values.filter { $0.info.name.hasPrefix(world.names.allPlans) }.compactMap { object in
            try? ObjectCoding.decode(
                Plan.self, object.bytes, what: "plan", location: object.info.name, version: Plan.currentVersion)
        }
    }

    /// Files that only plans announce which were amended since.
    private static func givenUp(_ plans: [Plan]) -> Set<String> {
        struct Place: Hashable {
            var partition: Partition
            var start: Int64
            var sequence: Int
        }
        let links = Dictionary(grouping: plans) {
            Place(partition: $0.partition, start: $0.start, sequence: $0.sequence)
        }
        return links.values.reduce(into: []) { names, plans in
            let last = plans.max { $0.amendment < $1.amendment }
            names.formUnion(Set(plans.flatMap(\.files).map(\.name)).subtracting(last?.files.map(\.name) ?? []))
        }
    }

    private mutating func check(
        _ record: SimulatedLog.Record, _ partition: Int, in files: [FileName], lost: [Partition: [LostRange]]
    ) {
        let isAnnouncedLost = (lost[Partition(Int32(partition))] ?? []).contains {
            $0.start <= record.offset && record.offset < $0.end
        }
        let description = "record \(record.id) (partition \(partition), offset \(record.offset))"
        switch files.count {
        case 0 where isAnnouncedLost: outcome.lostRecords += 1
        case 0: outcome.violations.append("\(description) is in no file")
        case 1:
            if files[0].kind == .late {
                outcome.lateRecords += 1
                // Also one of a transaction that was open when the hour could have been closed.
                if record.timestamp < record.hour.end + SimulatedWorld.allowedLateness {
                    outcome.violations.append("\(description) came in time and is in \(files[0])")
                }
            }
            if files[0].hour != record.hour || (files[0].kind == .deadLetter) == record.isInteraction {
                outcome.violations.append("\(description) is in \(files[0])")
            }
        default: outcome.violations.append("\(description) is in \(files.count) files: \(files)")
        }
    }
}
