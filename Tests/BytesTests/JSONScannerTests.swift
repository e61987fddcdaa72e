@testable import Bytes
import Testing

/// One scan of a text, and what came out.
private struct Scan {
    var result: JSONScanResult
    var output: String
    var field: String?

    init(_ bytes: [UInt8], field pointer: String? = "/t", maxDepth: Int = 128) {
        let buffer = ByteBuffer()
        buffer.append("before ")
        let scanner = JSONScanner(field: pointer.flatMap(JSONPointer.init), maxDepth: maxDepth)
        result = bytes.withUnsafeBytes { scanner.scan($0, into: buffer) }
        let all = Array(buffer.bytes)
        output = String(decoding: all.dropFirst(7), as: UTF8.self)
        if case .object(let info) = result, let found = info.field {
            field = String(decoding: all[found.range], as: UTF8.self)
        }
        #expect(all.starts(with: "before ".utf8))
    }

    init(_ text: String, field: String? = "/t", maxDepth: Int = 128) {
        self.init(Array(text.utf8), field: field, maxDepth: maxDepth)
    }

    var fault: JSONFault? {
        if case .rejected(let fault) = result { fault } else { nil }
    }

    var kind: JSONField.Kind? {
        if case .object(let info) = result { info.field?.kind } else { nil }
    }
}

@Suite struct JSONScannerTests {
    @Test(arguments: [
        ("{}", "{}"), (" \t\r\n{ } \n", "{}"), ("{\"a\" : [ 1 , 2 ] }", "{\"a\":[1,2]}"),
        ("{\"a b\": \" c \\n d \"}", "{\"a b\":\" c \\n d \"}"),
        ("{\"n\": 123456789012345678901234567890.10e-400}", "{\"n\":123456789012345678901234567890.10e-400}"),
        ("{\"e\": \"\\u00E9\\/\\uD800 \\u0000\"}", "{\"e\":\"\\u00E9\\/\\uD800 \\u0000\"}"),
        ("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"),
        ("{\"x\":[true,false,null,{}, []]}", "{\"x\":[true,false,null,{},[]]}"),
        ("{\"k\":\"é€😀\u{7F}\u{2028}\"}", "{\"k\":\"é€😀\u{7F}\u{2028}\"}"),
    ])
    func minifiesAndKeepsAllElse(_ text: String, _ minified: String) {
        let scan = Scan(text)
        #expect(scan.output == minified)
        #expect(scan.result == .object(JSONScanInfo(hadByteOrderMark: false, field: nil)))
    }

    @Test(arguments: [
        ("", 0), (" ", 1), ("{", 1), ("}", 0), ("{\"a\"}", 4), ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{,}", 1),
        ("{\"a\":1 \"b\":2}", 7), ("{\"a\":1]", 6), ("{\"a\":[1}", 7), ("{\"a\":[1,]}", 8), ("{\"a\":[,1]}", 6),
        ("{a:1}", 1),
        ("{\"a\":01}", 6), ("{\"a\":1.}", 7), ("{\"a\":.5}", 5), ("{\"a\":+1}", 5), ("{\"a\":-}", 6), ("{\"a\":1e}", 7),
        ("{\"a\":1e+}", 8), ("{\"a\":0x1}", 6), ("{\"a\":NaN}", 5), ("{\"a\":Infinity}", 5), ("{\"a\":tru}", 5),
        ("{\"a\":truE}", 5), ("{\"a\":falsx}", 5), ("{\"a\":nul", 5), ("{\"a\":True}", 5), ("{\"a\":trueé}", 9),
        ("{\"a\":\"\\x\"}", 6), ("{\"a\":\"\\u12g4\"}", 6), ("{\"a\":\"\\u123", 6), ("{\"a\":\"\\", 6),
        ("{\"a\":\"b", 7),
        ("{\"a\":\"\n\"}", 6), ("{\"a\":\"12345678\u{1F}\"}", 14), ("{} x", 3), ("{}{}", 2), ("{}\u{0}", 2),
        ("\u{0}{}", 0),
        ("{\u{A0}}", 1), ("{'a':1}", 1), ("{\"a\":1}//", 7), ("\u{FEFF}", 3), ("{\u{FEFF}}", 1), ("[1", 2),
    ])
    func refusesWhatIsNotJSON(_ text: String, _ offset: Int) {
        let scan = Scan(text)
        #expect(scan.fault == JSONFault(reason: .notJSON, offset: offset))
        #expect(scan.output.isEmpty)
    }

