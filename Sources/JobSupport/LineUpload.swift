package import Bytes
package import Gzip
internal import Interactions
package import ObjectStorage
package import Support

/// Lines on their way into one stored object, in a memory that does not depend on their number. The object begins with the first of
/// them: without a line there is none. One thread at a time.
///
/// The same lines make the same bytes, whenever `flush` is called: so who is killed may do it again under the same name.
package final class LineUpload {
    /// Lines that are compressed into one gzip member have so many bytes at least, but for the last.
    private static let pieceBytes = 256 << 10
    /// Linux takes writes of so many bytes best: four times as large ones cost it up to five times as much.
    private static let blockBytes = 256 << 10
    /// Lines that are not compressed are sent in so many bytes at least, but for the last.
    private static let sendBytes = 1 << 20

    package let name: String
    // No access to these lasts longer than its statement, so the run-time check would only cost time.
    @exclusivity(unchecked) package private(set) var lines = 0
    /// Of the lines, with their line feeds.
    @exclusivity(unchecked) package private(set) var bytes: Int64 = 0
    @exclusivity(unchecked) private var crc = CRC32C()
    private let store: any ObjectStore
    private let generation: Int64?
    private let gzip: GzipWriter?
    /// Lines that are not compressed yet; of those that never are, the one that is written just now.
    @exclusivity(unchecked) private var pending = ByteBuffer()
    private var spare = ByteBuffer()
    /// Where pieces end in `pending`.
    private var ends: [Int] = []
    private let rope = RopeWriter(pool: BlockPool(blockSize: LineUpload.blockBytes))
    private var upload: (any ObjectUpload)?

    private init(_ name: String, _ store: any ObjectStore, _ gzip: GzipWriter?, _ generation: Int64?) {
        (self.name, self.store, self.gzip, self.generation) = (name, store, gzip, generation)
    }

    /// - Parameter generation: the object to put it in place of; nil: the name has to be free, or hold this already.
    package convenience init(
        _ name: String, in store: any ObjectStore, gzip: GzipSettings, ifGeneration generation: Int64? = nil
    ) throws(Failure) {
        let writer: GzipWriter
        do { writer = try GzipWriter(gzip) } catch { throw error.failure(name) }
        self.init(name, store, writer, generation)
    }

    /// Of an object that is not compressed.
    package convenience init(plain name: String, in store: any ObjectStore, ifGeneration generation: Int64? = nil) {
        self.init(name, store, nil, generation)
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
        if gzip == nil {
            rope.append(pending.bytes)
            pending.removeAll(keepingCapacity: Self.pieceBytes)
        } else if pending.count - (ends.last ?? 0) >= Self.pieceBytes {
            ends.append(pending.count)
        }
    }

    /// Sends what has come together, if it is enough to be worth it. To be called every few hundred kilobytes.
    package func flush() async throws(Failure) {
        if !ends.isEmpty || rope.count >= Self.sendBytes { try await send() }
    }

    /// - Parameter keepsEmpty: an object without lines is made, too; compressed, it is a gzip file all the same.
    /// - Returns: nil: there was no line, and there is no object.
    package func finish(keepsEmpty: Bool = false) async throws(Failure) -> UploadOutcome? {
        if pending.count > ends.last ?? 0 || (keepsEmpty && lines == 0) { ends.append(pending.count) }
        if !ends.isEmpty || rope.count > 0 { try await send() }
        guard let upload else { return nil }
        return try await upload.finish()
    }

    /// Leaves nothing, not even in memory.
    package func cancel() async {
        pending.removeAll(keepingCapacity: 0)
        spare.removeAll(keepingCapacity: 0)
        ends = []
        _ = rope.finish()
        await upload?.cancel()
    }

    private func send() async throws(Failure) {
        if let gzip { try compress(gzip) }
        ends = []
        if upload == nil {
            upload = try await store.upload(
                name, contentType: gzip == nil ? jsonLinesType : gzipType, ifGeneration: generation)
        }
        try await upload?.append(rope.finish())
    }

    /// The pieces that have ended.
    private func compress(_ gzip: GzipWriter) throws(Failure) {
        var start = 0
        for end in ends {
            let piece = UnsafeRawBufferPointer(rebasing: pending.bytes[start..<end])
            do { try gzip.appendMember(of: piece, to: rope) } catch { throw error.failure(name) }
            start = end
        }
        spare.append(UnsafeRawBufferPointer(rebasing: pending.bytes[start...]))
        swap(&pending, &spare)
        spare.removeAll(keepingCapacity: 4 * Self.pieceBytes)
    }
}
