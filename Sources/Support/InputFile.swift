import Glibc

/// Reads a file that the user named: all of it, if it is no larger than it may be.
/// - Parameter what: "prompt", "price file", … for the message.
/// - Throws: `Failure(.usage)` with the path.
package func readFile(_ path: String, limit: Int, what: String) throws(Failure) -> [UInt8] {
    func failure(_ problem: String) -> Failure {
        Failure(.usage, "the \(what) \(printable(path)) \(problem)", remedy: "name a file that can be read")
    }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("cannot be opened: \(systemMessage(errno))") }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
        let count = read(file, &piece, piece.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw failure("cannot be read: \(systemMessage(errno))") }
        if count == 0 { return bytes }
        bytes += piece[..<count]
    }
    throw failure("is larger than \(ByteSize.text(limit))")
}
