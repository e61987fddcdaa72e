/// Base32 (RFC 4648, section 6) in lower case and without padding: what ids look like where only `a-z0-9` may stand.
package enum Base32 {
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let length = (bytes.count * 8 + 4) / 5
        // Whole groups of five bytes, eight letters, are made; those of the padding are not given out.
        return [UInt8](unsafeUninitializedCapacity: (bytes.count + 4) / 5 * 8) { text, count in
            let memory = UnsafeMutableRawBufferPointer(text)
            var written = 0
            for start in stride(from: 0, to: bytes.count, by: 5) {
                var group: UInt64 = 0
                for place in start..<(start + 5) {
                    group = group << 8 | (place < bytes.count ? UInt64(bytes[place]) : 0)
                }
                memory.storeBytes(of: letters(group).littleEndian, toByteOffset: written, as: UInt64.self)
                written += 8
            }
            count = length
        }
    }

    /// The eight letters of 40 bits, the first one in the lowest byte.
    @inline(__always) private static func letters(_ group: UInt64) -> UInt64 {
        let halves = group >> 20 | (group & 0xF_FFFF) << 32
        let quarters = halves >> 10 & 0x3FF_0000_03FF | (halves & 0x3FF_0000_03FF) << 16
        let values = quarters >> 5 & 0x1F_001F_001F_001F | (quarters & 0x1F_001F_001F_001F) << 8
        // a–z begin at 97; digits begin where 26 more would be, less 73. No byte is so large that adding would carry.
        let digits = (values &+ each(128 - 26)) >> 7 & each(1)
        return values &+ each(97) &- digits &* 73
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
