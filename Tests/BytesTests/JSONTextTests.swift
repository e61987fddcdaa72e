@testable import Bytes
import Foundation
import TestSupport
import Testing

@Suite struct JSONTextTests {
    private func jsonString(_ bytes: [UInt8]) -> String? {
        let buffer = ByteBuffer()
        buffer.append("before")
        guard bytes.withUnsafeBytes({ buffer.append(jsonString: $0) }) else {
            #expect(buffer.count == 6)
            return nil
        }
        return String(decoding: buffer.bytes.dropFirst(6), as: UTF8.self)
    }

    private func unescaped(_ text: String) -> [UInt8]? {
        Array(text.utf8).withUnsafeBytes { JSONText.unescaped($0) }
    }

    @Test func escapesOnlyWhatMustBe() {
        #expect(jsonString([]) == #""""#)
        #expect(jsonString(Array("plain, / é 😀 \u{7F}".utf8)) == "\"plain, / é 😀 \u{7F}\"")
        #expect(jsonString(Array("a\"b\\c".utf8)) == #""a\"b\\c""#)
        #expect(jsonString(Array("\u{0}\u{8}\t\n\u{B}\u{C}\r\u{1F}".utf8)) == #""\u0000\b\t\n\u000b\f\r\u001f""#)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80],
            [0x61, 0x62, 0xC3], [0x61, 0xE2, 0x82], [0xFF], [0xC3, 0x28], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        for prefix in 0..<10 { #expect(jsonString(Array(repeating: 0x61, count: prefix) + bytes) == nil) }
    }

    @Test func anyTextComesBackFromFoundation() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let text = String.random(using: &random)
            let json = try #require(jsonString(Array(text.utf8)))
            #expect(try JSONDecoder().decode(String.self, from: Data(json.utf8)) == text)
            #expect(unescaped(String(json.dropFirst().dropLast())) == Array(text.utf8))
        }
    }

    @Test func undoesEveryEscape() {
        #expect(unescaped(#"\"\\\/\b\f\n\r\t"#) == [0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09])
        #expect(unescaped(#"\u0041\u00e9\u20AC\uD83D\uDE00\u0000"#) == Array("Aé€😀\0".utf8))
        #expect(unescaped("é") == Array("é".utf8))
    }

    @Test(arguments: [
        #"\uD83D"#, #"\uDE00"#, #"\uD83D\u0041"#, #"\uD83Dx"#, #"\uD83D\uD83D"#, #"a\"#, #"\u12"#, #"\x"#,
    ])
    func loneSurrogatesAndCutEscapesStandForNothing(_ text: String) {
        #expect(unescaped(text) == nil)
    }
}
