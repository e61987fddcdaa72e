import Bytes
import Testing

@Suite struct Base32Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb"),
        ("foobar", "mzxw6ytboi"),
    ])
    func theVectorsOfTheRFC(_ text: String, _ encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == Array(encoded.utf8))
        #expect(Base32.decode(encoded.utf8) == Array(text.utf8))
    }

    @Test func everyByteComesBack() {
        for length in 0...9 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }
            #expect(Base32.decode(Base32.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["m", "mz1", "MY", "mz", "my=", "mzx", "a a"])
    func whatItNeverMakesIsRefused(_ text: String) {
        #expect(Base32.decode(text.utf8) == nil)
    }
}
