internal import Bytes
internal import HTTP
internal import Support

/// No more characters of somebody else's text are shown.
let maxShown = 400

/// What an answer says, for messages: on one line, cut, without the key, and left out when it repeats what was sent.
func shownText(_ text: String, key: Secret, content: HTTPBody?) -> String {
    let pieces = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let line = replaced(key.value, in: printable(pieces, limit: maxShown))
    if line.isEmpty { return "no explanation" }
    if let content, quotes(line, content) { return "its explanation repeats what was sent, and is left out" }
    return line
}

/// A text that holds a key is cut where the key begins: what follows may hold it in another form.
private func replaced(_ key: String, in text: String) -> String {
    // The first characters suffice, as the text may have been cut within the key. What is shorter is a stand-in's, and a word.
    let start = Array(key.utf8.prefix(12))
    let bytes = Array(text.utf8)
    guard start.count >= 8, bytes.count >= start.count,
        let found = (0...(bytes.count - start.count)).first(where: { bytes[$0...].starts(with: start) })
    else { return text }
    return String(decoding: bytes[..<found], as: UTF8.self) + "…"
}

/// Whether a text repeats forty bytes or more of a body that stand there without escapes and in one block.
private func quotes(_ text: String, _ body: HTTPBody) -> Bool {
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
