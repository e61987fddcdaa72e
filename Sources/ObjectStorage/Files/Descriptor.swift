internal import Bytes
import Glibc
internal import Support

/// An open file or directory, closed with its last reference. Errors name its path.
final class Descriptor: Sendable {
    let number: Int32
    let path: String

    private init(_ number: Int32, _ path: String) { (self.number, self.path) = (number, path) }

    deinit { close(number) }

    /// nil when there is no such file.
    static func open(_ path: String, _ flags: Int32) throws(Failure) -> Descriptor? {
        let number = Glibc.open(path, flags | O_CLOEXEC)
        if number >= 0 { return Descriptor(number, path) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw systemFailure("open", path)
    }

    static func create(_ path: String, _ flags: Int32) throws(Failure) -> Descriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw systemFailure("create", path) }
        return Descriptor(number, path)
    }

    /// A file without a name, which a crash leaves nothing of; nil where the file system has none.
    static func createUnnamed(in directory: String) throws(Failure) -> Descriptor? {
        let temporary: Int32 = 0o20_000_000 | O_DIRECTORY  // O_TMPFILE, a macro that Swift does not see
        let number = Glibc.open(directory, temporary | O_RDWR | O_CLOEXEC, 0o644)
        if number >= 0 { return Descriptor(number, directory) }
        if errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL { return nil }
        throw systemFailure("create a file in", directory)
    }

    func status() throws(Failure) -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw systemFailure("look at", path) }
        return status
    }

    func write(_ content: ByteRope) throws(Failure) {
        for block in content.blocks {
            var rest = block.bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                guard written >= 0 else { throw systemFailure("write", path) }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// Up to `count` bytes; fewer only at the end.
    func read(at offset: Int64, count: Int) throws(Failure) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(number, buffer.baseAddress.map { $0 + filled }, count - filled, Int(offset) + filled)
                if got < 0 && errno == EINTR { continue }
                failed = got < 0
                if got <= 0 { break }
                filled += got
            }
        }
        if failed { throw systemFailure("read", path) }
        return bytes
    }

    func sync() throws(Failure) {
        guard fsync(number) == 0 else { throw systemFailure("sync", path) }
    }

    /// - Returns: whether the lock was free.
    func tryLock() throws(Failure) -> Bool {
        if flock(number, LOCK_EX | LOCK_NB) == 0 { return true }
        if errno == EWOULDBLOCK || errno == EINTR { return false }
        throw systemFailure("lock", path)
    }
}

/// What `errno` means to the user. To be called right after the call that failed.
func systemFailure(_ verb: String, _ path: String, _ error: Int32 = errno) -> Failure {
    let message = "cannot \(verb) \(path): \(systemMessage(error))"
    switch error {
    case ENOSPC, EDQUOT, EFBIG, EROFS:
        return Failure(.cannotCreate, message, remedy: "make room, or choose another directory, and run again")
    case EACCES, EPERM:
        return Failure(.noPermission, message, remedy: "let this user write there")
    case ENOENT, ENOTDIR, EISDIR, EEXIST, ENAMETOOLONG, ELOOP:  // ENOENT: /proc and its like make no directories
        return Failure(.cannotCreate, message, remedy: "choose another directory")
    default:
        return Failure(.unavailable, message)
    }
}

extension stat {
    /// Nanoseconds since 1970.
    var generation: Int64 { Int64(st_mtim.tv_sec) * 1_000_000_000 + Int64(st_mtim.tv_nsec) }
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
}
