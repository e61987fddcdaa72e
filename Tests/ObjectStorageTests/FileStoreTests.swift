import Bytes
import Foundation
import Support
import Testing
import TestSupport

@testable import ObjectStorage

/// What only files do.
@Suite struct FileStoreTests {
    private static let json = "application/json"
    private static let waysToName = ["/proc/self/fd", noProc]

    private func files(below path: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
    }

    @Test(arguments: FileStoreTests.waysToName)
    func nothingIsLeftBesideTheObjects(descriptorLinks: String) async throws {
        try await withTemporaryDirectory { path in
            let store = try FileStore(path: path + "/made/here", descriptorLinks: descriptorLinks)
            _ = try await store.create("a/b", content: text("x"), contentType: Self.json)
            _ = try await store.create("a/b", content: text("other"), contentType: Self.json)
            let info = try #require(try await store.info("a/b"))
            _ = try await store.replace(
                "a/b", content: text("y"), contentType: Self.json, ifGeneration: info.generation)
            #expect(try files(below: path + "/made/here") == [".store", ".store/lock", "a", "a/b"])
            #expect(try String(contentsOfFile: path + "/made/here/a/b", encoding: .utf8) == "y")
        }
    }

    @Test func twoProcessesShareADirectory() async throws {
        try await withTemporaryDirectory { path in
            let stores = [try FileStore(path: path), try FileStore(path: path)]
            var generation: Int64?
            for round in 0..<20 {
                let expected = generation
                let outcomes = try await withThrowingTaskGroup(of: ReplaceOutcome.self) { group in
                    for (index, store) in stores.enumerated() {
                        group.addTask {
                            try await store.replace(
                                "p", content: text("\(round) \(index)"), contentType: Self.json, ifGeneration: expected)
                        }
                    }
                    return try await group.reduce(into: [ReplaceOutcome]()) { $0.append($1) }
                }
                let winners = outcomes.compactMap { if case .replaced(let info) = $0 { info } else { nil } }
                #expect(winners.count == 1)
                #expect(winners.first?.generation != generation)
                generation = winners.first?.generation
            }
        }
    }

    @Test func aFileHasANameFromTheStartOnlyWhereItCouldGetNoneLater() async throws {
        try await withTemporaryDirectory { path in
            let unnamed = try TemporaryFile(in: path, descriptorLinks: "/proc/self/fd")
            #expect(try files(below: path) == [])
            #expect(try unnamed.link(to: path + "/a"))
            let named = try TemporaryFile(in: path, descriptorLinks: noProc)
            #expect(try files(below: path).count == 2)
            #expect(try !named.link(to: path + "/a"), "the name is taken")
            #expect(try named.link(to: path + "/b"))
            withExtendedLifetime(named) {}
        }
    }

    @Test func whatDeadWritersLeftIsRemoved() async throws {
        try await withTemporaryDirectory { path in
            let dead = path + "/new-1-1"
            #expect(FileManager.default.createFile(atPath: dead, contents: Data("half".utf8)))
            let living = try TemporaryFile(in: path, descriptorLinks: noProc)
            #expect(try files(below: path).count == 2)
            TemporaryFile.sweep(path)
            #expect(try files(below: path).count == 2, "both are young: their writers may be about to lock them")
            TemporaryFile.sweep(path, now: time(nil) + 3600)
            let left = try files(below: path)
            #expect(left.count == 1 && left != ["new-1-1"])
            withExtendedLifetime(living) {}
        }
    }

