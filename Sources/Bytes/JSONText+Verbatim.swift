extension JSONText {
    /// What the text behind a piece of JSON takes that may be copied into a JSON string as it stands.
    package struct Verbatim: Equatable, Sendable {
        /// Of the text's UTF-8.
        package var asciiBytes = 0
        package var otherBytes = 0
        /// That are not ASCII.
        package var otherScalars = 0
    }

    /// Of the inside of a JSON string which `append(insideJSONString:)` would write just so: UTF-8 with no other escapes
    /// than those of two characters, and not `\/`. nil for any other, and for one with the byte `excluded`, which is ASCII.
    package static func verbatim(_ json: UnsafeRawBufferPointer, but excluded: UInt8) -> Verbatim? {
        var found = Verbatim()
        var escapes = 0
        var next = 0
        while true {
            next = plainASCII(json, from: next, but: excluded)
            guard next < json.count else { break }
            if json[next] == UInt8(ascii: "\\") {
                guard next + 1 < json.count, isKept(escape: json[next + 1]) else { return nil }
                escapes += 1
                next += 2
            } else {
                // Of a sequence that is not well-formed, as of a control or quote, it is 0, or 1.
                let length = sequenceLength(json, at: next)
                guard length > 1 else { return nil }
                found.otherBytes += length
                found.otherScalars += 1
                next += length
            }
        }
        found.asciiBytes = json.count - found.otherBytes - escapes
        return found
    }

    /// Whether what the letter stands for behind a backslash has no other, nor no escape.
    private static func isKept(escape letter: UInt8) -> Bool {
        switch letter {
        case UInt8(ascii: "n"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "t"), UInt8(ascii: "r"),
            UInt8(ascii: "b"), UInt8(ascii: "f"):
            true
        default: false
        }
    }

    /// Where from `start` on the first byte is that is not ASCII standing for itself in a JSON string, or is `excluded`
    /// (ASCII, too); or the end.
    static func plainASCII(_ text: UnsafeRawBufferPointer, from start: Int, but excluded: UInt8) -> Int {
        let other = each(UInt64(excluded))
        // As exact as `JSONCursor.special`, for the same reason.
        @inline(__always) func special(_ word: UInt64) -> UInt64 {
            JSONCursor.special(word) | ((word ^ other) &- each(1)) & each(0x80)
        }
        var next = start
        while text.count - next >= 32, ByteScan.anyOfFourWords(text, at: next, special) == 0 { next += 32 }
        while text.count - next >= 8 {
            let found = special(UInt64(littleEndian: text.loadUnaligned(fromByteOffset: next, as: UInt64.self)))
            if found != 0 { return next + found.trailingZeroBitCount >> 3 }
            next += 8
        }
        while next < text.count, special(UInt64(text[next])) & 0x80 == 0 { next += 1 }
        return next
    }

    /// As `JSONCursor.sequenceLength`.
    static func sequenceLength(_ text: UnsafeRawBufferPointer, at place: Int) -> Int {
        guard let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 1 }
        return JSONCursor.sequenceLength(start + place, start + text.count)
    }
}
