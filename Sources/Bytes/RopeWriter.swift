/// Fills blocks of a pool, one after another, and hands them out as a rope.
///
/// A class, since a copy would write the same block; not Sendable: one thread fills it.
package final class RopeWriter {
    private let pool: BlockPool
    // One thread, and `fill` writes to a block, not to these: the run-time check would only cost time.
    @exclusivity(unchecked) private var closed = ByteRope()
    @exclusivity(unchecked) private var open: ByteBlock?

    package init(pool: BlockPool) { self.pool = pool }

    /// Bytes written since the start or the last `finish()`.
    package var count: Int { closed.count + (open?.count ?? 0) }

    /// Bytes of memory taken from the pool: whole blocks, so with what is not yet filled of the last one.
    package var bytesHeld: Int { (closed.blocks.count + (open == nil ? 0 : 1)) * pool.blockSize }

    /// Lets `body` write to free memory, which is never empty.
    /// - Parameter body: returns how many bytes it wrote, from the start of the memory.
    package func fill<Problem: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(Problem) -> Int) throws(Problem) {
        let block = open ?? pool.take()
        open = block
        let written = try body(block.free)
        precondition(written >= 0 && written <= block.free.count, "more bytes than the memory holds")
        block.count += written
        if block.free.isEmpty {
            closed.append(block)
            open = nil
        }
    }

    package func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            fill { free in
                let piece = rest.prefix(free.count)
                free.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
                rest = rest.dropFirst(piece.count)
                return piece.count
            }
        }
    }

    /// Everything written; the writer is empty afterwards.
    package func finish() -> ByteRope {
        var rope = closed
        if let open, open.count > 0 { rope.append(open) }
        closed = ByteRope()
        open = nil
        return rope
    }
}
