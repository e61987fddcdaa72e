internal import Bytes
internal import Prompts

/// Tells whether a quote occurs in what a request shows of its record, white space aside: models break lines where they like.
/// What the prompt itself says around that is no evidence. One thread at a time.
final class EvidenceSearch {
    private let unescaped = ByteBuffer()
    private let text = ByteBuffer()
    private let quote = ByteBuffer()
    private var borders: [Int] = []
    private static let escaped = Array("&lt;".utf8)

    /// - Parameters:
    ///   - evidence: quotation marks and dots of omission at its ends are not part of the quote.
    ///   - request: minified JSON; of its `contents`.
    func contains(_ evidence: String, _ request: UnsafeRawBufferPointer, _ contents: Range<Int>) -> Bool {
        quote.removeAll(keepingCapacity: 1 << 16)
        var core = trimmedQuote(evidence)
        core.withUTF8 { appendPlain(UnsafeRawBufferPointer($0), to: quote) }
        guard quote.count > 0 else { return false }
        borders = quote.bytes.borders()
        let json = LooseJSON(bytes: request)
        guard var messages = JSONMembers(request, in: contents) else { return false }
        while let message = messages.next() {
            guard let parts = json.member("parts", of: message.value),
                var elements = JSONMembers(request, in: parts.value)
            else { continue }
            while let part = elements.next() {
                guard let member = json.member("text", of: part.value), member.kind == .string else { continue }
                if occurs(in: json.text((member.value.lowerBound + 1)..<(member.value.upperBound - 1))) { return true }
            }
        }
        return false
    }

    private func occurs(in escaped: UnsafeRawBufferPointer) -> Bool {
        unescaped.removeAll(keepingCapacity: 1 << 20)
        unescaped.append(unescaping: escaped)
        return PromptDelimiter.texts(in: unescaped.bytes).contains { part in
            text.removeAll(keepingCapacity: 1 << 20)
            appendPlain(part, to: text)
            return text.bytes.contains(quote.bytes, borders: borders)
        }
    }

    private func trimmedQuote(_ text: String) -> String {
        let marks: Set<Unicode.Scalar> = ["\"", "'", "“", "”", "„", "‘", "’", "«", "»", "`", "…", "."]
        func isMark(_ scalar: Unicode.Scalar) -> Bool { marks.contains(scalar) || scalar.properties.isWhitespace }
        var scalars = Substring(text).unicodeScalars
        while let first = scalars.first, isMark(first) { scalars.removeFirst() }
        while let last = scalars.last, isMark(last) { scalars.removeLast() }
        return String(scalars)
    }

    /// Without white space, and with `<` for `&lt;`: so the delimiter wrote what would have been a tag of its own.
    private func appendPlain(_ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        buffer.reserve(bytes.count)
        var place = 0
        while place < bytes.count {
            let length = spaceLength(bytes, place)
            if bytes[place] == UInt8(ascii: "&"), bytes[place...].starts(with: Self.escaped) {
                buffer.append("<")
                place += Self.escaped.count
            } else if length == 0 {
                buffer.append(bytes[place])
                place += 1
            } else {
                place += length
            }
        }
    }

    /// How many bytes of UTF-8 the white space at a place takes; 0 when there is none.
    private func spaceLength(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> Int {
        let byte = bytes[place]
        if byte <= 0x20 { return 1 }
        guard byte >= 0xC2, place + 1 < bytes.count else { return 0 }
        let second = bytes[place + 1]
        if byte == 0xC2 { return second == 0xA0 || second == 0x85 ? 2 : 0 }
        guard place + 2 < bytes.count else { return 0 }
        switch (byte, second, bytes[place + 2]) {
        case (0xE2, 0x80, 0x80...0x8B), (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9), (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F),
            (0xE3, 0x80, 0x80), (0xEF, 0xBB, 0xBF):
            return 3
        default: return 0
        }
    }
}

/// Knuth, Morris, Pratt, "Fast Pattern Matching in Strings": linear, also in texts that were made to be slow.
extension UnsafeRawBufferPointer {
    /// For each prefix the length of its longest proper suffix that is a prefix, too.
    fileprivate func borders() -> [Int] {
        var borders = [Int](repeating: 0, count: count)
        var length = 0
        for place in indices.dropFirst() {
            while length > 0, self[place] != self[length] { length = borders[length - 1] }
            if self[place] == self[length] { length += 1 }
            borders[place] = length
        }
        return borders
    }

    fileprivate func contains(_ pattern: UnsafeRawBufferPointer, borders: [Int]) -> Bool {
        var matched = 0
        for byte in self {
            while matched > 0, byte != pattern[matched] { matched = borders[matched - 1] }
            if byte == pattern[matched] { matched += 1 }
            if matched == pattern.count { return true }
        }
        return false
    }
}
