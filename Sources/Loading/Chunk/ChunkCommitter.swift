internal import Gzip
package import Interactions
package import Logging
import ObjectStorage
package import Support

/// Performs the steps that make a chunk durable.
package struct ChunkCommitter: Sendable {
    package let chains: ChainStore
    package let sealer: Sealer
    package let failpoints: Failpoints
    package let clock: any WallClock
    package let logger: Logger
    /// Files of one chunk that are uploaded at the same time.
    package let uploadsAtOnce: Int
    /// Tells Kafka how far the partition is stored: a hint, so it may fail.
    package let commitOffset: @Sendable (Partition, Int64) async -> Void

    package init(
        chains: ChainStore, sealer: Sealer, failpoints: Failpoints, clock: any WallClock, logger: Logger,
        uploadsAtOnce: Int, commitOffset: @escaping @Sendable (Partition, Int64) async -> Void
    ) {
        self.chains = chains
        self.sealer = sealer
        self.failpoints = failpoints
        self.clock = clock
        self.logger = logger
        self.uploadsAtOnce = uploadsAtOnce
        self.commitOffset = commitOffset
    }

    /// Performs what a session asked for.
    /// - Parameter tail: the chain before it.
    package func perform(_ request: StoreRequest, of partition: Partition, tail: ChainTail) async throws(Failure)
        -> ChunkOutcome
    {
        switch request.work {
        case .chunk(let chunk, let isPlanned):
            return try await commit(
                chunk, isPlanned: isPlanned, tail: tail, logEnd: request.logEnd, drainedAt: request.drainedAt)
        case .progress(let position):
            var tail = tail
            tail.position = max(tail.position, position)
            try await replaceProgress(&tail, of: partition, logEnd: request.logEnd, drainedAt: request.drainedAt)
            await commitOffset(partition, tail.position)
            return .committed(tail)
        }
    }

    /// Makes a chunk durable.
    /// - Parameters:
    ///   - isPlanned: its plan stands already, and `chunk` holds the files that are missing.
    ///   - tail: the chain before the chunk (or before its completion).
    ///   - logEnd: the partition's end when it was last looked at, for the progress object.
    ///   - drainedAt: when the end was captured to which this chunk drains the partition.
    package func commit(
        _ chunk: Chunk, isPlanned: Bool = false, tail: ChainTail, logEnd: Int64, drainedAt: Milliseconds?
    ) async throws(Failure) -> ChunkOutcome {
        let plan = chunk.plan
        var tail = tail
        for step in CommitStep.steps(for: plan, isPlanned: isPlanned) {
            switch step {
            case .createPlan:
                failpoints.hit(.beforePlan)
                guard try await chains.create(plan) else { return .superseded }
                failpoints.hit(.afterPlan)
            case .createFiles:
                try await createFiles(of: chunk)
            case .reviseManifests(let hours):
                failpoints.hit(.beforeRevise)
                try await sealer.revise(hours.map { Hour(index: $0) })
            case .replaceProgress:
                tail.follow(plan)
                failpoints.hit(.beforeProgress)
                if !(try await replaceProgress(&tail, of: plan.partition, logEnd: logEnd, drainedAt: drainedAt)) {
                    try await reviseIfAmended(plan)
                }
                failpoints.hit(.afterProgress)
            case .commitOffset:
                await commitOffset(plan.partition, tail.position)
                failpoints.hit(.afterCommit)
            }
        }
        return .committed(tail)
    }

    /// Another owner has gone on from this chunk. If it had to amend it, a file that it had given up may stand there since,
    /// and hours that it closed may be sealed without it.
    private func reviseIfAmended(_ plan: Plan) async throws(Failure) {
        let links = try await chains.links(of: plan.partition, startingAt: plan.start)
        guard links.contains(where: { $0.sequence == plan.sequence && $0.amendment > plan.amendment }) else { return }
        try await sealer.revise(Set(plan.files.map(\.hour)).sorted())
    }

    /// Writes where the chain ends. If somebody wrote the object since, theirs stands unless it says less.
    /// - Returns: false when another owner's object stands instead.
    @discardableResult
    package func replaceProgress(
        _ tail: inout ChainTail, of partition: Partition, logEnd: Int64, drainedAt: Milliseconds?
    ) async throws(Failure) -> Bool {
        for _ in 0..<8 {
            var progress = Progress(
                topic: chains.names.topic, partition: partition, next: tail.next, position: tail.position,
                logEnd: max(logEnd, tail.position), drainedAtMs: drainedAt, closedBefore: tail.closedBefore,
                lost: tail.lost, updatedAtMs: clock.now())
            progress.lastStart = tail.lastStart
            if let generation = try await chains.replace(progress, ifGeneration: tail.progressGeneration) {
                tail.progressGeneration = generation
                return true
            }
            let (other, generation) = try await chains.progress(of: partition)
            tail.progressGeneration = generation
            if let other, other.next >= tail.next { return false }
        }
        logger.warning(
            "progress object is contended; the chain stands without it",
            metadata: ["partition": "\(partition)"])
        return false
    }

    private func createFiles(of chunk: Chunk) async throws(Failure) {
        let files = chunk.plan.files.filter { chunk.contents[$0.name] != nil }
        _ = try await concurrently(files, limit: uploadsAtOnce) { file throws(Failure) in
            try await create(file, of: chunk)
        }
    }

    private func create(_ file: PlannedFile, of chunk: Chunk) async throws(Failure) {
        guard let content = chunk.contents[file.name] else { return }
        failpoints.hit(.beforeFile)
        let outcome = try await chains.store.create(file.name, content: content, contentType: gzipType)
        if case .taken(let info) = outcome { try await accept(info, as: file, of: chunk.plan) }
        failpoints.hit(.afterFile)
    }

    /// A file of another writer stands under the name: right if it holds the lines that the plan announces, whatever
    /// compressed them, or those of the plan that this one amends.
    private func accept(_ info: ObjectInfo, as file: PlannedFile, of plan: Plan) async throws(Failure) {
        let found = try await LineDigest.ofObject(info, in: chains.store)
        if found.matches(file) { return }
        for link in try await chains.links(of: plan.partition, startingAt: plan.start) where link != plan.link {
            let other = try await chains.plan(of: plan.partition, at: link)
            if other.files.contains(where: { $0.name == file.name && found.matches($0) }) { return }
        }
        throw Failure(
            .conflict,
            "\(chains.url(file.name)) holds \(found.lines) lines (crc32c \(found.crc32c)), but its plan announces "
                + "\(file.records) (crc32c \(file.crc32c))",
            remedy: "two writers made different files of the same offsets: keep the object, compare it with the plan "
                + "\(plan.link.fileName), and report it; nothing was overwritten")
    }
}
