import Glibc
internal import Support
import Synchronization

/// A file that is being written. It has no name where the file system can do that, and else one in the hidden directory, which
/// goes with this object or, after a crash, with the next `sweep`.
final class TemporaryFile: Sendable {
    let file: Descriptor
    private let directory: String
    private let descriptorLinks: String
    private let name: Mutex<String?>

    /// - Parameter descriptorLinks: `/proc/self/fd`. Where it is not mounted, the file has a name from the start: to
    ///   give it one later, without that, takes a capability (linkat's AT_EMPTY_PATH).
    init(in directory: String, descriptorLinks: String) throws(Failure) {
        (self.directory, self.descriptorLinks) = (directory, descriptorLinks)
        if access(descriptorLinks, X_OK) == 0, let unnamed = try Descriptor.createUnnamed(in: directory) {
            file = unnamed
            name = Mutex(nil)
        } else {
            let name = TemporaryFile.freshName(in: directory)
            file = try Descriptor.create(name, O_RDWR | O_CREAT | O_EXCL)
            self.name = Mutex(name)
        }
        _ = try file.tryLock()  // tells `sweep` that its writer lives
    }

    deinit {
        if let name = name.withLock({ $0 }) { unlink(name) }
    }

    /// Gives the file its name, unless that is taken.
    func link(to path: String) throws(Failure) -> Bool {
        let result =
            if let name = name.withLock({ $0 }) {
                linkat(AT_FDCWD, name, AT_FDCWD, path, 0)
            } else {
                linkat(AT_FDCWD, "\(descriptorLinks)/\(file.number)", AT_FDCWD, path, AT_SYMLINK_FOLLOW)
            }
        if result == 0 { return true }
        if errno == EEXIST { return false }
        throw systemFailure("link", path)
    }

    /// Gives the file its name, which now means this one.
    func rename(to path: String) throws(Failure) {
        let current: String
        if let name = name.withLock({ $0 }) {
            current = name
        } else {
            current = TemporaryFile.freshName(in: directory)
            guard try link(to: current) else { throw systemFailure("link", current, EEXIST) }
            name.withLock { $0 = current }
        }
        guard Glibc.rename(current, path) == 0 else { throw systemFailure("replace", path) }
        name.withLock { $0 = nil }
    }

    private static func freshName(in directory: String) -> String {
        "\(directory)/new-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    }

    /// Removes what writers left that died: what nobody holds locked. Young files stay: theirs may be about to lock it.
    static func sweep(_ directory: String, now: Int = time(nil)) {
        guard let entries = opendir(directory) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = entryName(entry)
            let path = "\(directory)/\(name)"
            guard name.hasPrefix("new-"), let found = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW),
                let status = try? found.status(), now - status.st_ctim.tv_sec > 60, (try? found.tryLock()) == true
            else { continue }
            unlink(path)
        }
    }
}

extension Descriptor {
    /// Moves the modification time, which is the generation, to now, and in any case past the one before.
    func setGeneration(after previous: Int64) throws(Failure) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let current = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        // Where a file system keeps whole or even seconds only, one nanosecond more is lost.
        for candidate in [max(current, previous + 1), previous + 1_000_000_000, previous + 2_000_000_000] {
            let time = timespec(tv_sec: Int(candidate / 1_000_000_000), tv_nsec: Int(candidate % 1_000_000_000))
            guard futimens(number, [time, time]) == 0 else { throw systemFailure("set the time of", path) }
            if try status().generation > previous { return }
        }
        throw Failure(.cannotCreate, "\(path): the file system does not keep modification times")
    }
}

/// The name in a directory entry.
func entryName(_ entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
            String(cString: $0)
        }
    }
}
