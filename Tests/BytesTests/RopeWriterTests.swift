import Bytes
import Testing

@Suite struct RopeWriterTests {
    @Test func fillsBlocksInOrder() {
        let writer = RopeWriter(pool: BlockPool(blockSize: 8))
        let content = (0..<100).map { UInt8($0) }
        for start in stride(from: 0, to: 100, by: 10) {
            content[start..<start + 10].withUnsafeBytes { writer.append($0) }
        }
        #expect(writer.count == 100)
        #expect(writer.bytesHeld == 104)
        let rope = writer.finish()
        #expect(rope.joined == content)
        #expect(rope.count == 100)
        #expect(rope.blocks.count == 13)
    }

    @Test func fillOffersWhatIsFreeInTheBlock() {
        let writer = RopeWriter(pool: BlockPool(blockSize: 8))
        var offered: [Int] = []
        for written in [3, 5, 0, 8, 1] {
            writer.fill { free in
                offered.append(free.count)
                for index in 0..<written { free[index] = UInt8(written) }
                return written
            }
        }
        #expect(offered == [8, 5, 8, 8, 8])
        #expect(writer.finish().joined == [3, 3, 3, 5, 5, 5, 5, 5, 8, 8, 8, 8, 8, 8, 8, 8, 1])
    }

    @Test func anErrorAddsNothing() {
        struct Refused: Error {}
        let writer = RopeWriter(pool: BlockPool(blockSize: 8))
        #expect(throws: Refused.self) { try writer.fill { _ throws(Refused) in throw Refused() } }
        #expect(writer.count == 0)
        #expect(writer.finish().blocks.isEmpty)
    }

    @Test func isEmptyAfterFinish() {
        let writer = RopeWriter(pool: BlockPool(blockSize: 8))
        [1, 2, 3].withUnsafeBytes { writer.append($0) }
        let first = writer.finish()
        #expect(writer.count == 0 && writer.bytesHeld == 0)
        [4].withUnsafeBytes { writer.append($0) }
        #expect(writer.finish().count == 8)
        #expect(first.count == 24)
    }

    @Test func blocksGoBackToThePoolWithTheLastReference() {
        let pool = BlockPool(blockSize: 64)
        let writer = RopeWriter(pool: pool)
        var used: Set<UnsafeMutableRawPointer> = []
        for _ in 0..<50 {
            [UInt8](repeating: 1, count: 200).withUnsafeBytes { writer.append($0) }
            for block in writer.finish().blocks { used.insert(block.memory.baseAddress!) }
        }
        #expect(used.count == 4)
    }

    @Test(arguments: [(0, 0), (3, 0), (4, 4), (7, 4), (9, 8), (10, 10), (99, 10)])
    func blocksBeforeAPlaceAreLetGoOf(place: Int, dropped: Int) {
        let writer = RopeWriter(pool: BlockPool(blockSize: 4))
        (0..<10).map { UInt8($0) }.withUnsafeBytes { writer.append($0) }
        var rope = writer.finish()
        #expect(rope.dropBlocks(before: place) == dropped)
        #expect(rope.count == 10 - dropped)
        #expect(rope.joined == (dropped..<10).map { UInt8($0) })
    }

    @Test func ropesInOne() {
        var rope = ByteRope([1, 2])
        rope.append(contentsOf: ByteRope([3]))
        rope.append(contentsOf: ByteRope())
        #expect(rope.joined == [1, 2, 3] && rope.count == 3)
    }
}
