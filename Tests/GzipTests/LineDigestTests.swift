import Bytes
import Gzip
import Testing

@Suite struct LineDigestTests {
    @Test func countsLinesBytesAndChecksum() {
        var digest = LineDigest()
        for piece in ["{\"a\":1}\n{\"b\"", ":2}\n", ""] { Array(piece.utf8).withUnsafeBytes { digest.update($0) } }
        #expect(digest.lines == 2)
        #expect(digest.bytes == 16)
        #expect(digest.crc32c == CRC32C.of(Array("{\"a\":1}\n{\"b\":2}\n".utf8)))
    }

    @Test func isTheSameWhateverCompressed() throws {
        let lines = jsonLines(100_000)
        var expected = LineDigest()
        lines.withUnsafeBytes { expected.update($0) }
        for settings in allSettings {
            #expect(try LineDigest(gzip: compress([lines], settings)) == expected)
        }
        let halves = [Array(lines[..<1_000]), Array(lines[1_000...])]
        #expect(try LineDigest(gzip: compress(halves)) == expected)
    }

    @Test func otherLinesHaveAnotherDigest() throws {
        var lines = jsonLines(1_000)
        let digest = try LineDigest(gzip: compress([lines]))
        lines[500] ^= 1
        #expect(try LineDigest(gzip: compress([lines])) != digest)
    }

    @Test func aFileThatIsCutHasNoDigest() throws {
        let file = try compress([jsonLines(10_000)]).joined
        #expect(throws: GzipError.truncated(offset: file.count - 1)) {
            try LineDigest(gzip: ByteRope(file.dropLast()))
        }
    }
}
