internal import Bytes

extension ByteBuffer {
    /// Appends text as what stands between the quotes of a CSV field: quotes are doubled (RFC 4180, section 2), and U+0000,
    /// at which many readers stop, becomes U+FFFD.
    func append(csv text: UnsafeRawBufferPointer) {
        append(upTo: 3 * text.count) { memory in
            var (next, out) = (0, 0)
            while next < text.count {
                if text.count - next >= 8 {
                    let word = text.loadUnaligned(fromByteOffset: next, as: UInt64.self)
                    memory.storeBytes(of: word, toByteOffset: out, as: UInt64.self)
                    if hasNoQuoteOrZero(word) {
                        next += 8
                        out += 8
                        continue
                    }
                }
                let byte = text[next]
                next += 1
                if byte == 0 {
                    memory[out] = 0xEF
                    memory[out + 1] = 0xBF
                    memory[out + 2] = 0xBD
                    out += 3
                    continue
                }
                memory[out] = byte
                out += 1
                if byte == UInt8(ascii: "\"") {
                    memory[out] = byte
                    out += 1
                }
            }
            return out
        }
    }
}

/// None of the word's bytes is a quote or zero. Sean Anderson, "Bit Twiddling Hacks", zero in word.
@inline(__always) private func hasNoQuoteOrZero(_ word: UInt64) -> Bool {
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    let quotes = word ^ (ones &* 0x22)
    return (((word &- ones) & ~word) | ((quotes &- ones) & ~quotes)) & highs == 0
}
