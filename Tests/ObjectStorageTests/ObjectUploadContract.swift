import Bytes
import ObjectStorage
import Support
import Testing
import TestSupport

/// What every store promises of uploads piece by piece.
@Suite struct ObjectUploadContract {
    private static let type = "application/gzip"
    private static let sizes = [0, 1, TestedStore.large, TestedStore.large + 1, TestedStore.large * 2, 1_700_001]

    @Test(arguments: TestedStore.all, sizes)
    func whatIsUploadedIsReadBack(tested: TestedStore, size: Int) async throws {
        try await tested.with { store in
            let upload = try await store.upload("a/b.jsonl.gz", contentType: Self.type, ifGeneration: nil)
            try await upload.append(content(size), inPiecesOf: 70_001)
            #expect(try await store.info("a/b.jsonl.gz") == nil, "not before its end")
            guard case .written(let info) = try await upload.finish() else {
                Issue.record("a free name")
                return
            }
            #expect(info.name == "a/b.jsonl.gz")
            #expect(info.size == Int64(size))
            #expect(info.crc32c == CRC32C.of(content(size)))
            let read = try #require(try await store.read("a/b.jsonl.gz", limit: size))
            #expect(read.bytes == content(size).joined)
            #expect(read.info == info)
        }
    }

    @Test(arguments: TestedStore.all, [10, TestedStore.large * 2])
    func aNameIsGivenOnce(tested: TestedStore, size: Int) async throws {
        guard size <= TestedStore.large || tested.checksLargeWrites else { return }
        try await tested.with { store in
            guard case .written(let info) = try await store.upload("n", content(size)) else {
                Issue.record("a free name")
                return
            }
            // The same again, as after a lost answer.
            #expect(try await store.upload("n", content(size)) == .written(info))
            guard case .taken(let taken?) = try await store.upload("n", content(size, seed: 2)) else {
                Issue.record("other content of the same size")
                return
            }
            #expect(taken.generation == info.generation)
            guard case .taken(.some) = try await store.upload("n", content(size + 1)) else {
                Issue.record("more content")
                return
            }
            #expect(try await store.read("n", limit: size)?.bytes == content(size).joined)
        }
    }

    @Test(arguments: TestedStore.all, [10, TestedStore.large * 2])
    func replacingNeedsTheGeneration(tested: TestedStore, size: Int) async throws {
        guard size <= TestedStore.large || tested.checksLargeWrites else { return }
        try await tested.with { store in
            guard case .written(let first) = try await store.upload("p", content(size)),
                case .written(let second) = try await store.upload(
                    "p", content(size, seed: 2), ifGeneration: first.generation)
            else {
                Issue.record("a free name, and then its generation")
                return
            }
            #expect(second.generation != first.generation)
            guard
                case .taken(let other) = try await store.upload(
                    "p", content(size, seed: 2), ifGeneration: first.generation)
            else {
                Issue.record("an old generation")
                return
            }
            #expect(other?.generation == second.generation)
            let ghost = try await store.upload("nothing", content(size), ifGeneration: second.generation)
            #expect(ghost == .taken(nil))
            #expect(try await store.read("p", limit: size)?.bytes == content(size, seed: 2).joined)
        }
    }

    @Test(arguments: TestedStore.all, [0, 10, TestedStore.large * 2])
    func cancellingLeavesNothing(tested: TestedStore, size: Int) async throws {
        try await tested.with { store in
            let upload = try await store.upload("a", contentType: Self.type, ifGeneration: nil)
            try await upload.append(content(size), inPiecesOf: 100_000)
            await upload.cancel()
            #expect(try await store.list(prefix: "", from: nil, delimiter: nil).objects.isEmpty)
            await #expect(throws: Failure.self) { try await upload.append(content(1)) }
            await #expect(throws: Failure.self) { _ = try await upload.finish() }
            await upload.cancel()
            #expect(try await store.info("a") == nil)
        }
    }

    @Test(arguments: TestedStore.all)
    func thereIsOneEnd(tested: TestedStore) async throws {
        try await tested.with { store in
            let upload = try await store.upload("a", contentType: Self.type, ifGeneration: nil)
            try await upload.append(text("x"))
            _ = try await upload.finish()
            await #expect(throws: Failure.self) { try await upload.append(text("y")) }
            await #expect(throws: Failure.self) { _ = try await upload.finish() }
            await upload.cancel()
            #expect(try await store.read("a", limit: 10)?.bytes == Array("x".utf8))
        }
    }

    @Test(arguments: TestedStore.all)
    func ofManyUploadsOneWins(tested: TestedStore) async throws {
        guard tested.checksLargeWrites else { return }
        try await tested.with { store in
            let outcomes = try await withThrowingTaskGroup(of: UploadOutcome.self) { group in
                for writer in 0..<4 {
                    group.addTask { try await store.upload("n", content(TestedStore.large * 2, seed: writer)) }
                }
                return try await group.reduce(into: [UploadOutcome]()) { $0.append($1) }
            }
            #expect(outcomes.filter { if case .written = $0 { true } else { false } }.count == 1)
        }
    }

    @Test(arguments: TestedStore.all)
    func namesThatSomeStoreCannotHold(tested: TestedStore) async throws {
        try await tested.with { store in
            for name in ["", "/a", "a/../b", "a\nb"] {
                await #expect(throws: Failure.self) {
                    _ = try await store.upload(name, contentType: Self.type, ifGeneration: nil)
                }
            }
        }
    }
}

extension ObjectUpload {
    func append(_ content: ByteRope, inPiecesOf size: Int) async throws {
        let bytes = content.joined
        for start in stride(from: 0, to: bytes.count, by: size) {
            try await append(ByteRope(bytes[start..<min(start + size, bytes.count)]))
        }
    }
}

extension ObjectStore {
    /// All of an upload.
    func upload(_ name: String, _ content: ByteRope, ifGeneration: Int64? = nil) async throws -> UploadOutcome {
        let upload = try await upload(name, contentType: "application/gzip", ifGeneration: ifGeneration)
        try await upload.append(content, inPiecesOf: 100_000)
        return try await upload.finish()
    }
}
