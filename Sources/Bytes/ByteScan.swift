#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#else
    private import Darwin
#endif

/// Searches that look at many bytes at a time.
package enum ByteScan {
    /// Where from `start` on the first `byte` is, or the end.
    package static func first(_ byte: UInt8, in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < text.count, let base = text.baseAddress,
            let found = memchr(base + start, Int32(byte), text.count - start)
        else { return text.count }
        return UnsafeRawPointer(found) - base
    }

    package static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        var next = 0
        while text.count - next >= 32 {
            guard isASCII(text, wordsAt: next) else { return false }
            next += 32
        }
        return text[next...].allSatisfy { $0 < 0x80 }
    }

    /// The same of 32 bytes, which there have to be.
    @inline(__always) package static func isASCII(_ text: UnsafeRawBufferPointer, wordsAt start: Int) -> Bool {
        anyOfFourWords(text, at: start) { $0 } & each(0x80) == 0
    }

    /// What `body` makes of four words in a row, united: without a branch for each, they are looked at together.
    @inline(__always) static func anyOfFourWords(
        _ text: UnsafeRawBufferPointer, at start: Int, _ body: (UInt64) -> UInt64
    ) -> UInt64 {
        body(word(text, at: start)) | body(word(text, at: start + 8)) | body(word(text, at: start + 16))
            | body(word(text, at: start + 24))
    }

    @inline(__always) private static func word(_ text: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
