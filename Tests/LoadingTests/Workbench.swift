import JobSupport
import Bytes
import Gzip
import Interactions
import Loading
import Logging
import ObjectStorage
import Support
import Synchronization
import TestSupport

/// A topic `t` in a store in memory, with everything that reads and writes it. It is the first minute of hour 2.
struct Workbench: Sendable {
    let store = InMemoryStore(time: Sample.hour(2).start)
    let clock = ManualWallClock(Sample.hour(2).start)
    var names = ObjectNames(topic: Sample.topic, layout: .plain)
    let committed = CommittedOffsets()

    /// What Kafka was told.
    final class CommittedOffsets: Sendable {
        let list = Mutex<[Int64]>([])
    }

    var chains: ChainStore { ChainStore(store: store, names: names) }
    var logger: Logger { Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() } }
    var sealer: Sealer {
        Sealer(chains: chains, failpoints: Failpoints(nil), clock: clock, logger: logger, requestsAtOnce: 2)
    }
    var verifier: StoreVerifier { StoreVerifier(chains: chains, sealer: sealer, readsAtOnce: 2) }
    var storeClock: StoreClock { StoreClock(clock, storeTime: clock.now(), asked: clock.now()) }

    var committer: ChunkCommitter {
        ChunkCommitter(
            chains: chains, sealer: sealer, failpoints: Failpoints(nil), clock: clock, logger: logger, uploadsAtOnce: 2
        ) { [committed] _, offset in committed.list.withLock { $0.append(offset) } }
    }

    // MARK: Making

    /// A chunk of these records as a session would cut it.
    func chunk(
        _ records: [SampleRecord], start: Int64, end: Int64, sequence: Int = 0, lateBefore: Int64? = nil,
        closedBefore: Int64? = nil, partition: Partition = Sample.partition, writer: String = "w",
        gzip: GzipSettings = GzipSettings()
    ) throws -> Chunk {
        let link = LinkID(start: start, sequence: sequence)
        let rules = Sample.rules(layout: names.layout, lateBefore: lateBefore)
        let builder = try ChunkBuilder(
            topic: Sample.topic, partition: partition, link: link, rules: rules, memory: ChunkMemory(gzip: gzip))
        for record in records { try builder.add(record) }
        let files = try builder.finish(end: end)
        let plan = Plan(
            topic: Sample.topic, partition: partition, link: link, end: end, reason: .drained, rules: rules,
            files: files.map(\.file), lost: [], closedBefore: Sample.optionalHour(closedBefore), writer: writer,
            writtenAtMs: clock.now())
        return Chunk(plan: plan, contents: Dictionary(uniqueKeysWithValues: files.map { ($0.file.name, $0.content) }))
    }

    /// Commits a chunk at the end of its partition's chain, which begins with it if there is none.
    @discardableResult
    func commit(_ chunk: Chunk, isPlanned: Bool = false) async throws -> ChunkOutcome {
        let partition = chunk.plan.partition
        var tail = try await chains.tail(of: partition)
        if tail == nil { tail = try await chains.begin(partition, at: chunk.plan.start) }
        return try await committer.commit(
            chunk, isPlanned: isPlanned, tail: tail ?? ChainTail(origin: ChainOrigin(start: 0)), logEnd: chunk.plan.end,
            drainedAt: nil)
    }

    func recover(
        _ partition: Partition = Sample.partition, low: Int64 = 0, high: Int64, committed: Int64? = nil,
        from: LoadStart = .earliest
    ) async throws(Failure) -> RecoveredPartition {
        try await Recovery(chains: chains, from: from, clock: storeClock) { _ in
            PartitionFacts(low: low, high: high, committed: committed)
        }.recover(partition)
    }

    func session(_ found: RecoveredPartition, follows: Bool = false, writer: String = "me") throws -> PartitionSession {
        try PartitionSession(
            found,
            rules: SessionRules(
                topic: Sample.topic, plan: Sample.rules(layout: names.layout), allowedLateness: 600_000,
                follows: follows,
                writer: writer),
            memory: ChunkMemory(gzip: GzipSettings()), now: clock.now(), uptime: .zero)
    }

    /// Recovers a partition that holds these records, reads it to its end and stores everything.
    func load(
        _ records: [SampleRecord], low: Int64 = 0, high: Int64, partition: Partition = Sample.partition
    ) async throws {
        let found = try await recover(partition, low: low, high: high)
        let session = try session(found)
        for record in records where record.offset >= session.ledger.position {
            _ = try session.take(record, clock.now())
        }
        try session.reachEnd(at: high, now: clock.now())
        try session.settleIfDrained(now: clock.now())
        _ = try await store(session, tail: found.tail)
    }

    /// Performs what a session asks for.
    /// - Returns: where the chain ends then; nil when the session is superseded.
    func store(_ session: PartitionSession, tail: ChainTail) async throws -> ChainTail? {
        var tail = tail
        while let request = session.takeRequest() {
            guard case .committed(let next) = try await committer.perform(request, of: session.partition, tail: tail)
            else { return nil }
            tail = next
        }
        return tail
    }

    // MARK: Looking

    /// The lines of a stored file.
    func lines(_ name: String) -> [String] {
        GzipLines.texts(store.objects[name]?.bytes ?? [])
    }

    /// The ids of all records stored, by file.
    var ids: [FileName: [Int]] {
        var ids: [FileName: [Int]] = [:]
        for (name, object) in store.objects {
            guard let file = names.parse(file: name) else { continue }
            ids[file] = GzipLines.lines(object.bytes).map(simulatedID)
        }
        return ids
    }

    var allIDs: [Int] { ids.values.flatMap { $0 }.sorted() }

    func manifest(_ hour: Int64) async throws -> HourManifest? {
        try await sealer.manifest(of: Sample.hour(hour))?.manifest
    }
}

extension PartitionSession {
    func take(_ record: SampleRecord, _ now: Milliseconds = 0) throws -> Bool {
        try record.withView(partition: partition.number) { try take($0, headers: { [] }, now: now) }
    }

    /// The chunk that is to be stored next.
    func takeChunk() -> (chunk: Chunk, isPlanned: Bool)? {
        guard case .chunk(let chunk, let isPlanned) = takeRequest()?.work else { return nil }
        return (chunk, isPlanned)
    }
}
