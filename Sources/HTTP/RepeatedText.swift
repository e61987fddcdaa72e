internal import Bytes

/// Whether a text repeats forty bytes or more of a body that stand there without escapes and in one block.
package func repeats(_ text: String, _ body: HTTPBody) -> Bool {
    let length = 20  // of forty bytes, one of the text's pieces of twenty lies wholly within
    let bytes = Array(text.utf8)
    let pieces = stride(from: 0, through: bytes.count - length, by: length).map { bytes[$0..<($0 + length)] }
    // Bodies may have hundreds of megabytes, so a look into a table tells most places from those to compare.
    var mayBegin = [Bool](repeating: false, count: 1 << 16)
    for piece in pieces { mayBegin[piece.withUnsafeBytes { hash($0, at: 0) }] = true }
    var start = 0
    for block in body.rope.blocks {
        let part = body.range.clamped(to: start..<(start + block.count))
        let content = UnsafeRawBufferPointer(
            rebasing: block.bytes[(part.lowerBound - start)..<(part.upperBound - start)])
        start += block.count
        guard content.count >= length else { continue }
        for place in 0...(content.count - length) where mayBegin[hash(content, at: place)] {
            if pieces.contains(where: { $0.elementsEqual(content[place..<(place + length)]) }) { return true }
        }
    }
    return false
}

/// Of eight bytes, 16 bits.
private func hash(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Int {
    let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    return Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 48)
}
