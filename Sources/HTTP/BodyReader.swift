internal import Bytes

/// Reads a body in pieces of any size, without joining it.
struct BodyReader {
    private let body: HTTPBody
    private var block = 0
    private var offsetInBlock: Int
    private var rest: Int

    init(_ body: HTTPBody) {
        self.body = body
        rest = body.count
        offsetInBlock = body.range.lowerBound
        while block < body.rope.blocks.count, offsetInBlock >= body.rope.blocks[block].count {
            offsetInBlock -= body.rope.blocks[block].count
            block += 1
        }
    }

    /// Fills as much of `target` as there is; 0 at the end.
    mutating func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        var filled = 0
        while filled < target.count, rest > 0 {
            let source = body.rope.blocks[block].bytes
            let step = min(source.count - offsetInBlock, target.count - filled, rest)
            if step > 0 {
                UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + step])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offsetInBlock..<offsetInBlock + step]))
                filled += step
                rest -= step
                offsetInBlock += step
            }
            if offsetInBlock == source.count {
                block += 1
                offsetInBlock = 0
            }
        }
        return filled
    }
}
