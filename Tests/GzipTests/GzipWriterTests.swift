import Bytes
import Gzip
import Testing

@Suite struct GzipWriterTests {
    private static let lines = jsonLines(700_000)
    private static let incompressible = noise(200_000)

    @Test(arguments: allSettings)
    func everyEngineAndLevelIsReadBack(settings: GzipSettings) throws {
        for raw in [[], [0x7B], Self.lines, Self.incompressible, [UInt8](repeating: 0x20, count: 1_000_000)] {
            let file = try compress([raw], settings).joined
            let isSame = try decompress(file) == raw
            #expect(isSame, "\(raw.count) bytes")
        }
    }

    @Test func otherProgramsReadMembersOfEverySettingInOneFile() throws {
        let pieces = (1...10).map { Array(Self.lines[..<($0 * 7_000)]) } + [[]]
        var (file, raw): ([UInt8], [UInt8]) = ([], [])
        for settings in allSettings {
            file += try compress(pieces, settings).joined
            for piece in pieces { raw += piece }
        }
        #expect(try output(of: ["gzip", "-t"], given: file) == [])
        let isSameForZcat = try output(of: ["zcat"], given: file) == raw
        #expect(isSameForZcat)
        let python = "import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))"
        let isSameForPython = try output(of: ["python3", "-c", python], given: file) == raw
        #expect(isSameForPython)
    }

    @Test(arguments: allSettings)
    func sameBytesMakeTheSameMemberWhereverItBegins(settings: GzipSettings) throws {
        let raw = Self.lines
        let alone = try compress([raw], settings).joined
        let writer = try GzipWriter(settings)
        for before in [1, 100, 4_095, 4_096] {
            let rope = RopeWriter(pool: BlockPool(blockSize: 4096))
            Self.incompressible[..<before].withUnsafeBytes { rope.append($0) }
            try raw.withUnsafeBytes { try writer.appendMember(of: $0, to: rope) }
            let isSame = rope.finish().joined[before...].elementsEqual(alone)
            #expect(isSame, "after \(before) bytes")
        }
    }

    @Test(arguments: GzipEngine.allCases)
    func memberHasNoNameAndNoTime(engine: GzipEngine) throws {
        let file = try compress([jsonLines(100)], GzipSettings(engine: engine)).joined
        #expect(file[..<8] == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
    }

    @Test func oneWriterServesRopesInTurn() throws {
        let writer = try GzipWriter()
        let pool = BlockPool(blockSize: 1024)
        let ropes = (0..<3).map { _ in RopeWriter(pool: pool) }
        for round in 0..<4 {
            for (index, rope) in ropes.enumerated() {
                let raw = jsonLines(10_000, seed: UInt64(round * 10 + index))
                try raw.withUnsafeBytes { try writer.appendMember(of: $0, to: rope) }
            }
        }
        for (index, rope) in ropes.enumerated() {
            let expected = (0..<4).flatMap { jsonLines(10_000, seed: UInt64($0 * 10 + index)) }
            #expect(try decompress(rope.finish().joined) == expected)
        }
    }

    @Test func higherLevelsOfZlibAreSmaller() throws {
        let sizes = try [1, 6].map {
            try compress([jsonLines(500_000)], #require(GzipSettings(engine: .zlib, level: $0))).count
        }
        #expect(sizes[1] < sizes[0])
    }

    @Test func levelsThatAnEngineLacksAreRefused() {
        #expect(GzipSettings(engine: .isal, level: 4) == nil)
        #expect(GzipSettings(engine: .isal, level: -1) == nil)
        #expect(GzipSettings(engine: .zlib, level: 0) == nil)
        #expect(GzipSettings(engine: .zlib, level: 10) == nil)
        #expect(GzipSettings() == GzipSettings(engine: .isal, level: 3))
        #expect(GzipSettings(engine: .zlib) == GzipSettings(engine: .zlib, level: 6))
    }
}
