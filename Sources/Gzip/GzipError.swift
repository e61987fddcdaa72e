package import Support

/// What can be wrong with compressing or with compressed bytes. Offsets are of the compressed stream, and near the fault.
package enum GzipError: Error, Hashable, Sendable {
    /// The library did not get the memory for its state.
    case outOfMemory
    /// A member of more raw bytes than the libraries count (2^32 - 1).
    case memberTooLarge
    /// The library refused to compress; its status.
    case refused(Int32)
    /// The stream does not begin with a gzip header.
    case notGzip
    /// A member is invalid, or its checksum or size is not that of its content.
    case damaged(offset: Int)
    /// The stream ends inside a member, or has none.
    case truncated(offset: Int)
    /// Bytes that are not a member follow the last member.
    case trailingGarbage(offset: Int)

    /// What the user is told.
    /// - Parameter name: of the object that was read or written.
    package func failure(_ name: String) -> Failure {
        switch self {
        case .outOfMemory: Failure(.failure, "no memory for the gzip state of \(name)")
        case .memberTooLarge: Failure(.failure, "a gzip member of \(name) would have 4 GiB or more")
        case .refused(let status): Failure(.failure, "compressing \(name) failed with status \(status)")
        case .notGzip: Failure(.protocolError, "\(name) is not a gzip file")
        case .damaged(let offset): Failure(.protocolError, "\(name) is damaged near byte \(offset)")
        case .truncated(let offset): Failure(.protocolError, "\(name) ends inside a gzip member, after byte \(offset)")
        case .trailingGarbage(let offset):
            Failure(.protocolError, "\(name) has bytes that are not gzip after its last member, from byte \(offset)")
        }
    }
}
