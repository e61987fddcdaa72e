package import Bytes

/// Compresses buffers into gzip members (RFC 1952). The members of one rope, one after another, are a gzip file.
///
/// Owns the state of one compressor (about 0.6 MB for ISA-L, 0.3 MB for zlib), which serves any number of ropes.
/// Not Sendable: one per thread. The same settings and raw bytes always give the same member.
package final class GzipWriter {
    package let settings: GzipSettings
    private let deflater: any Deflater

    /// - Throws: `GzipError.outOfMemory`.
    package init(_ settings: GzipSettings = GzipSettings()) throws(GzipError) {
        self.settings = settings
        deflater =
            switch settings.engine {
            case .isal: IsalDeflater(level: settings.level)
            case .zlib: try ZlibDeflater(level: settings.level)
            }
    }

    /// Adds one member with all of `raw`: no name, no time. After an error the rope holds part of a member: drop it.
    package func appendMember(of raw: UnsafeRawBufferPointer, to rope: RopeWriter) throws(GzipError) {
        guard raw.count <= UInt32.max else { throw .memberTooLarge }
        try deflater.appendMember(of: raw, to: rope)
    }
}

/// The compressor of one library.
protocol Deflater: AnyObject {
    /// - Parameter raw: fewer than 2^32 bytes.
    func appendMember(of raw: UnsafeRawBufferPointer, to rope: RopeWriter) throws(GzipError)
}
