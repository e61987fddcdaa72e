import Bytes
import Foundation
import Testing

@Suite struct Base64Tests {
    private func base64(_ bytes: [UInt8]) -> String {
        let buffer = ByteBuffer()
        bytes.withUnsafeBytes { buffer.append(base64: $0) }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func encodesTheVectorsOfTheStandard(_ plain: String, _ encoded: String) {
        #expect(base64(Array(plain.utf8)) == encoded)
    }

    @Test func agreesWithFoundationOnAllBytesAndLengths() {
        let bytes = (0..<768).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ ($0 >> 3)) }
        for length in 0...bytes.count {
            let part = Array(bytes.prefix(length))
            #expect(base64(part) == Data(part).base64EncodedString())
        }
    }
}
