import Bytes
package import Gzip
import Interactions
import Support

/// The memory that all chunks of a run share, and the one compressor: open files own only their blocks.
package final class ChunkMemory {
    /// Raw lines gather in blocks of this size; a full one becomes a gzip member.
    package static let rawBlockSize = 128 * 1024
    /// Compressed bytes gather in blocks of this size.
    package static let compressedBlockSize = 16 * 1024

    let rawBlocks = BlockPool(blockSize: ChunkMemory.rawBlockSize)
    let compressedBlocks = BlockPool(blockSize: ChunkMemory.compressedBlockSize)
    let gzip: GzipWriter
    /// Where a line is made before it is known which file it belongs into.
    let line = ByteBuffer(capacity: 64 * 1024)

    /// - Throws: `GzipError.outOfMemory`.
    package init(gzip settings: GzipSettings) throws(GzipError) { gzip = try GzipWriter(settings) }
}

/// The lines of one file that is being filled: raw ones until a block is full, then compressed.
final class FileBuffer {
    let kind: FileKind
    let hour: Hour
    private let memory: ChunkMemory
    private let rope: RopeWriter
    private var raw: ByteBlock?
    private var checksum = CRC32C()
    private(set) var records = 0
    private(set) var lineBytes: Int64 = 0
    private var offsets = OffsetRange(0, 0)
    private var times: ClosedRange<Milliseconds> = 0...0

    init(kind: FileKind, hour: Hour, memory: ChunkMemory) {
        (self.kind, self.hour, self.memory) = (kind, hour, memory)
        rope = RopeWriter(pool: memory.compressedBlocks)
    }

    var rawBytesHeld: Int { raw == nil ? 0 : ChunkMemory.rawBlockSize }
    var bytesHeld: Int { rawBytesHeld + rope.bytesHeld }
    var compressedBytes: Int { rope.count }

    func append(_ line: UnsafeRawBufferPointer, offset: Int64, time: Milliseconds) throws(GzipError) {
        if records == 0 {
            offsets = OffsetRange(offset, offset)
            times = time...time
        }
        offsets.end = offset
        if time < times.lowerBound { times = time...times.upperBound }
        if time > times.upperBound { times = times.lowerBound...time }
        records += 1
        lineBytes += Int64(line.count)
        if let block = raw, line.count > block.free.count { try compress() }
        if line.count > ChunkMemory.rawBlockSize {
            try appendMember(line)
        } else {
            let block = raw ?? memory.rawBlocks.take()
            raw = block
            block.free.copyMemory(from: line)
            block.count += line.count
        }
    }

    /// Turns the raw lines into a gzip member and gives their block back.
    func compress() throws(GzipError) {
        guard let block = raw else { return }
        raw = nil
        try appendMember(block.bytes)
    }

    /// - Parameter name: known only now, because it tells where the chunk ends.
    func finish(name: String) throws(GzipError) -> (file: PlannedFile, content: ByteRope) {
        try compress()
        let file = PlannedFile(
            name: name, kind: kind, hour: hour, records: records, firstOffset: offsets.start, lastOffset: offsets.end,
            eventTimeMinMs: times.lowerBound, eventTimeMaxMs: times.upperBound, lineBytes: lineBytes,
            crc32c: checksum.value)
        return (file, rope.finish())
    }

    private func appendMember(_ lines: UnsafeRawBufferPointer) throws(GzipError) {
        checksum.update(lines)
        try memory.gzip.appendMember(of: lines, to: rope)
    }
}
