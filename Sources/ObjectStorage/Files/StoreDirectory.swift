internal import Bytes
import Glibc
internal import Support
import Synchronization

/// The system calls of `FileStore`. All block.
final class StoreDirectory: Sendable {
    struct Content: Sendable {
        var info: ObjectInfo
        var bytes: [UInt8]
    }

    /// Holds what is not an object: the lock, and files that do not have their name yet.
    static let hidden = ".store"
    /// Milliseconds.
    private static let lockPatience = 30_000

    let root: String
    private let descriptorLinks: String
    /// Directories whose own entry is known to be synced; saves a call for each write.
    private let synced = Mutex<Set<String>>([])
    private let isSwept = Mutex(false)

    init(path: String, descriptorLinks: String) {
        self.descriptorLinks = descriptorLinks
        root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    // MARK: - Reading

    func info(_ name: String) throws(Failure) -> ObjectInfo? {
        try openObject(name)?.1
    }

    func read(_ name: String, limit: Int) throws(Failure) -> Content? {
        guard case (let file, var info)? = try openObject(name) else { return nil }
        guard info.size <= limit else {
            throw Failure(.protocolError, "\(file.path) holds \(info.size) bytes, more than the \(limit) that it may")
        }
        let bytes = try file.read(at: 0, count: Int(info.size))
        info.crc32c = CRC32C.of(bytes)
        return Content(info: info, bytes: bytes)
    }

    func read(_ object: ObjectInfo, range: Range<Int64>) throws(Failure) -> [UInt8]? {
        guard let (file, info) = try openObject(object.name), info.generation == object.generation else { return nil }
        let range = range.clamped(to: 0..<info.size)
        return try file.read(at: range.lowerBound, count: range.count)
    }

    private func openObject(_ name: String) throws(Failure) -> (Descriptor, ObjectInfo)? {
        guard let file = try Descriptor.open(path(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return nil }
        let status = try file.status()
        guard status.isRegular else { return nil }
        return (file, ObjectInfo(name: name, size: Int64(status.st_size), generation: status.generation, crc32c: nil))
    }

    // MARK: - Writing

    func create(_ name: String, _ content: ByteRope) throws(Failure) -> CreateOutcome {
        if let (_, info) = try openObject(name), info.size != Int64(content.count) { return .taken(info) }
        return try publish(try draft(content), as: name)
    }

    func replace(
        _ name: String, _ content: ByteRope, ifGeneration generation: Int64?
    ) throws(Failure) -> ReplaceOutcome {
        let draft = try draft(content)
        if let generation { return try publish(draft, as: name, replacing: generation) }
        return try link(draft, to: name).map { .replaced($0) } ?? .changed
    }

    /// Gives a written file its name, if that is free.
    func publish(_ draft: FileDraft, as name: String) throws(Failure) -> CreateOutcome {
        if let info = try link(draft, to: name) { return .created(info) }
        guard let (file, info) = try openObject(name) else {
            throw Failure(.cannotCreate, "\(path(name)) is in the way: not a regular file")
        }
        guard info.size == draft.size, try draft.isContent(of: file) else { return .taken(info) }
        // Its writer may have died before it synced.
        try file.sync()
        try syncDirectories(of: name)
        return .created(draft.info(name, info.generation))
    }

    /// Gives a written file its name, if the one that has it is still this.
    func publish(_ draft: FileDraft, as name: String, replacing generation: Int64) throws(Failure) -> ReplaceOutcome {
        try draft.file.sync()  // most of the work, before anyone has to wait
        try makeDirectories(for: name)
        let lock = try takeLock()
        guard try info(name)?.generation == generation else { return .changed }
        try draft.file.setGeneration(after: generation)
        try draft.file.sync()
        try draft.temporary.rename(to: path(name))
        withExtendedLifetime(lock) {}
        try syncDirectories(of: name)
        return .replaced(draft.info(name, try draft.file.status().generation))
    }

    /// nil when the name is taken.
    private func link(_ draft: FileDraft, to name: String) throws(Failure) -> ObjectInfo? {
        try draft.file.sync()
        try makeDirectories(for: name)
        guard try draft.temporary.link(to: path(name)) else { return nil }
        try syncDirectories(of: name)
        return draft.info(name, try draft.file.status().generation)
    }

    func remove(_ name: String, ifGeneration generation: Int64) throws(Failure) -> Bool {
        guard try info(name) != nil else { return true }
        let lock = try takeLock()
        guard let found = try info(name) else { return true }
        guard found.generation == generation else { return false }
        guard unlink(path(name)) == 0 || errno == ENOENT else { throw systemFailure("remove", path(name)) }
        withExtendedLifetime(lock) {}
        try syncParent(of: path(name))
        return true
    }

    private func draft(_ content: ByteRope) throws(Failure) -> FileDraft {
        var draft = try draft()
        try draft.append(content)
        return draft
    }

    /// A file for an object to be.
    func draft() throws(Failure) -> FileDraft {
        let directory = "\(root)/\(StoreDirectory.hidden)"
        try makeDirectory(directory)
        let isFirst = isSwept.withLock { swept in
            defer { swept = true }
            return !swept
        }
        if isFirst { TemporaryFile.sweep(directory) }
        return FileDraft(temporary: try TemporaryFile(in: directory, descriptorLinks: descriptorLinks))
    }

    /// One writer at a time replaces. Held by the descriptor, so a crash frees it.
    private func takeLock() throws(Failure) -> Descriptor {
        let lock = try Descriptor.create("\(root)/\(StoreDirectory.hidden)/lock", O_RDWR | O_CREAT)
        for _ in 0..<StoreDirectory.lockPatience {
            if try lock.tryLock() { return lock }
            usleep(1000)
        }
        throw Failure(
            .unavailable, "\(lock.path) is locked by another process",
            remedy: "find it with fuser, and stop it if it hangs")
    }

    // MARK: - Directories

    func path(_ name: String) -> String { "\(root)/\(name)" }

    /// The directories from the root's to the object's, outermost first.
    private func directories(of name: String) -> [String] {
        var result = [root]
        for part in name.split(separator: "/").dropLast() { result.append("\(result[result.count - 1])/\(part)") }
        return result
    }

    private func makeDirectories(for name: String) throws(Failure) {
        for directory in directories(of: name) { try makeDirectory(directory) }
    }

    /// With its parents.
    private func makeDirectory(_ path: String) throws(Failure) {
        if mkdir(path, 0o755) == 0 { return try syncParent(of: path) }
        if errno == EEXIST { return }
        let parent = parent(of: path)
        guard errno == ENOENT, parent != path else { throw systemFailure("make the directory", path) }
        try makeDirectory(parent)
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw systemFailure("make the directory", path) }
        try syncParent(of: path)
    }

    /// Makes the object's entry durable, and those of the directories that lead to it, whoever made them.
    private func syncDirectories(of name: String) throws(Failure) {
        let directories = directories(of: name)
        try sync(directories[directories.count - 1])
        for directory in directories.dropFirst().reversed() where !synced.withLock({ $0.contains(directory) }) {
            try syncParent(of: directory)
            synced.withLock { _ = $0.insert(directory) }
        }
    }

    private func syncParent(of path: String) throws(Failure) { try sync(parent(of: path)) }

    private func sync(_ directory: String) throws(Failure) {
        try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)?.sync()
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