    @Test func theHiddenDirectoryIsNobodysName() async throws {
        try await withTemporaryDirectory { path in
            let store = try FileStore(path: path)
            _ = try await store.create("a", content: text("x"), contentType: Self.json)
            await #expect(throws: Failure.self) { try await store.info(".store/lock") }
            #expect(try await store.list(prefix: ".store", from: nil, delimiter: nil).objects.isEmpty)
            _ = try await store.create("a2/.store/x", content: text("x"), contentType: Self.json)
            #expect(
                try await store.list(prefix: "", from: nil, delimiter: nil).objects.map(\.name) == ["a", "a2/.store/x"])
        }
    }

    @Test func linksDoNotLeadOutside() async throws {
        try await withTemporaryDirectory { path in
            try FileManager.default.createSymbolicLink(atPath: path + "/passwd", withDestinationPath: "/etc/passwd")
            let store = try FileStore(path: path)
            await #expect(throws: Failure.self) { try await store.read("passwd", limit: 1 << 20) }
            #expect(try await store.list(prefix: "", from: nil, delimiter: nil).objects.isEmpty)
        }
    }

    @Test func aDirectoryIsNoObject() async throws {
        try await withTemporaryDirectory { path in
            let store = try FileStore(path: path)
            _ = try await store.create("a/b", content: text("x"), contentType: Self.json)
            #expect(try await store.info("a") == nil)
            #expect(try await store.info("a/b/c") == nil)
            for name in ["a", "a/b/c"] {
                let failure = try await #require(throws: Failure.self) {
                    try await store.create(name, content: text("x"), contentType: Self.json)
                }
                #expect(failure.status == .cannotCreate)
                #expect(failure.message.contains(path))
            }
        }
    }

    @Test func aDirectoryThatMayNotBeWritten() async throws {
        let store = try FileStore(path: "/sys/store-of-tests")
        let failure = try await #require(throws: Failure.self) {
            try await store.create("a", content: text("x"), contentType: Self.json)
        }
        #expect(failure.status == .noPermission)
        #expect(failure.message.contains("/sys/store-of-tests"))
    }

    @Test func aDirectoryThatCannotBeMade() async throws {
        let store = try FileStore(path: "/proc/nothing/here")
        let failure = await #expect(throws: Failure.self) {
            try await store.create("a", content: ByteRope([1]), contentType: Self.json)
        }
        #expect(failure?.status == .cannotCreate)
    }

    @Test(.enabled(if: SmallDisk.isPossible), arguments: FileStoreTests.waysToName)
    func aDiskThatIsFull(descriptorLinks: String) async throws {
        try await withTemporaryDirectory { path in
            let disk = try SmallDisk(at: path)
            let store = try FileStore(path: path, descriptorLinks: descriptorLinks)
            _ = try await store.create("fits", content: content(10_000), contentType: Self.json)
            let failure = try await #require(throws: Failure.self) {
                try await store.create("big", content: content(1 << 20), contentType: Self.json)
            }
            #expect(failure.status == .cannotCreate)
            #expect(failure.message.contains(path))
            #expect(try await store.list(prefix: "", from: nil, delimiter: nil).objects.map(\.name) == ["fits"])
            // The room is free again.
            _ = try await store.create("fits too", content: content(10_000), contentType: Self.json)
            disk.unmount()
        }
    }

    // MARK: - Piece by piece

    @Test(arguments: FileStoreTests.waysToName)
    func anUploadThatIsCancelledOrForgottenLeavesNothing(descriptorLinks: String) async throws {
        try await withTemporaryDirectory { path in
            let store = try FileStore(path: path, descriptorLinks: descriptorLinks)
            let cancelled = try await store.upload("a/b", contentType: Self.json, ifGeneration: nil)
            try await cancelled.append(content(300_000))
            await cancelled.cancel()
            #expect(try files(below: path) == [".store"])
            do {
                let forgotten = try await store.upload("a/b", contentType: Self.json, ifGeneration: nil)
                try await forgotten.append(content(300_000))
            }
            #expect(try files(below: path) == [".store"])
        }
    }

    @Test func hundredMegabytesTakeTheMemoryOfABlock() async throws {
        try await withTemporaryDirectory { path in
            let store = try FileStore(path: path)
            let upload = try await store.upload("a", contentType: Self.json, ifGeneration: nil)
            let blocks = AliveBlocks()
            var crc = CRC32C()
            for _ in 0..<1600 {
                let piece = blocks.next()
                crc.update(piece)
                try await upload.append(piece)
            }
            guard case .written(let info) = try await upload.finish() else {
                Issue.record("taken")
                return
            }
            #expect(info.size == 1600 * 65_536)
            #expect(info.crc32c == crc.value)
            #expect(try await store.read(info, range: 65_535..<65_537) == [0, 1])
            #expect(blocks.most <= 2)
        }
    }

    @Test func anUploadToADirectoryThatMayNotBeWritten() async throws {
        let store = try FileStore(path: "/sys/store-of-tests")
        let failure = try await #require(throws: Failure.self) {
            _ = try await store.upload("a", contentType: Self.json, ifGeneration: nil)
        }
        #expect(failure.status == .noPermission)
    }

    @Test(.enabled(if: SmallDisk.isPossible), arguments: FileStoreTests.waysToName)
    func anUploadToADiskThatIsFull(descriptorLinks: String) async throws {
        try await withTemporaryDirectory { path in
            let disk = try SmallDisk(at: path)
            let store = try FileStore(path: path, descriptorLinks: descriptorLinks)
            let upload = try await store.upload("big", contentType: Self.json, ifGeneration: nil)
            try await upload.append(content(100_000))
            let failure = try await #require(throws: Failure.self) { try await upload.append(content(1 << 20)) }
            #expect(failure.status == .cannotCreate)
            #expect(failure.message.contains(path))
            await #expect(throws: failure) { _ = try await upload.finish() }
            // The room is free again.
            _ = try await store.create("fits", content: content(200_000), contentType: Self.json)
            #expect(try await store.list(prefix: "", from: nil, delimiter: nil).objects.map(\.name) == ["fits"])
            disk.unmount()
        }
    }
}

/// A file system of 256 KiB, for those who may mount one.
private final class SmallDisk {
    static let isPossible: Bool = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard geteuid() == 0, let disk = try? SmallDisk(at: path) else { return false }
        disk.unmount()
        return true
    }()

    private let path: String

    init(at path: String) throws {
        self.path = path
        guard SmallDisk.run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path) else {
            throw Failure(.failure, "mount")
        }
    }

    deinit { unmount() }

    func unmount() { _ = SmallDisk.run("umount", path) }

    private static func run(_ command: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
