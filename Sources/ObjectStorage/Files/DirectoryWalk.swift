import Glibc
internal import Support

/// Lists a store's directory in the order of names' UTF-8 bytes, and skips the directories that cannot matter.
struct DirectoryWalk {
    private let files: StoreDirectory
    private let prefix: String
    private let start: String?
    private let delimiter: Character?
    private var fold: ListingFold

    init(_ files: StoreDirectory, prefix: String, from start: String?, delimiter: Character?) {
        (self.files, self.prefix, self.start, self.delimiter) = (files, prefix, start, delimiter)
        fold = ListingFold(prefix: prefix, from: start, delimiter: delimiter)
    }

    mutating func run() throws(Failure) -> ObjectListing {
        try walk("")
        return fold.listing
    }

    /// - Parameter directory: relative to the root; empty, or with a slash at its end.
    private mutating func walk(_ directory: String) throws(Failure) {
        let before = count
        for entry in try entries(directory) {
            if !entry.hasSuffix("/") {
                try add(directory + entry)
            } else if canHold(directory + entry) {
                try walk(directory + entry)
            }
            if isFolded(directory), count > before { return }
        }
    }

    private var count: Int { fold.listing.objects.count + fold.listing.prefixes.count }

    /// Whether all names in a directory fold into one prefix, so that one of them is enough.
    private func isFolded(_ directory: String) -> Bool {
        delimiter == "/" && directory.utf8.count > prefix.utf8.count
    }

    /// Whether a directory may hold names that are asked for.
    private func canHold(_ directory: String) -> Bool {
        let isOnTheWay = directory.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: directory.utf8)
        guard let start, isOnTheWay else { return isOnTheWay }
        return !isBefore(directory, start) || start.utf8.starts(with: directory.utf8)
    }

    private mutating func add(_ name: String) throws(Failure) {
        guard name.utf8.starts(with: prefix.utf8) else { return }
        var status = stat()
        guard lstat(files.path(name), &status) == 0 else {
            if errno == ENOENT { return }
            throw systemFailure("look at", files.path(name))
        }
        guard status.isRegular else { return }
        fold.add(ObjectInfo(name: name, size: Int64(status.st_size), generation: status.generation, crc32c: nil))
    }

    /// Names of files, and of directories with a slash at their end, so that they sort as the names below them do.
    private func entries(_ directory: String) throws(Failure) -> [String] {
        let path = files.path(directory)
        guard let open = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw systemFailure("list", path)
        }
        defer { closedir(open) }
        var names: [String] = []
        while let entry = readdir(open) {
            let name = entryName(entry)
            guard name != ".", name != "..", !(directory.isEmpty && name == StoreDirectory.hidden) else { continue }
            var type = Int32(entry.pointee.d_type)
            if type == 0 { type = try kind(of: path + name) }  // DT_UNKNOWN: some file systems do not say
            if type == 4 { names.append(name + "/") }
            if type == 8 { names.append(name) }
        }
        return names.sorted(by: isBefore)
    }

    private func kind(of path: String) throws(Failure) -> Int32 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        return status.isDirectory ? 4 : status.isRegular ? 8 : 0
    }
}
