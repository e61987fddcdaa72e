import Bytes
import Gzip
import Interactions
@testable import Loading
import ObjectStorage
import Support
import Synchronization
import TestSupport
import Testing

@Suite struct ChunkCommitterTests {
    let bench = Workbench()

    private func chunk(writer: String = "me", gzip: GzipSettings = GzipSettings()) throws -> Chunk {
        let records = (0..<6).map { SampleRecord($0, hour: $0 % 3) }
        return try bench.chunk(records, start: 0, end: 6, lateBefore: 1, closedBefore: 1, writer: writer, gzip: gzip)
    }

    @Test func theStepsComeInTheOrderThatKeepsThePromise() {
        let files = [
            Sample.file(hour: 5, 0, 9), Sample.file(.late, hour: 2, 0, 9), Sample.file(.deadLetter, hour: 1, 0, 9),
        ]
        let late = Sample.plan(0, 9, files: files, lateBefore: 5)
        let hours = [Sample.hour(1).index, Sample.hour(2).index]
        #expect(
            CommitStep.steps(for: late, isPlanned: false)
                == [.createPlan, .createFiles, .reviseManifests(hours), .replaceProgress, .commitOffset])
        #expect(
            CommitStep.steps(for: late, isPlanned: true)
                == [.createFiles, .reviseManifests(hours), .replaceProgress, .commitOffset])
        // A partition that has closed nothing may be younger than any manifest.
        let young = Sample.plan(0, 9, files: files)
        #expect(CommitStep.steps(for: young, isPlanned: false)[2] == .reviseManifests(hours + [Sample.hour(5).index]))
        #expect(
            CommitStep.steps(for: Sample.plan(9, 9), isPlanned: false) == [
                .createPlan, .replaceProgress, .commitOffset,
            ])
    }

    @Test func aCommittedChunkIsPlanFilesProgressAndOffset() async throws {
        let chunk = try chunk()
        guard case .committed(let tail) = try await bench.commit(chunk) else { throw Failure(.failure, "superseded") }
        #expect(tail.next == LinkID(start: 6) && tail.unconfirmed == nil && tail.progressGeneration != nil)
        #expect(try await bench.chains.tail(of: Sample.partition) == tail)
        #expect(bench.allIDs == [0, 1, 2, 3, 4, 5])
        for file in chunk.plan.files {
            let object = try #require(bench.store.objects[file.name])
            #expect(object.bytes == chunk.contents[file.name]?.joined && object.contentType == "application/gzip")
        }
        #expect(bench.committed.list.withLock { $0 } == [6])
        let progress = try #require(try await bench.chains.progress(of: Sample.partition).progress)
        #expect((progress.position, progress.logEnd, progress.closedBefore) == (6, 6, Sample.hour(1)))
    }

    @Test func theSameLinesByAnotherCompressorAreASuccess() async throws {
        let mine = try chunk()
        let other = try chunk(gzip: GzipSettings(engine: .zlib))
        let name = mine.plan.files[0].name
        let bytes = try #require(other.contents[name]).joined
        #expect(bytes != mine.contents[name]?.joined)
        bench.store.put(name, bytes)
        guard case .committed = try await bench.commit(mine) else { throw Failure(.failure, "superseded") }
        #expect(bench.store.objects[name]?.bytes == bytes)
    }

    @Test func otherLinesAreAConflictAndStay() async throws {
        let mine = try chunk()
        let file = mine.plan.files[1]
        let stranger = try #require(mine.contents[mine.plan.files[0].name]).joined
        bench.store.put(file.name, stranger)
        let failure = await #expect(throws: Failure.self) { try await bench.commit(mine) }
        #expect(failure?.status == .conflict)
        #expect(failure?.message.hasPrefix("memory://store/\(file.name) holds 2 lines (crc32c ") == true)
        #expect(bench.store.objects[file.name]?.bytes == stranger)
        #expect(try await bench.chains.progress(of: Sample.partition).progress == nil)
    }

    @Test func aFileThatIsNoGzipIsAnErrorNotOverwritten() async throws {
        let mine = try chunk()
        bench.store.put(mine.plan.files[0].name, [1, 2, 3])
        let failure = await #expect(throws: Failure.self) { try await bench.commit(mine) }
        #expect(failure?.status == .protocolError)
        #expect(bench.store.objects[mine.plan.files[0].name]?.bytes == [1, 2, 3])
    }

    /// A zombie may still write what the plan said before it was amended.
    @Test func theFileOfThePlanBeforeItsAmendmentIsASuccess() async throws {
        let original = try chunk(writer: "zombie")
        _ = try await bench.chains.begin(Sample.partition, at: 0)
        _ = try await bench.chains.create(original.plan)
        var shorter = try bench.chunk((3..<6).map { SampleRecord($0, hour: $0 % 3) }, start: 0, end: 6, lateBefore: 1)
        shorter.plan.amendment = 1
        let name = original.plan.files[0].name
        let whole = try #require(original.contents[name]).joined
        bench.store.put(name, whole)
        guard case .committed = try await bench.commit(shorter) else { throw Failure(.failure, "superseded") }
        #expect(bench.store.objects[name]?.bytes == whole)
        #expect(try await bench.verifier.verify(date: nil).findings == [])
    }

    /// The chunk of a paused owner was amended: one file of it is as announced, of another nothing was left. Then the hours
    /// were sealed; then it wakes up, and writes what it had announced.
    @Test func whatAPausedOwnerWritesOfAnAmendedChunkIsCountedAsItIs() async throws {
        bench.clock.advance(by: 600_000)
        let original = try bench.chunk(
            (0..<6).map { SampleRecord($0, hour: $0 % 2) }, start: 0, end: 6, closedBefore: 2, writer: "paused")
        let paused = try await bench.chains.begin(Sample.partition, at: 0)
        _ = try await bench.chains.create(original.plan)
        let (first, second) = (original.plan.files[0], original.plan.files[1])
        // The one file comes before the amendment's owner gets to it, so that it holds more than the amendment says.
        var shorter = try bench.chunk([SampleRecord(4)], start: 0, end: 6, closedBefore: 2)
        shorter.plan.amendment = 1
        bench.store.put(first.name, try #require(original.contents[first.name]).joined)
        guard case .committed = try await bench.commit(shorter) else { throw Failure(.failure, "superseded") }
        #expect(try await bench.sealer.seal([Sample.partition]) == [Sample.hour(0), Sample.hour(1)])
        #expect(try await [bench.manifest(0)?.records, bench.manifest(1)?.records] == [3, 0])
        #expect(try await bench.verifier.verify(date: nil).findings == [])

        _ = try await bench.committer.commit(original, isPlanned: true, tail: paused, logEnd: 6, drainedAt: nil)
        let revised = try #require(try await bench.manifest(1))
        #expect((revised.revision, revised.records) == (2, 3))
        #expect(revised.parts[0].files == [second])
        #expect(try await bench.manifest(0)?.revision == 1)
        #expect(try await bench.verifier.verify(date: nil).findings == [])
    }

    @Test func whoLosesTheLinkWritesNothing() async throws {
        _ = try await bench.chains.begin(Sample.partition, at: 0)
        let tail = try #require(try await bench.chains.tail(of: Sample.partition))
        _ = try await bench.chains.create(Sample.plan(0, 4, writer: "other"))
        let before = bench.store.names
        let outcome = try await bench.committer.commit(try chunk(), tail: tail, logEnd: 6, drainedAt: nil)
        guard case .superseded = outcome else { throw Failure(.failure, "not superseded") }
        #expect(bench.store.names == before)
        #expect(bench.committed.list.withLock { $0.isEmpty })
    }

    /// Whatever operation is the last one before a crash, with or without its effect: the next owner completes it.
    @Test func whatACrashLeavesTheNextRunCompletes() async throws {
        let records = (0..<6).map { SampleRecord($0, hour: $0 % 3) }
        for takesEffect in [false, true] {
            for survived in 0..<40 {
                let bench = Workbench()
                try await bench.load([], high: 0)
                let operations = Mutex(0)
                let crash: InMemoryStore.Hook = { _, _ throws(Failure) in
                    let count = operations.withLock { count in
                        count += 1
                        return count
                    }
                    if count > survived { throw Failure(.unavailable, "crash") }
                }
                if takesEffect { bench.store.after(crash) } else { bench.store.before(crash) }
                let crashed = await crashes(survived) { try await bench.load(records, high: 6) }
                bench.store.before(nil)
                bench.store.after(nil)
                try await bench.load(records, high: 6)
                #expect(bench.allIDs == [0, 1, 2, 3, 4, 5], "after \(survived)")
                #expect(try await bench.verifier.verify(date: nil).findings == [], "after \(survived)")
                if !crashed { break }
            }
        }
    }

    /// - Returns: whether it crashed.
    private func crashes(_ survived: Int, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            #expect(survived > 3)
            return false
        } catch {
            #expect((error as? Failure)?.message == "crash")
            return true
        }
    }

    @Test func onlyProgressIsWrittenWhenNothingWasRead() async throws {
        try await bench.load([SampleRecord(0)], high: 1)
        let tail = try #require(try await bench.chains.tail(of: Sample.partition))
        let request = StoreRequest(
            work: .progress(position: 4), counters: ChunkCounters(), logEnd: 5, drainedAt: Sample.hour(3).start)
        let plans = bench.store.names.filter { $0.contains("_plans") }
        _ = try await bench.committer.perform(request, of: Sample.partition, tail: tail)
        let progress = try #require(try await bench.chains.progress(of: Sample.partition).progress)
        #expect((progress.chainEnd, progress.position, progress.logEnd) == (1, 4, 5))
        #expect(progress.drainedAtMs == Sample.hour(3).start && progress.closedBefore == tail.closedBefore)
        #expect(bench.store.names.filter { $0.contains("_plans") } == plans)
    }

    @Test func newerProgressOfAnotherStandsAndOlderIsReplaced() async throws {
        _ = try await bench.chains.replace(Sample.progress(9), ifGeneration: nil)
        var tail = ChainTail(origin: ChainOrigin(start: 6))
        try await bench.committer.replaceProgress(&tail, of: Sample.partition, logEnd: 6, drainedAt: nil)
        #expect(try await bench.chains.progress(of: Sample.partition).progress?.chainEnd == 9)
        #expect(tail.progressGeneration != nil)
        tail = ChainTail(origin: ChainOrigin(start: 12))
        try await bench.committer.replaceProgress(&tail, of: Sample.partition, logEnd: 6, drainedAt: nil)
        let progress = try #require(try await bench.chains.progress(of: Sample.partition).progress)
        #expect((progress.chainEnd, progress.logEnd) == (12, 12))
    }

    @Test func contentionForProgressEndsWithoutIt() async throws {
        let (store, name) = (bench.store, bench.names.progress(of: Sample.partition))
        let tries = Mutex(0)
        bench.store.before { operation, _ throws(Failure) in
            guard operation == .replace else { return }
            tries.withLock { $0 += 1 }
            store.put(name, Array("{".utf8))
        }
        var tail = ChainTail(origin: ChainOrigin(start: 6))
        try await bench.committer.replaceProgress(&tail, of: Sample.partition, logEnd: 6, drainedAt: nil)
        #expect(tries.withLock { $0 } == 8)
    }
}
