/// JSON strings, to and from the bytes that they stand for.
package enum JSONText {
    /// The UTF-8 that a valid JSON string, given without its quotes, stands for; nil when it holds a lone surrogate.
    package static func unescaped(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var next = 0
        while next < text.count {
            guard text[next] == UInt8(ascii: "\\") else {
                result.append(text[next])
                next += 1
                continue
            }
            guard next + 1 < text.count else { return nil }
            if text[next + 1] == UInt8(ascii: "u") {
                guard let (scalar, length) = escapedScalar(text, at: next) else { return nil }
                result.append(contentsOf: String(Character(scalar)).utf8)
                next += length
            } else {
                guard let byte = meaning(ofEscape: text[next + 1]) else { return nil }
                result.append(byte)
                next += 2
            }
        }
        return result
    }

    /// What the escape at `start` stands for, and how many bytes it takes; U+FFFD when it stands for nothing.
    fileprivate static func escape(_ text: UnsafeRawBufferPointer, at start: Int) -> (Unicode.Scalar, length: Int) {
        guard start + 1 < text.count else { return ("\u{FFFD}", 1) }
        if text[start + 1] == UInt8(ascii: "u") {
            if let found = escapedScalar(text, at: start) { return found }
            return ("\u{FFFD}", codeUnit(text, at: start) == nil ? 2 : 6)
        }
        return (meaning(ofEscape: text[start + 1]).map { Unicode.Scalar($0) } ?? "\u{FFFD}", 2)
    }

    /// The scalar that one `\uXXXX`, or two that form a surrogate pair, stand for, and how many bytes they take.
    private static func escapedScalar(_ text: UnsafeRawBufferPointer, at start: Int) -> (Unicode.Scalar, length: Int)? {
        guard let high = codeUnit(text, at: start) else { return nil }
        if let scalar = Unicode.Scalar(UInt32(high)) { return (scalar, 6) }
        guard high < 0xDC00, let low = codeUnit(text, at: start + 6), low & 0xFC00 == 0xDC00 else { return nil }
        let value = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        return Unicode.Scalar(value).map { ($0, 12) }
    }

    private static func codeUnit(_ text: UnsafeRawBufferPointer, at start: Int) -> UInt16? {
        guard start + 6 <= text.count, text[start] == UInt8(ascii: "\\"), text[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return UInt16(String(decoding: text[(start + 2)..<(start + 6)], as: UTF8.self), radix: 16)
    }

    private static func meaning(ofEscape letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }
}

extension ByteBuffer {
    /// Appends the UTF-8 that a valid JSON string, given without its quotes, stands for; U+FFFD for each lone surrogate.
    package func append(unescaping text: UnsafeRawBufferPointer) {
        reserve(text.count)
        var next = 0
        while next < text.count {
            let plain = ByteScan.first(UInt8(ascii: "\\"), in: text, from: next)
            append(UnsafeRawBufferPointer(rebasing: text[next..<plain]))
            guard plain < text.count else { return }
            let (scalar, length) = JSONText.escape(text, at: plain)
            if scalar.isASCII {
                append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                for unit in UTF8.encode(scalar).unsafelyUnwrapped { append(unit) }
            }
            next = plain + length
        }
    }

    /// Appends `text` as a JSON string with its quotes; false, and nothing appended, when it is not UTF-8.
    package func append(jsonString text: UnsafeRawBufferPointer) -> Bool {
        let before = count
        append(UInt8(ascii: "\""))
        var cursor = 0
        while cursor < text.count {
            let plain = JSONText.plainPrefix(UnsafeRawBufferPointer(rebasing: text[cursor...]))
            append(UnsafeRawBufferPointer(rebasing: text[cursor..<(cursor + plain)]))
            cursor += plain
            guard cursor < text.count else { break }
            guard text[cursor] < 0x80 else {
                truncate(to: before)
                return false
            }
            append(escaped: text[cursor])
            cursor += 1
        }
        append(UInt8(ascii: "\""))
        return true
    }

    /// Appends `text` as a JSON string with its quotes. A Swift string is always UTF-8, the only thing that could be wrong.
    package func append(jsonText text: String) {
        var text = text
        text.withUTF8 { _ = append(jsonString: UnsafeRawBufferPointer($0)) }
    }

    private func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        default:
            append("\\u00")
            append(JSONText.hexDigit(byte >> 4))
            append(JSONText.hexDigit(byte & 15))
        }
    }
}

extension JSONText {
    /// How many bytes from the start may stand in a JSON string as they are: UTF-8 without quotes, backslashes, controls.
    fileprivate static func plainPrefix(_ text: UnsafeRawBufferPointer) -> Int {
        guard let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        let end = start + text.count
        var next = start
        while next < end {
            if end - next >= 8 {
                let word = UInt64(littleEndian: UnsafeRawPointer(next).loadUnaligned(as: UInt64.self))
                let special = JSONCursor.special(word)
                next += special.trailingZeroBitCount >> 3
                if special == 0 {
                    while end - next >= 32,
                        ByteScan.anyOfFourWords(text, at: next - start, { JSONCursor.special($0) }) == 0
                    {
                        next += 32
                    }
                    continue
                }
            }
            let byte = next.pointee
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            let length = JSONCursor.sequenceLength(next, end)
            if length == 0 { break }
            next += length
        }
        return next - start
    }

    fileprivate static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
