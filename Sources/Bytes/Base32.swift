/// Base32 (RFC 4648, section 6) in lower case and without padding: what ids look like where only `a-z0-9` may stand.
package enum Base32 {
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: (bytes.count * 8 + 4) / 5) { text, length in
            let letters = letters
            var bits: UInt32 = 0
            var count: UInt32 = 0
            func put(_ value: UInt32) {
                text.initializeElement(at: length, to: letters[Int(value & 31)])
                length += 1
            }
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                count += 8
                while count >= 5 {
                    count -= 5
                    put(bits >> count)
                }
            }
            if count > 0 { put(bits << (5 - count)) }
        }
    }

    /// The reverse of `encode`; nil for anything that it never makes.
    package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for letter in text {
            let value: UInt8
            switch letter {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = letter - UInt8(ascii: "a")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = letter - UInt8(ascii: "2") + 26
            default: return nil
            }
            bits = bits << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // What is left over is padding: shorter than a letter, and zero.
        return count < 5 && bits & (1 << UInt32(count) - 1) == 0 ? bytes : nil
    }
}
