import Bytes
import Testing

@Suite struct ByteBufferTests {
    private func text(_ buffer: ByteBuffer) -> String { String(decoding: buffer.bytes, as: UTF8.self) }

    @Test func appendsInOrder() {
        let buffer = ByteBuffer()
        buffer.append("{\"a\":")
        buffer.append(decimal: 12)
        [UInt8](",x".utf8).withUnsafeBytes { buffer.append($0) }
        buffer.append(UInt8(ascii: "}"))
        #expect(text(buffer) == "{\"a\":12,x}")
        #expect(buffer.count == 10)
    }

    @Test(arguments: [0, 9, 10, -1, 99, 100, -1000, 1_700_000_000_123, .max, .min, 999_999_999_999_999_999] as [Int64])
    func writesDecimals(_ number: Int64) {
        let buffer = ByteBuffer()
        buffer.append(decimal: number)
        #expect(text(buffer) == String(number))
    }

    @Test func appendingNothingNeedsNoMemory() {
        let buffer = ByteBuffer()
        buffer.append(UnsafeRawBufferPointer(start: nil, count: 0))
        buffer.append("")
        #expect(buffer.count == 0)
        #expect(buffer.capacity == 0)
        #expect(buffer.bytes.isEmpty)
    }

    @Test func keepsContentWhileGrowing() {
        let buffer = ByteBuffer()
        for index in 0..<10_000 { buffer.append(UInt8(truncatingIfNeeded: index)) }
        #expect(buffer.bytes.elementsEqual((0..<10_000).map { UInt8(truncatingIfNeeded: $0) }))
        #expect(buffer.capacity < 20_000)
    }

    @Test func growsToNeedOnly() {
        let buffer = ByteBuffer(capacity: 10)
        buffer.reserve(1_000_000)
        #expect(buffer.capacity == 1_000_000)
    }

    @Test func givesMemoryOfAnOutlierBack() {
        let buffer = ByteBuffer()
        buffer.reserve(1_000_000)
        buffer.removeAll(keepingCapacity: 1000)
        #expect(buffer.capacity == 1000)
        buffer.append("small")
        buffer.removeAll(keepingCapacity: 1000)
        #expect(buffer.capacity == 1000)
        buffer.removeAll(keepingCapacity: 0)
        #expect(buffer.capacity == 0)
        buffer.append("again")
        #expect(text(buffer) == "again")
    }

    @Test func truncatesToAPrefix() {
        let buffer = ByteBuffer()
        buffer.append("abcdef")
        buffer.truncate(to: 2)
        buffer.append("X")
        #expect(text(buffer) == "abX")
    }

    @Test func countsWhatAWriterSaysItWrote() {
        let buffer = ByteBuffer()
        buffer.append("a")
        buffer.append(upTo: 100) { memory in
            memory[0] = UInt8(ascii: "b")
            return 1
        }
        #expect(text(buffer) == "ab")
    }

    @Test func aWriterThatThrowsAddsNothing() {
        struct Refused: Error {}
        let buffer = ByteBuffer()
        #expect(throws: Refused.self) { try buffer.append(upTo: 8) { _ throws(Refused) in throw Refused() } }
        #expect(buffer.count == 0)
    }
}
