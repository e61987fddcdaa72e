package import Bytes
internal import Glibc
package import Support

/// Objects as files below one directory, which is made with the first object. Machines and processes may share it, if its file
/// system keeps `link`, `rename` and `flock` atomic.
///
/// An object appears whole or not at all: it is written without a name and synced, then linked to its name. A generation is the
/// file's modification time in nanoseconds, which `replace` always moves forward.
package final class FileStore: ObjectStore {
    package let location: String
    private let files: StoreDirectory
    private let threads: BlockingThreads
    private let clock: any WallClock

    /// - Parameters:
    ///   - path: absolute.
    ///   - maxConcurrent: calls performed at once; more wait.
    ///   - descriptorLinks: a directory of links to this process's open files, by which files without a name get one.
    ///     Where there is none, files have names from the start.
    package init(
        path: String, maxConcurrent: Int = 4, clock: any WallClock = SystemWallClock(),
        descriptorLinks: String = "/proc/self/fd"
    ) throws(Failure) {
        location = "file://\(path)"
        files = StoreDirectory(path: path, descriptorLinks: descriptorLinks)
        threads = try BlockingThreads(name: "files", count: max(1, maxConcurrent))
        self.clock = clock
    }

    /// Whether there is anything at the path. What cannot be looked at, the first call will tell.
    package static func isThere(path: String) -> Bool { access(path, F_OK) == 0 || errno != ENOENT }

    package func create(
        _ name: String, content: ByteRope, contentType: String
    ) async throws(Failure) -> CreateOutcome {
        try check(name)
        return try await threads.attempt { [files] () throws(Failure) in try files.create(name, content) }
    }

    package func replace(
        _ name: String, content: ByteRope, contentType: String, ifGeneration generation: Int64?
    ) async throws(Failure) -> ReplaceOutcome {
        try check(name)
        return try await threads.attempt { [files] () throws(Failure) in
            try files.replace(name, content, ifGeneration: generation)
        }
    }

    package func upload(
        _ name: String, contentType: String, ifGeneration generation: Int64?
    ) async throws(Failure) -> any ObjectUpload {
        try check(name)
        let draft = try await threads.attempt { [files] () throws(Failure) in try files.draft() }
        return FileUpload(name: name, ifGeneration: generation, draft: draft, files: files, threads: threads)
    }

    package func remove(_ name: String, ifGeneration generation: Int64) async throws(Failure) -> Bool {
        try check(name)
        return try await threads.attempt { [files] () throws(Failure) in
            try files.remove(name, ifGeneration: generation)
        }
    }

    package func read(_ name: String, limit: Int) async throws(Failure) -> (info: ObjectInfo, bytes: [UInt8])? {
        try check(name)
        let result = try await threads.attempt { [files] () throws(Failure) -> StoreDirectory.Content? in
            try files.read(name, limit: limit)
        }
        return result.map { ($0.info, $0.bytes) }
    }

    package func read(_ object: ObjectInfo, range: Range<Int64>) async throws(Failure) -> [UInt8]? {
        try check(object.name)
        return try await threads.attempt { [files] () throws(Failure) in try files.read(object, range: range) }
    }

    package func info(_ name: String) async throws(Failure) -> ObjectInfo? {
        try check(name)
        return try await threads.attempt { [files] () throws(Failure) in try files.info(name) }
    }

    package func list(
        prefix: String, from start: String?, delimiter: Character?
    ) async throws(Failure) -> ObjectListing {
        try await threads.attempt { [files] () throws(Failure) in
            var walk = DirectoryWalk(files, prefix: prefix, from: start, delimiter: delimiter)
            return try walk.run()
        }
    }

    package func now() async throws(Failure) -> Milliseconds { clock.now() }

    private func check(_ name: String) throws(Failure) {
        try checkName(name, in: location)
        if name == StoreDirectory.hidden || name.hasPrefix(StoreDirectory.hidden + "/") {
            throw Failure(.failure, "\(location): names below \(StoreDirectory.hidden) belong to the store itself")
        }
    }
}
