import Bytes
import Testing

@testable import HTTP

@Suite struct BodyReaderTests {
    /// 0, 1, 2, … in blocks of these sizes.
    private func rope(_ sizes: [Int]) -> ByteRope {
        var rope = ByteRope()
        var next = 0
        for size in sizes {
            let block = BlockPool(blockSize: max(size, 1)).take()
            for index in 0..<size { block.memory[index] = UInt8(truncatingIfNeeded: next + index) }
            block.count = size
            rope.append(block)
            next += size
        }
        return rope
    }

    private func read(_ reader: inout BodyReader, step: Int) -> [UInt8] {
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: step)
        while true {
            let count = piece.withUnsafeMutableBytes { reader.read(into: $0) }
            if count == 0 { return result }
            result += piece[..<count]
        }
    }

    @Test(arguments: [[], [10], [3, 0, 4, 1, 2], [0, 0, 10, 0]] as [[Int]], [1, 3, 64])
    func everyRangeInPiecesOfEverySize(sizes: [Int], step: Int) {
        let rope = rope(sizes)
        let all = rope.joined
        for lower in 0...all.count {
            for upper in lower...all.count {
                var reader = BodyReader(HTTPBody(rope, range: lower..<upper))
                #expect(read(&reader, step: step) == Array(all[lower..<upper]))
            }
        }
    }

    @Test func aRangeIsClampedToTheRope() {
        #expect(HTTPBody(rope([3]), range: 1..<9).count == 2)
    }
}
