internal import HTTP
internal import Support

/// No more characters of somebody else's text are shown.
let maxShown = 400

/// What an answer says, for messages: on one line, cut, without the key, and left out when it repeats what was sent.
func shownText(_ text: String, key: Secret, content: HTTPBody?) -> String {
    let pieces = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let line = replaced(key.value, in: printable(pieces, limit: maxShown))
    if line.isEmpty { return "no explanation" }
    if let content, repeats(line, content) { return "its explanation repeats what was sent, and is left out" }
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
