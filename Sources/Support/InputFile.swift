import Glibc

/// Reads a file that the user named: all of it, if it is no larger than it may be.
/// - Parameters:
///   - what: "prompt", "price file", … for the message.
///   - setting: that names it.
/// - Throws: `Failure(.usage)` with the path.
package func readFile(_ path: String, limit: Int, what: String, setting: Setting? = nil) throws(Failure) -> [UInt8] {
    func failure(_ problem: String) -> Failure {
        var remedy = "name a file that can be read"
        if let setting {
            remedy += " by \(setting.bothNames)"
            if let standard = setting.standard {
                remedy +=
                    "; without it, \(standard) is looked for in the current directory and in "
                    + ShippedFile.programFolder
            }
        }
        return Failure(.usage, "the \(what) \(printable(path)) \(problem)", remedy: remedy)
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
