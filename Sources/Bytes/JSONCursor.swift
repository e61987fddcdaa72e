/// Copies JSON from `next` to `out` while checking it. Each method returns false at a fault, with `next` on its byte.
///
/// The three pointers have to stay in registers, so all is inlined but `afterString` and `afterNumber`, which take and
/// return a copy: to call with the address of a cursor would cost half of the speed. No more is written than was read,
/// so where a whole word could be loaded there is room to store one.
struct JSONCursor {
    var next: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    var out: UnsafeMutablePointer<UInt8>

    /// The byte at `next`; 0, which is never valid there, at the end.
    @inline(__always) var byte: UInt8 { next < end ? next.pointee : 0 }

    @inline(__always) mutating func copy() {
        out.pointee = next.pointee
        skip(1)
    }

    @inline(__always) private mutating func skip(_ count: Int) {
        next += count
        out += count
    }

    /// Copies `byte` if it is the next one.
    @inline(__always) mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected else { return false }
        copy()
        return true
    }

    @inline(__always) mutating func skipSpace() {
        while next < end, next.pointee <= 0x20 {
            let byte = next.pointee
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            next += 1
        }
    }

    @inline(__always) mutating func skipByteOrderMark() -> Bool {
        guard end - next >= 3, next[0] == 0xEF, next[1] == 0xBB, next[2] == 0xBF else { return false }
        next += 3
        return true
    }

    @inline(__always) mutating func number() -> Bool {
        let isValid: Bool
        (self, isValid) = JSONCursor.afterNumber(self)
        return isValid
    }

    @inline(never) private static func afterNumber(_ start: JSONCursor) -> (JSONCursor, isValid: Bool) {
        var cursor = start
        let isValid = cursor.copyNumber()
        return (cursor, isValid)
    }

    @inline(__always) private mutating func copyNumber() -> Bool {
        if byte == UInt8(ascii: "-") { copy() }
        if byte == UInt8(ascii: "0") { copy() } else if !digits() { return false }
        if byte == UInt8(ascii: ".") {
            copy()
            if !digits() { return false }
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            copy()
            if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") { copy() }
            if !digits() { return false }
        }
        return true
    }

    /// One digit or more.
    @inline(__always) private mutating func digits() -> Bool {
        guard byte &- UInt8(ascii: "0") < 10 else { return false }
        repeat { copy() } while byte &- UInt8(ascii: "0") < 10
        return true
    }

    /// Four bytes, given as a word with the first one lowest, and maybe one more.
    @inline(__always) mutating func literal(_ word: UInt32, then last: UInt8? = nil) -> Bool {
        let length = last == nil ? 4 : 5
        guard end - next >= length, load32() == word, last == nil || next[4] == last else { return false }
        store32(word)
        if let last { out[4] = last }
        skip(length)
        return true
    }

    /// A string, whose opening quote is the next byte.
    @inline(__always) mutating func string() -> Bool {
        let isValid: Bool
        (self, isValid) = JSONCursor.afterString(self)
        return isValid
    }

    @inline(never) private static func afterString(_ start: JSONCursor) -> (JSONCursor, isValid: Bool) {
        var cursor = start
        let isValid = cursor.copyString()
        return (cursor, isValid)
    }

    @inline(__always) private mutating func copyString() -> Bool {
        copy()
        while true {
            if end - next >= 8 {
                let word = load64()
                store64(word)
                let special = JSONCursor.special(word)
                if special == 0 {
                    skip(8)
                    continue
                }
                skip(special.trailingZeroBitCount >> 3)
            }
            guard next < end else { return false }
            switch next.pointee {
            case UInt8(ascii: "\""):
                copy()
                return true
            case UInt8(ascii: "\\"):
                repeat { if !escape() { return false } } while byte == UInt8(ascii: "\\")
            case 0x80...: if !multibyte() { return false }
            case 0x20...: copy()
            default: return false
            }
        }
    }

    /// The high bit of each byte that is not an ASCII character standing for itself; exact up to the lowest one set.
    ///
    /// A subtraction borrows from the next byte only at a byte that is itself special, and a byte with its own high
    /// bit set is special anyway: so the first hit is right.
    @inline(__always) static func special(_ word: UInt64) -> UInt64 {
        let control = word &- each(0x20)
        let quote = (word ^ each(0x22)) &- each(1)
        let backslash = (word ^ each(0x5C)) &- each(1)
        return (control | quote | backslash | word) & each(0x80)
    }

    @inline(__always) private mutating func escape() -> Bool {
        guard end - next >= 2 else { return false }
        switch next[1] {
        case UInt8(ascii: "n"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "t"),
            UInt8(ascii: "r"), UInt8(ascii: "b"), UInt8(ascii: "f"):
            copy()
            copy()
            return true
        case UInt8(ascii: "u"):
            guard end - next >= 6, JSONCursor.isHex((next + 2).load32()) else { return false }
            copy()
            copy()
            store32(load32())
            skip(4)
            return true
        default: return false
        }
    }

    /// Whether all four bytes are hexadecimal digits.
    @inline(__always) static func isHex(_ word: UInt32) -> Bool {
        let ones: UInt32 = 0x0101_0101
        let lower = word | (ones &* 0x20)
        // A high bit says that the byte is at least the one before the sign, and not at least the other. Bytes of 0x80 and
        // more pass neither, and may by a carry spoil only the byte above them.
        let digit = (word &+ ones &* (0x80 - 0x30)) & ~(word &+ ones &* (0x80 - 0x3A))
        let letter = (lower &+ ones &* (0x80 - 0x61)) & ~(lower &+ ones &* (0x80 - 0x67))
        return (digit | letter) & (ones &* 0x80) == ones &* 0x80
    }

    /// Text from a character that is not ASCII on, up to where the loop over ASCII words does better.
    @inline(__always) private mutating func multibyte() -> Bool {
        repeat {
            if end - next >= 8 {
                if threeBytes() { continue }
                shortSequences()
                if byte < 0x80 { break }
            }
            let length = JSONCursor.sequenceLength(next, end)
            if length == 0 { return false }
            for _ in 0..<length { copy() }
        } while byte >= 0x80
        return true
    }

    /// Copies a well-formed sequence of three bytes (neither overlong nor a surrogate), if one is next.
    @inline(__always) private mutating func threeBytes() -> Bool {
        let word = load32()
        guard word & 0xC0_C0F0 == 0x80_80E0, word & 0x200F != 0, word & 0x200F != 0x200D else { return false }
        store32(word)
        skip(3)
        return true
    }

    /// Copies whole words of text in which each character takes one byte or two, and then up to what is none of these.
    @inline(__always) private mutating func shortSequences() {
        var owed: UInt64 = 0  // the first byte must continue the word before
        while end - next >= 8 {
            let word = load64()
            store64(word)
            // In these only the high bit of each byte counts.
            let continuation = word & ~(word << 1)
            let lead = word & (word << 1)
            let lead2 = lead & ~(word << 2) & ((word & each(0x1E)) &+ each(0x7E)) & each(0x80)  // C2...DF
            let unpaired = continuation ^ (lead2 << 8 | owed)
            let stop = ((JSONCursor.special(word) & ~word) | (lead & ~lead2) | unpaired) & each(0x80)
            if stop != 0 {
                skip(stop.trailingZeroBitCount >> 3)
                break
            }
            owed = lead2 >> 56
            skip(8)
            if word & each(0x80) == 0 { break }
        }
        if next[-1] >= 0xC0 { skip(-1) }  // a sequence was cut
    }

    /// The length of the UTF-8 sequence at `next` (Unicode table 3-7); 0 when it is not well-formed, 1 at the end.
    static func sequenceLength(_ next: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        guard next < end, next[0] >= 0x80 else { return 1 }
        let length: Int
        let second: ClosedRange<UInt8>
        switch next[0] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard end - next >= length, second.contains(next[1]) else { return 0 }
        for index in 2..<max(2, length) where next[index] & 0xC0 != 0x80 { return 0 }
        return length
    }

    @inline(__always) private func load64() -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(next).loadUnaligned(as: UInt64.self))
    }

    @inline(__always) private func load32() -> UInt32 { next.load32() }

    @inline(__always) private func store64(_ word: UInt64) {
        UnsafeMutableRawPointer(out).storeBytes(of: word.littleEndian, as: UInt64.self)
    }

    @inline(__always) private func store32(_ word: UInt32) {
        UnsafeMutableRawPointer(out).storeBytes(of: word.littleEndian, as: UInt32.self)
    }
}

extension UnsafePointer<UInt8> {
    @inline(__always) fileprivate func load32() -> UInt32 {
        UInt32(littleEndian: UnsafeRawPointer(self).loadUnaligned(as: UInt32.self))
    }
}

/// The high bit of each byte that is zero; exact up to the lowest one set.
@inline(__always)
func zeros(_ word: UInt64) -> UInt64 { (word &- each(1)) & ~word & each(0x80) }

/// A word of eight equal bytes.
@inline(__always)
func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
