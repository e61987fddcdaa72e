/// Bytes in one or more blocks, in order: the content of a file or of a request. A value; its blocks are never written again.
package struct ByteRope: Sendable {
    package private(set) var blocks: [ByteBlock] = []
    package private(set) var count = 0

    package init() {}

    /// A copy of the bytes, in blocks of their own.
    package init(_ bytes: some Sequence<UInt8>) {
        let content = Array(bytes)
        guard !content.isEmpty else { return }
        let block = BlockPool(blockSize: content.count).take()
        content.withUnsafeBytes { block.memory.copyMemory(from: $0) }
        block.count = content.count
        append(block)
    }

    /// Adds a filled block, which must not be written from now on.
    package mutating func append(_ block: ByteBlock) {
        blocks.append(block)
        count += block.count
    }

    /// Adds the other's blocks, which both share from now on.
    package mutating func append(contentsOf other: ByteRope) {
        for block in other.blocks { append(block) }
    }

    /// Lets go of the blocks that end before this place or at it.
    /// - Returns: how many bytes those were.
    package mutating func dropBlocks(before place: Int) -> Int {
        var dropped = 0
        let keptFrom = blocks.firstIndex { block in
            guard dropped + block.count <= place else { return true }
            dropped += block.count
            return false
        }
        blocks.removeFirst(keptFrom ?? blocks.count)
        count -= dropped
        return dropped
    }

    /// All bytes in one array: for small contents and tests.
    package var joined: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        for block in blocks { result.append(contentsOf: block.bytes) }
        return result
    }
}