    @Test(arguments: ["[]", "1", "\"{}\"", "null", "true", "-0.5e1", "[{\"t\":1}]"])
    func refusesOtherValuesThanObjects(_ text: String) {
        #expect(Scan("  " + text).fault == JSONFault(reason: .notObject, offset: 2))
        #expect(Scan(text, field: "").output.isEmpty)
    }

    /// Unicode table 3-7: what is next to each range, and cut sequences, at every place of a word and at the end.
    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x7F], [0xC2, 0xC0], [0xDF], [0xE0, 0x9F, 0xBF],
            [0xE0, 0xA0], [0xE1, 0x80, 0x7F], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF, 0xC0],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x90, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFE], [0xFF],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        for before in ["", "é", "€", "😀", "\\n"] {
            for length in 0..<12 {
                for end in ["\"}", "12345678\"}", "éé\"}", "éééééééé\"}", ""] {
                    let start = "{\"a\":\"" + String(repeating: "x", count: length) + before
                    let scan = Scan(Array(start.utf8) + bytes + Array(end.utf8))
                    #expect(scan.fault == JSONFault(reason: .notUTF8, offset: start.utf8.count))
                }
            }
        }
        #expect(Scan(bytes).fault == JSONFault(reason: .notUTF8, offset: 0))
        #expect(Scan(Array("{} ".utf8) + bytes).fault == JSONFault(reason: .notUTF8, offset: 3))
    }

    @Test func acceptsEveryCharacterAtEveryPlaceOfAWord() {
        let scalars = [0x80, 0x7FF, 0x800, 0xFFF, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF].compactMap(
            Unicode.Scalar.init)
        for first in scalars {
            for second in scalars {
                for length in 0..<9 {
                    let fill = String(repeating: "x", count: length)
                    let text = "{\"a\":\"\(fill)\(Character(first))\(fill)\(Character(second))\(Character(first))\"}"
                    #expect(Scan(text).output == text)
                }
            }
        }
    }

    @Test func knowsHexadecimalDigitsInEveryPlace() {
        for byte in UInt32(0)...255 {
            let isDigit = byte < 0x80 && Character(Unicode.Scalar(UInt8(byte))).isHexDigit
            for place in UInt32(0)..<4 {
                for others in [0x3030_3030, 0x6646_3961, 0x4146_6639] as [UInt32] {
                    let word = others & ~(0xFF << (place * 8)) | byte << (place * 8)
                    #expect(JSONCursor.isHex(word) == isDigit, "\(String(word, radix: 16))")
                }
            }
        }
    }

    @Test func otherEncodingsAreRefused() {
        let text = "{\"a\":1}"
        #expect(Scan(text.utf16.flatMap { [UInt8($0), 0] }).fault == JSONFault(reason: .notJSON, offset: 1))
        #expect(
            Scan([0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0), 0] }).fault == JSONFault(reason: .notUTF8, offset: 0))
        #expect(Scan(text.unicodeScalars.flatMap { [0, 0, 0, UInt8($0.value)] }).fault?.reason == .notJSON)
    }

    @Test func skipsAByteOrderMarkOnce() {
        let scan = Scan("\u{FEFF}{\"t\":1}")
        #expect(scan.output == "{\"t\":1}")
        #expect(scan.field == "1")
        guard case .object(let info) = scan.result else { return #expect(Bool(false)) }
        #expect(info.hadByteOrderMark)
        #expect(Scan("\u{FEFF}\u{FEFF}{}").fault == JSONFault(reason: .notJSON, offset: 3))
    }

    @Test func depthIsLimitedWithoutRecursion() {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}"
        }
        #expect(Scan(nested(128)).fault == nil)
        #expect(Scan(nested(129)).fault == JSONFault(reason: .tooDeep, offset: 132))
        #expect(Scan("{\"a\":1}", maxDepth: 1).fault == nil)
        #expect(Scan("{\"a\":{}}", maxDepth: 1).fault == JSONFault(reason: .tooDeep, offset: 5))
        let million = String(repeating: "{\"a\":", count: 1_000_000) + "1" + String(repeating: "}", count: 1_000_000)
        #expect(Scan(million, maxDepth: 1_000_000).fault == nil)
        #expect(Scan(million).fault?.reason == .tooDeep)
    }

    @Test func oneScannerServesManyValues() {
        let scanner = JSONScanner(field: JSONPointer("/t"))
        let buffer = ByteBuffer()
        func scan(_ text: String) -> JSONScanResult {
            Array(text.utf8).withUnsafeBytes { scanner.scan($0, into: buffer) }
        }
        #expect(scan("{\"t\":[1]}") != scan("{\"t\":[1"))
        #expect(scan("{ }") == .object(JSONScanInfo(hadByteOrderMark: false, field: nil)))
        let field = JSONField(kind: .number, range: 16..<17)
        #expect(scan("{\"t\": 5}") == .object(JSONScanInfo(hadByteOrderMark: false, field: field)))
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "{\"t\":[1]}{}{\"t\":5}")
    }
}

