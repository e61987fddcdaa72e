import Synchronization

/// A fixed-size piece of memory that returns to its pool when the last reference goes.
///
/// `@unchecked Sendable`: the one who took it from the pool writes it alone until it is put into a `ByteRope`;
/// from then on nobody writes.
package final class ByteBlock: @unchecked Sendable {
    package let memory: UnsafeMutableRawBufferPointer
    /// How many bytes are filled.
    package var count = 0
    private let pool: BlockPool

    fileprivate init(memory: UnsafeMutableRawBufferPointer, pool: BlockPool) {
        self.memory = memory
        self.pool = pool
    }

    deinit { pool.give(back: memory) }

    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])
    }
    package var free: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[count...]) }
}

/// Blocks of one size, kept for use again so that memory does not grow by fragmentation.
package final class BlockPool: Sendable {
    package let blockSize: Int
    private let kept: Mutex<[UInt]> = Mutex([])

    /// - Parameter blockSize: bytes of each block.
    package init(blockSize: Int = 64 * 1024) { self.blockSize = blockSize }

    deinit {
        kept.withLock { addresses in
            for address in addresses { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
        }
    }

    package func take() -> ByteBlock {
        let address = kept.withLock { $0.popLast() }
        let start =
            address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
            ?? UnsafeMutableRawPointer.allocate(byteCount: blockSize, alignment: 64)
        return ByteBlock(memory: UnsafeMutableRawBufferPointer(start: start, count: blockSize), pool: self)
    }

    fileprivate func give(back memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress else { return }
        kept.withLock { $0.append(UInt(bitPattern: start)) }
    }
}
