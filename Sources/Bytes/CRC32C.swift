internal import CISAL

/// CRC-32C (Castagnoli, RFC 3720 B.4), as Cloud Storage counts it.
package struct CRC32C: Hashable, Sendable {
    private var state: UInt32 = ~0

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        var rest = bytes.count
        var next = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        while rest > 0 {  // the C function takes an int
            let step = min(rest, 1 << 30)
            state = crc32_iscsi(next, Int32(step), state)
            next += step
            rest -= step
        }
    }

    package mutating func update(_ rope: ByteRope) {
        for block in rope.blocks { update(block.bytes) }
    }

    /// The checksum of everything given so far.
    package var value: UInt32 { ~state }

    package static func of(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }

    package static func of(_ rope: ByteRope) -> UInt32 {
        var crc = CRC32C()
        crc.update(rope)
        return crc.value
    }
}
