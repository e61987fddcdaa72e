import Bytes
import CZlib
import Gzip
import Support
import Testing

@Suite struct GzipReaderTests {
    @Test(arguments: [1, 2, 7, 4096])
    func piecesOfAnySizeGiveTheSameContent(step: Int) throws {
        let pieces = [jsonLines(3_000), [], jsonLines(200_000, seed: 2), [0x0A]]
        #expect(try decompress(compress(pieces).joined, step: step) == Array(pieces.joined()))
    }

    @Test func membersOfOtherProgramsAreRead() throws {
        let raw = jsonLines(50_000)
        let gzip = try #require(try output(of: ["gzip", "-c"], given: raw))
        #expect(try decompress(gzip) == raw)
    }

    @Test(arguments: [1, .max])
    func everyHeaderFieldIsSkippedAndItsChecksumSeen(step: Int) throws {
        let raw = jsonLines(1_000)
        var member = withAllHeaderFields(raw)
        #expect(try decompress(member, step: step) == raw)
        member[14] ^= 1  // in the extra field, which only the header's checksum covers
        #expect(throws: GzipError.self) { try decompress(member, step: step) }
    }

    @Test func reservedFlagsAreRefused() throws {
        var file = try compress([jsonLines(100)]).joined
        file[3] = 0x20
        #expect(throws: GzipError.damaged(offset: 4)) { try decompress(file, step: 1) }
    }

    @Test func everyTruncationIsSeen() throws {
        let file = try compress([jsonLines(300), jsonLines(300, seed: 2)]).joined
        let firstMember = try compress([jsonLines(300)]).count
        for end in 0..<file.count where end != firstMember {
            #expect(throws: GzipError.truncated(offset: end)) { try decompress(Array(file[..<end])) }
        }
    }

    @Test func everyFlippedBitOfContentAndTrailerIsSeen() throws {
        let file = try compress([jsonLines(300)]).joined
        for index in 10..<file.count {
            var damaged = file
            damaged[index] ^= 1 << (index % 8)
            #expect(throws: GzipError.self) { try decompress(damaged) }
        }
    }

    @Test func wrongSizeInTheTrailerIsSeen() throws {
        var file = try compress([jsonLines(300)]).joined
        file[file.count - 4] ^= 1
        #expect(throws: GzipError.self) { try decompress(file) }
    }

    @Test(arguments: [[0], Array("garbage".utf8), [0x1F, 0x00], [0, 0, 0, 0]] as [[UInt8]])
    func garbageAfterTheLastMemberIsSeen(garbage: [UInt8]) throws {
        let file = try compress([jsonLines(300)]).joined
        for step in [1, 1000] {
            let error = #expect(throws: GzipError.self) { try decompress(file + garbage, step: step) }
            #expect(
                error == .trailingGarbage(offset: file.count)
                    || garbage.count == 1 && error == .truncated(offset: file.count + 1))
        }
    }

    @Test func whatIsNotGzipIsSaidSo() {
        #expect(throws: GzipError.notGzip) { try decompress(Array("{\"id\":1}\n".utf8)) }
        #expect(throws: GzipError.notGzip) { try decompress(Array("{\"id\":1}\n".utf8), step: 1) }
        #expect(throws: GzipError.truncated(offset: 0)) { try decompress([]) }
        #expect(GzipError.notGzip.failure("raw/x.gz") == Failure(.protocolError, "raw/x.gz is not a gzip file"))
    }

    @Test func aBombComesOutInBoundedPieces() throws {
        let zeros = [UInt8](repeating: 0, count: 16 << 20)
        let bomb = try compress([zeros], #require(GzipSettings(engine: .zlib, level: 9))).joined
        #expect(bomb.count < zeros.count / 500)
        let reader = GzipReader()
        var total = 0
        try bomb.withUnsafeBytes { bytes in
            try reader.feed(bytes) { piece in
                total += piece.count
                if piece.count > GzipReader.outputSize { Issue.record("a piece of \(piece.count) bytes") }
            }
        }
        try reader.finish()
        #expect(total == zeros.count)
    }

    @Test func theErrorOfTheConsumerStopsTheReading() throws {
        struct Enough: Error {}
        let file = try compress([noise(1_000_000)]).joined
        var calls = 0
        let reader = GzipReader()
        #expect(throws: Enough.self) {
            try file.withUnsafeBytes { bytes in
                try reader.feed(bytes) { _ in
                    calls += 1
                    throw Enough()
                }
            }
        }
        #expect(calls == 1)
    }

    /// A member whose header has extra bytes, name, comment and a checksum (RFC 1952, 2.3).
    private func withAllHeaderFields(_ raw: [UInt8]) -> [UInt8] {
        var bare: [UInt8] { (try? compress([raw], GzipSettings(engine: .zlib)).joined) ?? [] }
        var header: [UInt8] = [0x1F, 0x8B, 8, 0b0001_1110, 0, 0, 0, 0, 0, 3]
        header += [4, 0] + [1, 2, 3, 4] + Array("name\0comment\0".utf8)
        let checksum = crc32(0, header, UInt32(header.count))
        header += [UInt8(checksum & 0xFF), UInt8(checksum >> 8 & 0xFF)]
        return header + bare[10...]
    }
}
