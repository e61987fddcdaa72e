import Glibc

/// Writes a file that the user named, or puts it in place of what was there: whoever reads it sees one of the two, whole.
/// A device or a pipe is written to: it is not ours to replace.
/// - Parameter what: "metrics file", … for the message.
/// - Throws: `Failure(.cannotCreate)` with the path.
package func writeFile(_ path: String, _ content: [UInt8], what: String) throws(Failure) {
    func failure(_ problem: String) -> Failure {
        Failure(
            .cannotCreate, "the \(what) \(printable(path)) \(problem): \(systemMessage(errno))",
            remedy: "name a file in a directory that can be written")
    }
    var status = stat()
    let isThere = stat(path, &status) == 0
    guard !isThere || [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("cannot be opened") }
        defer { close(file) }
        guard write(content, to: file) else { throw failure("cannot be written") }
        return
    }
    // Not the link to it. And beside it: a rename works only within a file system.
    let path = resolved(path)
    let temporary = "\(path).\(getpid()).tmp"
    unlink(temporary)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure("cannot be created") }
    guard write(content, to: file), fsync(file) == 0 else {
        let problem = failure("cannot be written")
        close(file)
        unlink(temporary)
        throw problem
    }
    close(file)
    guard rename(temporary, path) == 0 else {
        let problem = failure("cannot be put in place")
        unlink(temporary)
        throw problem
    }
}

extension SettingsReader {
    /// The path of a file for `writeFile`, which is not made yet. Where it could not be written is told now, before any work.
    package mutating func outputPath(_ setting: Setting) -> String? {
        optionalValue(setting, expected: "a file in a directory that is there and can be written") { path in
            var status = stat()
            let kind = stat(path, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
            guard kind != S_IFDIR, !path.isEmpty, !path.hasSuffix("/") else { return nil }
            guard kind == S_IFREG else { return access(path, W_OK) == 0 ? path : nil }
            // What is there is replaced, which is up to its directory.
            let file = resolved(path)
            let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
            return access(folder, W_OK | X_OK) == 0 ? path : nil
        }
    }
}

/// The file that links lead to; the path itself where there is none yet.
private func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
}

/// - Returns: false, with `errno`, when not all was written.
private func write(_ content: [UInt8], to file: Int32) -> Bool {
    var written = 0
    while written < content.count {
        let count = content.withUnsafeBytes {
            Glibc.write(file, $0.baseAddress.map { $0 + written }, $0.count - written)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
    }
    return true
}
