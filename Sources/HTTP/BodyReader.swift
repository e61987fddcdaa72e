internal import Bytes

/// Reads a body in pieces of any size, without joining it.
struct BodyReader {
    private let body: HTTPBody
    private var block = 0
    private var offsetInBlock = 0
    private var rest: Int

    init(_ body: HTTPBody) {
        self.body = body
        rest = body.count
        seek(to: 0)
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

    /// Goes to an offset of the body: libcurl sends it again when a kept connection turns out to be closed.
    mutating func seek(to offset: Int) {
        let offset = min(max(offset, 0), body.count)
        var skip = body.range.lowerBound + offset
        block = 0
        while block < body.rope.blocks.count, skip >= body.rope.blocks[block].count {
            skip -= body.rope.blocks[block].count
            block += 1
        }
        offsetInBlock = skip
        rest = body.count - offset
    }
}
