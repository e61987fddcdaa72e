package import Bytes

/// How much of a record the model gets to see. Of a longer text it keeps the beginning (two thirds) and the end (one
/// third), with a line in between that says how much is missing.
///
/// It never cuts inside a scalar, nor inside a character as readers see it (grapheme cluster), unless that is longer than
/// `longestCharacter` bytes. The same text always becomes the same bytes. Time is linear in the text's length, and memory beyond
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
        let headEnd = character(around: headCut(text, thirds: budget / 3 * 2), in: text).start
        let tailStart = max(headEnd, character(around: tailCut(text, thirds: budget / 3), in: text).end)
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

    /// The character that `cut` lies in: both its ends, or twice `cut` when characters part there, or when this one is too
    /// long to be kept whole.
    private static func character(around cut: Int, in text: UnsafeRawBufferPointer) -> (start: Int, end: Int) {
        guard !isSurelyBoundary(text, cut) else { return (cut, cut) }
        let windowStart = safeStart(text, before: cut)
        let windowEnd = scalarStart(text, min(text.count, cut + longestCharacter + 8))
        // What is not UTF-8 has no characters.
        guard let window = String(validating: text[windowStart..<windowEnd], as: UTF8.self) else { return (cut, cut) }
        var start = windowStart
        var index = window.startIndex
        while index < window.endIndex {
            window.formIndex(after: &index)
            let end = windowStart + window.utf8.distance(from: window.startIndex, to: index)
            if end == cut { break }
            if end > cut { return end - start <= longestCharacter ? (start, end) : (cut, cut) }
            start = end
        }
        return (cut, cut)
    }

    /// At the ends, and between two characters of ASCII other than CR LF.
    private static func isSurelyBoundary(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
        guard place > 0, place < text.count else { return true }
        let (left, right) = (text[place - 1], text[place])
        return left < 0x80 && right < 0x80 && !(left == 0x0D && right == 0x0A)
    }

    /// A sure boundary; failing that, a place far enough before `cut` for the characters to have fallen into step.
    private static func safeStart(_ text: UnsafeRawBufferPointer, before cut: Int) -> Int {
        let first = max(0, cut - lookback)
        var place = cut - 1
        while place > first {
            if isSurelyBoundary(text, place) { return place }
            place -= 1
        }
        // Only flags never do: each is two of the same kind of scalar, so it has to be an even number of them.
        let start = scalarStart(text, first)
        var runStart = start
        while isHalfFlag(text, runStart - 4) { runStart -= 4 }
        return (start - runStart) % 8 == 0 ? start : start - 4
    }

    /// A regional indicator, U+1F1E6 to U+1F1FF.
    private static func isHalfFlag(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
        place >= 0 && text[place] == 0xF0 && text[place + 1] == 0x9F && text[place + 2] == 0x87
            && text[place + 3] >= 0xA6
    }

    private static func append(repairing text: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard !ByteScan.isASCII(text) else { return buffer.append(text) }
        buffer.append(text: String(decoding: text, as: UTF8.self))
    }
}
