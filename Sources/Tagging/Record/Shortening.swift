package import Bytes

/// How much of a record the model gets to see. Of a longer text it keeps the beginning (two thirds) and the end (one
/// third), with a line in between that says how much is missing.
///
/// It never cuts inside a scalar, nor inside a character as readers see it (grapheme cluster), unless that is longer than
/// `longestCharacter`. The same text always becomes the same bytes. Time is linear in the text's length, and memory beyond
/// the result does not depend on it.
package struct Shortening: Sendable, Equatable {
    /// In tokens as `TokenEstimate` counts them, the line about what is missing included.
    package var inputTokens: Int
    package var outputTokens: Int

    /// Changes with what is kept of a text; part of the configuration's hash.
    package static let version = 1
    package static let tokenRange = 64...500_000

    package init(inputTokens: Int = 4000, outputTokens: Int = 2000) {
        precondition(Shortening.tokenRange.contains(inputTokens) && Shortening.tokenRange.contains(outputTokens))
        (self.inputTokens, self.outputTokens) = (inputTokens, outputTokens)
    }

    /// What the line about the missing text takes at most.
    private static let markerTokens = 16
    /// Bytes. Flags and families of emoji have up to some 50.
    private static let longestCharacter = 1024
    /// How far before a cut a place is looked for at which characters surely part.
    private static let lookback = 16 << 10

    /// Appends `text`, or its beginning and end when it takes more than `tokens`. What is not UTF-8 becomes U+FFFD.
    /// - Returns: whether something was left out.
    @discardableResult
    package static func append(_ text: UnsafeRawBufferPointer, upTo tokens: Int, to buffer: ByteBuffer) -> Bool {
        if fits(text, thirds: tokens * 3) {
            append(repairing: text, to: buffer)
            return false
        }
        let budget = (tokens - markerTokens) * 3
        let headEnd = boundary(in: text, notAfter: headCut(text, thirds: budget / 3 * 2))
        let tailStart = max(headEnd, boundary(in: text, notBefore: tailCut(text, thirds: budget / 3)))
        append(repairing: UnsafeRawBufferPointer(rebasing: text[..<headEnd]), to: buffer)
        var missing = 0
        for byte in text[headEnd..<tailStart] where byte & 0xC0 != 0x80 { missing += 1 }
        buffer.append("\n[... ")
        buffer.append(decimal: Int64(missing))
        buffer.append(" characters left out ...]\n")
        append(repairing: UnsafeRawBufferPointer(rebasing: text[tailStart...]), to: buffer)
        return true
    }

    private static func fits(_ text: UnsafeRawBufferPointer, thirds: Int) -> Bool {
        // The dearest byte is half a scalar of two bytes, the cheapest a fourth of one of four.
        if text.count * 3 <= thirds * 2 { return true }
        return text.count <= longest(thirds) && TokenEstimate.thirds(text) <= thirds
    }

    /// The bytes that UTF-8 of this cost has at most; bytes that are no UTF-8 could go on for ever.
    private static func longest(_ thirds: Int) -> Int { thirds * 4 / 3 }

    // MARK: Cuts, at the beginning of a scalar

    private static func headCut(_ text: UnsafeRawBufferPointer, thirds: Int) -> Int {
        var left = thirds
        var cut = 0
        let limit = min(text.count, longest(thirds))
        while cut < limit {
            left -= TokenEstimate.thirds(text[cut])
            if left < 0 { return cut }
            cut += 1
        }
        return scalarStart(text, limit)
    }

    private static func tailCut(_ text: UnsafeRawBufferPointer, thirds: Int) -> Int {
        var left = thirds
        var start = text.count
        var next = text.count
        let limit = max(0, text.count - longest(thirds))
        while next > limit {
            next -= 1
            left -= TokenEstimate.thirds(text[next])
            if left < 0 { return start }
            if text[next] & 0xC0 != 0x80 { start = next }
        }
        return start
    }

    /// `place`, or the beginning of the scalar that it lies in.
    private static func scalarStart(_ text: UnsafeRawBufferPointer, _ place: Int) -> Int {
        var start = place
        while start > 0, start < text.count, place - start < 3, text[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    // MARK: Boundaries of characters

    /// The last boundary up to `cut`; `cut` itself when there is none close by.
    private static func boundary(in text: UnsafeRawBufferPointer, notAfter cut: Int) -> Int {
        guard !isSurelyBoundary(text, cut) else { return cut }
        let start = safeStart(text, before: cut)
        // Whether characters part at `cut` depends on what is before and on one scalar behind.
        guard let window = window(text, start..<scalarStart(text, min(text.count, cut + 8))) else { return cut }
        var found = start
        var index = window.startIndex
        while index < window.endIndex {
            window.formIndex(after: &index)
            let place = start + window.utf8.distance(from: window.startIndex, to: index)
            if place > cut { break }
            found = place
        }
        return cut - found <= longestCharacter ? found : cut
    }

    /// The first boundary from `cut` on; `cut` itself when there is none close by.
    private static func boundary(in text: UnsafeRawBufferPointer, notBefore cut: Int) -> Int {
        guard !isSurelyBoundary(text, cut) else { return cut }
        let start = safeStart(text, before: cut)
        let end = scalarStart(text, min(text.count, cut + longestCharacter + 8))
        guard let window = window(text, start..<end) else { return cut }
        var index = window.startIndex
        while index < window.endIndex {
            window.formIndex(after: &index)
            let place = start + window.utf8.distance(from: window.startIndex, to: index)
            if place >= cut { return place - cut <= longestCharacter ? place : cut }
        }
        return cut
    }

    /// nil when it is not UTF-8.
    private static func window(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> String? {
        String(validating: text[range], as: UTF8.self)
    }

    /// At the ends, and between two characters of ASCII other than CR LF.
    private static func isSurelyBoundary(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
        guard place > 0, place < text.count else { return true }
        let (left, right) = (text[place - 1], text[place])
        return left < 0x80 && right < 0x80 && !(left == 0x0D && right == 0x0A)
    }

    /// A sure boundary; failing that, far enough before `cut` that it does not matter for any real text.
    private static func safeStart(_ text: UnsafeRawBufferPointer, before cut: Int) -> Int {
        let first = max(0, cut - lookback)
        var place = cut - 1
        while place > first {
            if isSurelyBoundary(text, place) { return place }
            place -= 1
        }
        return scalarStart(text, first)
    }

    private static func append(repairing text: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard text.contains(where: { $0 >= 0x80 }) else { return buffer.append(text) }
        var repaired = String(decoding: text, as: UTF8.self)
        repaired.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
    }
}
