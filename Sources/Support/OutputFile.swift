import Glibc

/// Writes a file that the user named, or puts it in place of what was there: whoever reads it sees one of the two, whole.
/// - Parameter what: "metrics file", … for the message.
/// - Throws: `Failure(.cannotCreate)` with the path.
package func writeFile(_ path: String, _ content: [UInt8], what: String) throws(Failure) {
    func failure(_ problem: String) -> Failure {
        Failure(
            .cannotCreate, "the \(what) \(printable(path)) \(problem): \(systemMessage(errno))",
            remedy: "name a file in a directory that can be written")
    }
    // Beside it: a rename works only within a file system.
    let temporary = "\(path).\(getpid()).tmp"
    unlink(temporary)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure("cannot be created") }
    var written = 0
    while written < content.count {
        let count = content.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        written += count
    }
    guard written == content.count, fsync(file) == 0 else {
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
