internal import Bytes
internal import Crypto

/// SHA-256 over texts, each preceded by its length, so that no two different lists of texts are the same bytes.
package struct FramedHash {
    private var hash = SHA256()

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: bytes)
    }

    consuming func finalize() -> SHA256Digest { hash.finalize() }

    /// In 64 hex digits.
    package static func hex(_ texts: [String]) -> String {
        var hash = FramedHash()
        for var text in texts { text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) } }
        return hexDigits(hash.finalize())
    }
}
