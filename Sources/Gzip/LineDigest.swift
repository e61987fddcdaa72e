package import Bytes

/// What identifies the lines of a file whatever compressed it: how many they are, their bytes and their checksum.
package struct LineDigest: Hashable, Sendable {
    /// Ends of lines seen.
    package private(set) var lines = 0
    /// Bytes with the line ends.
    package private(set) var bytes = 0
    private var checksum = CRC32C()

    package init() {}

    /// CRC-32C of the bytes.
    package var crc32c: UInt32 { checksum.value }

    package mutating func update(_ raw: UnsafeRawBufferPointer) {
        lines += raw.count { $0 == UInt8(ascii: "\n") }
        bytes += raw.count
        checksum.update(raw)
    }

    /// Of the lines in a gzip file that is in memory.
    /// - Throws: `GzipError` when it is not a whole gzip file.
    package init(gzip file: ByteRope) throws {
        let digester = GzipLineDigester()
        for block in file.blocks { try digester.feed(block.bytes) }
        self = try digester.finish()
    }
}

/// The digest of the lines in a gzip stream that comes in pieces. Memory does not depend on the stream. Not Sendable.
package final class GzipLineDigester {
    private let reader: GzipReader
    private var digest = LineDigest()

    package init() { reader = GzipReader() }

    /// - Throws: `GzipError`; then the digester is of no use.
    package func feed(_ compressed: UnsafeRawBufferPointer) throws {
        try reader.feed(compressed) { digest.update($0) }
    }

    /// - Throws: `GzipError.truncated` unless the stream ended with a member.
    package func finish() throws(GzipError) -> LineDigest {
        try reader.finish()
        return digest
    }
}
