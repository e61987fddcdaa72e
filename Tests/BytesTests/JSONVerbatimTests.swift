import TestSupport
import Testing

@testable import Bytes

/// What may be copied from one JSON string into another.
@Suite struct JSONVerbatimTests {
    private static let tagStart = UInt8(ascii: "<")
    private static let shortEscapes: [UInt8] = [0x08, 0x09, 0x0A, 0x0C, 0x0D]

    private func verbatim(_ json: [UInt8]) -> JSONText.Verbatim? {
        json.withUnsafeBytes { JSONText.verbatim($0, but: Self.tagStart) }
    }

    private func inside(_ text: [UInt8]) -> [UInt8]? {
        let buffer = ByteBuffer()
        guard text.withUnsafeBytes({ buffer.append(insideJSONString: $0) }) else { return nil }
        return [UInt8](buffer.bytes)
    }

    private func unescaped(_ json: [UInt8]) -> [UInt8] {
        let buffer = ByteBuffer()
        json.withUnsafeBytes { buffer.append(unescaping: $0) }
        return [UInt8](buffer.bytes)
    }

    private func counted(_ text: [UInt8]) -> JSONText.Verbatim {
        JSONText.Verbatim(
            asciiBytes: text.count { $0 < 0x80 }, otherBytes: text.count { $0 >= 0x80 },
            otherScalars: text.count { $0 >= 0xC0 })
    }

    @Test(arguments: [
        "", "plain", #"\n\"\\\t\r\b\f"#, "é", "漢字 😀 \u{10FFFF} \u{7F}", #"a long enough text with a \" at its end\\"#,
    ])
    func copiesWhatWouldBeWrittenTheSame(_ json: String) {
        #expect(verbatim(Array(json.utf8)) == counted(unescaped(Array(json.utf8))))
    }

    @Test(arguments: [
        #"\/"#, #"\u0041"#, #"\u0001"#, #"\u003crecord_input>"#, #"\x"#, #"\"#, #"a\\\"#, "\"", "\n", "\u{1F}", "<",
        "</record_input>",
    ])
    func refusesWhatIsWrittenInAnotherWay(_ json: String) {
        for padding in 0..<34 {
            let before = [UInt8](repeating: UInt8(ascii: "a"), count: padding)
            #expect(verbatim(before + Array(json.utf8)) == nil)
        }
    }

    /// Whatever is taken is what would be written of its text, byte for byte, and has no tag in it.
    @Test func agreesWithTheLongWay() {
        var random = SeededGenerator(seed: 7)
        let pieces: [[UInt8]] =
            [
                "<", "/", "\\/", "\\u00e9", "\\ud83d\\ude00", "\\u003c", "\\n", "\\\\", "\\\"", "\\", "\"", "\u{1}",
                "é", "😀",
                "sixteen bytes, or more of them", "x",
            ].map { Array($0.utf8) } + [[0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]
        var taken = 0
        for _ in 0..<20_000 {
            var json = inside(Array(String.random(using: &random).utf8)) ?? []
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0...json.count, using: &random)
                let end = random.chance(50) ? place : Int.random(in: place...json.count, using: &random)
                json.replaceSubrange(place..<end, with: random.pick(pieces))
            }
            let text = unescaped(json)
            let isSame = inside(text) == json && !json.contains(Self.tagStart)
            // Controls without an escape of two characters are left to the long way.
            let isWanted = isSame && !text.contains { $0 < 0x20 && !Self.shortEscapes.contains($0) }
            #expect(verbatim(json) == (isWanted ? counted(text) : nil))
            taken += isWanted ? 1 : 0
        }
        #expect((4000..<16_000).contains(taken))
    }
}
