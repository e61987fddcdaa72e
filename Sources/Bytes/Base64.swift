extension ByteBuffer {
    /// Appends `bytes` in base64 (RFC 4648, with padding).
    package func append(base64 bytes: UnsafeRawBufferPointer) {
        append(upTo: (bytes.count + 2) / 3 * 4) { out in
            var written = 0
            var next = 0
            while bytes.count - next >= 3 {
                let group = UInt32(bytes[next]) << 16 | UInt32(bytes[next + 1]) << 8 | UInt32(bytes[next + 2])
                let letters = base64Letters(group)
                out.storeBytes(of: letters.littleEndian, toByteOffset: written, as: UInt32.self)
                next += 3
                written += 4
            }
            let rest = bytes.count - next
            guard rest > 0 else { return written }
            let group = UInt32(bytes[next]) << 16 | (rest == 2 ? UInt32(bytes[next + 1]) << 8 : 0)
            let padding: UInt32 = rest == 2 ? 0xFF00_0000 : 0xFFFF_0000
            let letters = base64Letters(group) & ~padding | 0x3D3D_3D3D & padding
            out.storeBytes(of: letters.littleEndian, toByteOffset: written, as: UInt32.self)
            return written + 4
        }
    }
}

/// The four letters of 24 bits, the first one in the lowest byte.
@inline(__always)
private func base64Letters(_ group: UInt32) -> UInt32 {
    let ones: UInt32 = 0x0101_0101
    let sextets = group >> 18 | (group >> 12 & 63) << 8 | (group >> 6 & 63) << 16 | (group & 63) << 24
    /// 1 in each byte that is `limit` or more: sextets are below 64, so adding cannot carry.
    func atLeast(_ limit: UInt32) -> UInt32 { (sextets &+ ones &* (128 - limit)) >> 7 & ones }
    // A–Z begin at 65. Each later range (a–z, 0–9, +, /) adds its distance from where the one before it would go on.
    return sextets &+ ones &* 65 &+ atLeast(26) &* 6 &- atLeast(52) &* 75 &- atLeast(62) &* 15 &+ atLeast(63) &* 3
}