@Suite struct JSONScannerFieldTests {
    @Test(
        arguments: [
            ("/t", "{\"t\": 1 }", "1"), ("/t", "{\"x\":{\"t\":1},\"t\":\"2\"}", "\"2\""),
            ("/t", "{\"x\":[\"t\",1]}", nil),
            ("/t", "{\"t\":1,\"t\":2}", "2"), ("/t", "{\"\\u0074\":1}", "1"),
            ("/t", "{\"t\":1,\"\\u0074\":null}", "null"),
            ("/t", "{\"tt\":1,\"\":2}", nil), ("/t", "{\"t\":{ \"a\" : [ 1 ] } }", "{\"a\":[1]}"),
            ("/t", "{\"t\":[]}", "[]"),
            ("", "{ \"t\":1 }", "{\"t\":1}"), ("", "{}", "{}"), ("/", "{\"\":3}", "3"), ("/t", "{}", nil),
            ("/a/b", "{\"a\":{\"b\":1}}", "1"), ("/a/b", "{\"a\":{\"b\":1},\"a\":5}", nil),
            ("/a/b", "{\"a\":{\"b\":1},\"a\":{\"c\":2}}", nil), ("/a/b", "{\"a\":1,\"a\":{\"b\":2}}", "2"),
            ("/a/b", "{\"a\":{\"x\":{\"b\":1}},\"b\":2}", nil),
            ("/a/b", "{\"a\":{\"x\":{\"a\":{\"b\":1}},\"b\":3}}", "3"),
            ("/a/0", "{\"a\":[1,2]}", "1"), ("/a/1", "{\"a\":[1,2]}", "2"), ("/a/2", "{\"a\":[1,2]}", nil),
            ("/a/0", "{\"a\":[]}", nil), ("/a/00", "{\"a\":[1]}", nil), ("/a/-", "{\"a\":[1]}", nil),
            ("/a/-1", "{\"a\":[1]}", nil),
            ("/a/0", "{\"a\":{\"0\":7}}", "7"), ("/a/1/0", "{\"a\":[[1],[2]]}", "2"),
            ("/a/1", "{\"a\":[[5,6],7,8]}", "7"),
            ("/a/2", "{\"a\":[[5,6],[7],8]}", "8"), ("/a/0/1", "{\"a\":[[5,6],[7,8]]}", "6"),
            ("/a/0/b/1", "{\"a\":[{\"b\":[0,1,2]},{\"b\":[3,4]}]}", "1"),
            ("/a/18446744073709551616", "{\"a\":[1]}", nil),
            ("/a~1b", "{\"a/b\":1}", "1"), ("/~01", "{\"~1\":1}", "1"), ("/a~1b", "{\"a\\/b\":1}", "1"),
            ("/😀", "{\"\\ud83d\\ude00\":1}", "1"), ("/é", "{\"e\u{301}\":1}", nil),
            ("/\\u0074", "{\"\\u0074\":1}", nil),
        ] as [(String, String, String?)])
    func findsTheValueAtThePointer(_ pointer: String, _ text: String, _ field: String?) {
        #expect(Scan(text, field: pointer).field == field)
    }

    @Test(
        arguments: [
            ("{\"t\":{}}", .object), ("{\"t\":[1]}", .array), ("{\"t\":\"\"}", .string), ("{\"t\":-1}", .number),
            ("{\"t\":true}", .bool), ("{\"t\":false}", .bool), ("{\"t\":null}", .null),
        ] as [(String, JSONField.Kind)])
    func tellsItsKind(_ text: String, _ kind: JSONField.Kind) {
        #expect(Scan(text).kind == kind)
    }

    @Test func looksForNothingWithoutAPointer() {
        #expect(Scan("{\"t\":1}", field: nil).result == .object(JSONScanInfo(hadByteOrderMark: false, field: nil)))
    }
}
