import Bytes
import Foundation
import HTTP
import ObjectStorage
import Support
import TestSupport

/// The stores that keep the contract.
enum TestedStore: String, CaseIterable, Sendable {
    case files, namedFiles, memory, cloud, fakeServer

    /// fake-gcs-server where it is wanted.
    static var all: [TestedStore] { allCases.filter { $0 != .fakeServer || FakeGCSServer.isWanted } }

    /// Contents above this size take another way to Cloud Storage.
    static let large = 256 << 10

    /// fake-gcs-server ignores preconditions on resumable uploads.
    var checksLargeWrites: Bool { self != .fakeServer }
    /// Nor does it look at them when it removes.
    var checksRemovals: Bool { self != .fakeServer }

    /// An empty store, and away with it.
    func with(_ body: (any ObjectStore) async throws -> Void) async throws {
        switch self {
        case .files:
            try await withTemporaryDirectory { try await body(try FileStore(path: $0)) }
        case .namedFiles:
            try await withTemporaryDirectory { try await body(try FileStore(path: $0, descriptorLinks: noProc)) }
        case .memory:
            try await body(InMemoryStore(time: SystemWallClock().now()))
        case .cloud:
            let server = try LoopbackGCS()
            server.set(pageSize: 3)
            try await body(try cloudStore(at: server.origin))
            withExtendedLifetime(server) {}
        case .fakeServer:
            let server = try await FakeGCSServer()
            try await body(try cloudStore(at: server.origin))
            withExtendedLifetime(server) {}
        }
    }
}

/// As where /proc is not mounted.
let noProc = "/nowhere/proc/self/fd"

/// A store on a stand-in, with a prefix as in production, that waits without sleeping.
func cloudStore(
    at origin: String, clock: any Clock<Duration> = ManualClock(), authorizer: (any RequestAuthorizer)? = nil,
    timeouts: HTTPTimeouts = HTTPTimeouts(), headers: HTTPHeaders = [:]
) throws -> GCSStore {
    let options = GCSStore.Options(
        endpoint: try GCSEndpoint(emulatorHost: origin), headers: headers,
        retrying: Retrying(policy: RetryPolicy(deadline: .seconds(60)), clock: clock, random: { 0.5 }),
        timeouts: timeouts, multipartBytes: TestedStore.large, chunkBytes: 256 << 10)
    return GCSStore(
        try GCSLocation("gs://\(LoopbackGCS.bucket)/some/prefix"), transport: try CurlTransport(),
        authorizer: authorizer, options: options)
}

func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
}

/// Bytes that differ from place to place, in blocks.
func content(_ count: Int, seed: Int = 1) -> ByteRope {
    var rope = ByteRope()
    var rest = count
    while rest > 0 {
        let block = BlockPool(blockSize: 100_000).take()
        block.count = min(rest, block.memory.count)
        for index in 0..<block.count {
            block.memory[index] = UInt8(truncatingIfNeeded: (index ^ index >> 8) &* (seed &* 2 &+ 1) &+ rest)
        }
        rope.append(block)
        rest -= block.count
    }
    return rope
}

func text(_ text: String) -> ByteRope { ByteRope(text.utf8) }

/// Blocks to append, and how many of them anyone still holds.
final class AliveBlocks {
    private struct Given { weak var block: ByteBlock? }

    private let pool = BlockPool()
    private var given: [Given] = []
    /// At any time so far.
    private(set) var most = 0

    var count: Int { given.count { $0.block != nil } }

    /// A block of 64 KiB that differs from the others.
    func next() -> ByteRope {
        let block = pool.take()
        block.count = block.memory.count
        _ = block.memory.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: given.count))
        given.append(Given(block: block))
        most = max(most, count)
        var rope = ByteRope()
        rope.append(block)
        return rope
    }
}
