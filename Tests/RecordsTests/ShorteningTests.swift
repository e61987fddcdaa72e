import Bytes
import TestSupport
import Testing

@testable import Records

@Suite struct ShorteningTests {
    private func shorten(_ text: String, _ tokens: Int) -> String { shorten(Array(text.utf8), tokens) }

    private func shorten(_ bytes: [UInt8], _ tokens: Int) -> String {
        let buffer = ByteBuffer()
        let isShortened = bytes.withUnsafeBytes { Shortening.append($0, upTo: tokens, to: buffer) }
        #expect(isShortened == buffer.text.contains(" characters left out ...]"))
        return buffer.text
    }

    private func tokens(_ text: String) -> Int { Array(text.utf8).withUnsafeBytes { TokenEstimate.tokens($0) } }

    /// Head, number of characters left out, and tail.
    private func parts(_ text: String) throws -> (head: String, missing: Int, tail: String) {
        let match = try #require(
            text.firstMatch(of: /\n\[\.\.\. (\d+) characters left out \.\.\.\]\n/.matchingSemantics(.unicodeScalar)))
        return (
            String(text[..<match.range.lowerBound]), try #require(Int(match.1)), String(text[match.range.upperBound...])
        )
    }

    @Test(arguments: [("", 0), ("a", 1), ("abc", 1), ("abcd", 2), ("é", 1), ("ééé", 3), ("a😀", 2), ("e\u{301}", 2)])
    func estimate(_ text: String, _ expected: Int) { #expect(tokens(text) == expected) }

    @Test func theEstimateCountsScalarByScalar() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            let text = Self.text(&random, pieces: 40)
            let thirds = text.unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : 3) }
            #expect(tokens(text) == (thirds + 2) / 3)
        }
    }

    @Test func whatFitsIsKept() {
        for text in [
            String(repeating: "a", count: 192), String(repeating: "漢", count: 64), String(repeating: "é", count: 64),
        ] {
            #expect(shorten(text, 64) == text)
            #expect(shorten(text + "a", 64) != text + "a")
        }
    }

    @Test func twoThirdsOfTheBeginningAndOneOfTheEnd() throws {
        let text = (0..<100_000).map { "\($0 % 10)" }.joined()
        let parts = try parts(shorten(text, 1016))
        #expect(parts.head.count == 2000)
        #expect(parts.tail.count == 1000)
        #expect(parts.missing == 97_000)
        #expect(text.hasPrefix(parts.head) && text.hasSuffix(parts.tail))
    }

    /// Against the standard library's view of the whole text.
    @Test(arguments: 0..<8) func neverInsideACharacter(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let text = Self.text(&random, pieces: 400)
            let limit = Int.random(in: 64...200, using: &random)
            let short = shorten(text, limit)
            guard short != text else { continue }
            #expect(tokens(short) <= limit)
            let parts = try parts(short)
            let scalars = text.unicodeScalars.count
            #expect(parts.head.unicodeScalars.count + parts.missing + parts.tail.unicodeScalars.count == scalars)
            let headEnd = text.utf8.index(text.startIndex, offsetBy: parts.head.utf8.count)
            let tailStart = text.utf8.index(text.endIndex, offsetBy: -parts.tail.utf8.count)
            #expect(text.utf8.starts(with: parts.head.utf8))
            #expect(text[tailStart...].utf8.elementsEqual(parts.tail.utf8))
            #expect(String.Index(headEnd, within: text) != nil, "a character was cut at the end of the beginning")
            #expect(String.Index(tailStart, within: text) != nil, "a character was cut at the beginning of the end")
        }
    }

    private static let family = "👩\u{200D}👩\u{200D}👧\u{200D}👦"

    @Test(arguments: ["🇩🇪", family, "e\u{301}\u{302}", "\r\n", "한", "क्षि", "👍🏽", "1️⃣"])
    func charactersOfOneKind(_ character: String) throws {
        for extra in ["", "x", "xy", "xyz"] {
            let text = extra + String(repeating: character, count: 4000) + extra
            let parts = try parts(shorten(text, 200))
            #expect(parts.head.dropFirst(extra.count).allSatisfy { String($0) == character })
            #expect(parts.tail.dropLast(extra.count).allSatisfy { String($0) == character })
            #expect(parts.head.count > 5 && parts.tail.count > 5)
        }
    }

    @Test func aCharacterOfMegabytesIsCutAtAScalar() throws {
        let text = "a" + String(repeating: "\u{301}", count: 1_000_000)
        let short = shorten(text, 100)
        let parts = try parts(short)
        #expect(parts.head.unicodeScalars.count == 56)
        #expect(parts.tail.unicodeScalars.count == 28)
        #expect(tokens(short) <= 100)
    }

    @Test func manyFlagsAreCutBetweenScalarsAtWorst() throws {
        let short = shorten(String(repeating: "🇩🇪", count: 500_000), 300)
        #expect(tokens(short) <= 300)
        #expect(!short.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test func bytesThatAreNotUTF8AreBounded() {
        for bytes in [[0x80], [0xFF], [0xC3], [0xF0, 0x9F], [0xE2, 0x82, 0x61]] as [[UInt8]] {
            let many = Array(repeating: bytes, count: 200_000).flatMap { $0 }
            #expect(shorten(many, 100).utf8.count < 4000)
            #expect(shorten(bytes, 100) == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(.timeLimit(.minutes(1))) func megabytesTakeLinearTime() throws {
        let parts = try parts(shorten(Array(repeating: UInt8(ascii: " "), count: 4 << 20), 10_000))
        #expect(parts.missing > 3 << 20)
    }

    private static func text(_ random: inout SeededGenerator, pieces: Int) -> String {
        let parts = [
            "a", "word ", "\r\n", "\n", "é", "e\u{301}", "漢字", "😀", "🇩🇪", "🇫🇷🇮🇹", family, "👍🏽", "한",
            "\u{1100}\u{1161}\u{11A8}",
            "क्षि", "1️⃣", "\u{200B}", "\u{FEFF}", "\u{0}", "\u{10FFFF}", "z\u{301}\u{302}\u{303}", "\r", "\u{200D}",
            "\u{600}1",
        ]
        return (0..<Int.random(in: 1...pieces, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
            .joined()
    }
}
