import JobSupport
import Gzip
import Interactions
import Loading
import Logging
import ObjectStorage
import Support
import TestSupport

/// What all simulated loaders of one world share.
struct SimulatedWorld: Sendable {
    static let allowedLateness: Milliseconds = 600_000

    let log: SimulatedLog
    let store: InMemoryStore
    let turns: SimulatedTurns
    let clock: ManualWallClock
    let names: ObjectNames
    let partitionCount: Int

    // A loader has one turn at a time.
    var chains: ChainStore { ChainStore(store: store, names: names, readsAtOnce: 1) }
    var quietLogger: Logger { Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() } }
    var sealer: Sealer {
        Sealer(chains: chains, failpoints: Failpoints(nil), clock: clock, logger: quietLogger, requestsAtOnce: 1)
    }
    var storeClock: StoreClock { StoreClock(clock, storeTime: clock.now(), asked: clock.now()) }

    var rules: PlanRules {
        PlanRules(
            eventTimeField: "/timestamp", eventTimeMaxSkewMs: 7 * 24 * 3_600_000, layout: names.layout,
            recordFormat: .value, maxRecordBytes: 1 << 20, maxDepth: 32, lateBefore: nil)
    }
}

/// One process: owns one partition, reads it to its end as a run does, and seals. It does what `LoadRun` does with a
/// partition, without Kafka's group: the simulation gives partitions away as it likes, also twice.
struct SimulatedLoader: Sendable {
    let world: SimulatedWorld
    let partition: Partition
    let name: String
    /// The chunk is cut after so many records.
    let recordsPerChunk: Int

    /// - Returns: nil when it was killed; otherwise how it ended.
    func run() async -> Failure? {
        do throws(Failure) {
            for _ in 0..<1000 where try await readToEnd() {
                _ = try await world.sealer.seal((0..<world.partitionCount).map { Partition(Int32($0)) })
                return nil
            }
            return Failure(.conflict, "superseded again and again")
        } catch {
            return error
        }
    }

    /// - Returns: false when another owner's chain has to be followed.
    private func readToEnd() async throws(Failure) -> Bool {
        let log = world.log
        let number = Int(partition.number)
        let recovery = Recovery(chains: world.chains, from: .earliest, clock: world.storeClock) { [partition] _ in
            log.facts(Int(partition.number))
        }
        let found = try await recovery.recover(partition)
        let rules = SessionRules(
            topic: world.names.topic, plan: world.rules, allowedLateness: SimulatedWorld.allowedLateness,
            follows: false, writer: name)
        let memory: ChunkMemory
        do { memory = try ChunkMemory(gzip: GzipSettings()) } catch { throw error.failure("memory") }
        let session = try PartitionSession(found, rules: rules, memory: memory, now: world.clock.now(), uptime: .zero)
        var tail = found.tail
        var taken = 0
        while true {
            try await world.turns.pass()
            let current = log[number]
            if current.low > session.ledger.position {
                try session.loseOffsets(before: current.low, now: world.clock.now())
            }
            let next = current.records.first { $0.offset >= session.ledger.position }
            if let next, next.offset < min(found.capture.end, current.stableEnd) {
                if try take(next, session) { taken += 1 }
                if taken.isMultiple(of: recordsPerChunk) { try session.cut(.memory, now: world.clock.now()) }
            } else {
                try session.reachEnd(at: current.stableEnd, now: world.clock.now())
                session.leaveHeldBack()
            }
            try session.settleIfDrained(now: world.clock.now())
            while let request = session.takeRequest() {
                guard case .committed(let newTail) = try await committer.perform(request, of: partition, tail: tail)
                else {
                    return false
                }
                tail = newTail
            }
            if session.ledger.phase == .stopped { return true }
        }
    }

    private func take(_ record: SimulatedLog.Record, _ session: PartitionSession) throws(Failure) -> Bool {
        var name = Array(world.names.topic.utf8)
        var value = record.value
        let now = world.clock.now()
        let result: Result<Bool, Failure> = name.withUnsafeMutableBytes { name in
            value.withUnsafeMutableBytes { value in
                let view = KafkaRecordView(
                    topic: UnsafeRawBufferPointer(name), partition: partition.number, offset: record.offset,
                    timestamp: record.timestamp, timestampType: .create, key: nil, value: UnsafeRawBufferPointer(value))
                do throws(Failure) {
                    return .success(try session.take(view, headers: { [] }, now: now))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try result.get()
    }

    private var committer: ChunkCommitter {
        let log = world.log
        return ChunkCommitter(
            chains: world.chains, sealer: world.sealer, failpoints: Failpoints(nil), clock: world.clock,
            logger: world.quietLogger, uploadsAtOnce: 1
        ) { partition, offset in
            log.commit(Int(partition.number), offset)
        }
    }
}
