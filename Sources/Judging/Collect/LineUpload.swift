package import Bytes
package import Gzip
internal import Interactions
package import ObjectStorage
package import Support

/// Lines on their way into one stored object, which begins with the first of them: without a line there is no object. One
/// thread at a time.
package final class LineUpload {
    /// Bytes of lines that are sent, or compressed into one gzip member, at once.
    private static let pieceBytes = 256 << 10

    package let name: String
    package private(set) var lines = 0
    /// Of the lines, with their line feeds.
    package private(set) var bytes: Int64 = 0
    private var crc = CRC32C()
    private let store: any ObjectStore
    private let generation: Int64?
    private let gzip: GzipWriter?
    private let pending = ByteBuffer()
    private let rope = RopeWriter(pool: BlockPool())
    private var upload: (any ObjectUpload)?

    /// - Parameters:
    ///   - gzip: nil for an object that is not compressed.
    ///   - generation: the object to put it in place of; nil: the name has to be free, or hold this already.
    package init(
        _ name: String, in store: any ObjectStore, gzip: GzipSettings?, ifGeneration generation: Int64? = nil
    ) throws(Failure) {
        (self.name, self.store, self.generation) = (name, store, generation)
        do { self.gzip = try gzip.map { settings throws(GzipError) in try GzipWriter(settings) } } catch {
            throw error.failure(name)
        }
    }

    /// CRC-32C of the lines, with their line feeds; of the object, if it is not compressed.
    package var checksum: UInt32 { crc.value }

    /// Adds a line.
    /// - Parameter write: appends it, without a line feed.
    package func append(_ write: (ByteBuffer) -> Void) {
        let start = pending.count
        write(pending)
        pending.append(UInt8(ascii: "\n"))
        crc.update(UnsafeRawBufferPointer(rebasing: pending.bytes[start...]))
        lines += 1
        bytes += Int64(pending.count - start)
    }

    /// Sends what has come together, if it is enough to be worth it. To be called every few hundred kilobytes.
    package func flush() async throws(Failure) {
        if pending.count >= Self.pieceBytes { try await send() }
    }

    /// nil: there was no line, and there is no object.
    package func finish() async throws(Failure) -> UploadOutcome? {
        if pending.count > 0 { try await send() }
        guard let upload else { return nil }
        return try await upload.finish()
    }

    /// Leaves nothing.
    package func cancel() async { await upload?.cancel() }

    private func send() async throws(Failure) {
        if let gzip {
            do { try gzip.appendMember(of: pending.bytes, to: rope) } catch { throw error.failure(name) }
        } else {
            rope.append(pending.bytes)
        }
        pending.removeAll(keepingCapacity: 4 * Self.pieceBytes)
        if upload == nil {
            upload = try await store.upload(
                name, contentType: gzip == nil ? jsonLinesType : gzipType, ifGeneration: generation)
        }
        try await upload?.append(rope.finish())
    }
}
