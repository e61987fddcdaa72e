@testable import Bytes
import TestSupport
import Testing

@Suite struct JSONMembersTests {
    private func read(_ text: String) -> (members: [String], isComplete: Bool)? {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in
            guard var members = JSONMembers(bytes) else { return nil }
            var read: [String] = []
            while let member = members.next() {
                let key = String(decoding: bytes[member.key], as: UTF8.self)
                read.append("\(key)=\(String(decoding: bytes[member.value], as: UTF8.self)) \(member.kind)")
            }
            return (read, members.isComplete)
        }
    }

    @Test func membersOfAnObject() throws {
        let all = try #require(
            read(#"{"a":"x","":{"b":[1,{"c":"}"}]},"k\"\\":[],"n":-1.5e+3,"t":true,"f":false,"z":null,"a":{}}"#))
        #expect(
            all.members == [
                #"a="x" string"#, #"={"b":[1,{"c":"}"}]} object"#, #"k\"\\=[] array"#, "n=-1.5e+3 number",
                "t=true bool",
                "f=false bool", "z=null null", "a={} object",
            ])
        #expect(all.isComplete)
    }

    @Test func elementsOfAnArray() throws {
        let all = try #require(read(#"[1,"a,]",[2,3],{"b":1}]"#))
        #expect(all.members == ["=1 number", #"="a,]" string"#, "=[2,3] array", #"={"b":1} object"#])
        #expect(all.isComplete)
    }

    @Test(arguments: ["{}", "[]"]) func emptyContainers(_ text: String) throws {
        let all = try #require(read(text))
        #expect(all.members.isEmpty && all.isComplete)
    }

    @Test(arguments: ["", "{", "1", "\"{}\"", "{]", " {}", "{} ", "null"])
    func whatIsNoContainer(_ text: String) { #expect(read(text) == nil) }

    @Test(arguments: [
        (#"{"a"}"#, 0), (#"{"a":}"#, 0), (#"{"a":1,}"#, 1), (#"{,}"#, 0), (#"{"a":1 ,"b":2}"#, 0),
        (#"{"a":1"b":2}"#, 0),
        (#"{"a":"\"}"#, 0), (#"{"a":"}"#, 0), (#"{"a:1}"#, 0), (#"{a:1}"#, 0), (#"{"a":{}"#, 0), (#"{"a":[}"#, 0),
        (#"{"a":1}}"#, 0), (#"{"a":x}"#, 0), (#"{"a":{}{}}"#, 1), ("[1,]", 1), ("[,1]", 0), (#"{"a":"\}"#, 0),
    ])
    func faultsEndTheWalk(_ text: String, _ members: Int) throws {
        let all = try #require(read(text))
        #expect(!all.isComplete)
        #expect(all.members.count == members)
    }

    @Test func aRangeIsNotLeft() throws {
        let bytes = Array(#"{"o":{"a":1},"b":2}"#.utf8)
        try bytes.withUnsafeBytes { bytes in
            var members = try #require(JSONMembers(bytes, in: 5..<12))
            #expect(members.next() == JSONMembers.Member(key: 7..<8, value: 10..<11, kind: .number))
            #expect(members.next() == nil)
            #expect(members.isComplete)
            #expect(JSONMembers(bytes, in: 5..<200) == nil)
            #expect(JSONMembers(bytes, in: 5..<6) == nil)
        }
    }

    /// Every member of random objects, as the slow reader sees them.
    @Test(arguments: 0..<20) func asTheReferenceReads(_ seed: UInt64) throws {
        var json = RandomJSON(seed: 7000 + seed)
        let (scanner, buffer) = (JSONScanner(), ByteBuffer())
        for _ in 0..<300 {
            buffer.removeAll(keepingCapacity: 1 << 16)
            guard case .object = json.document().withUnsafeBytes({ scanner.scan($0, into: buffer) }) else { continue }
            let minified = [UInt8](buffer.bytes)
            var reference = ReferenceJSON(minified, maxDepth: 128)
            guard case .object(let expected, _) = try reference.read().0 else { continue }
            var members = try #require(JSONMembers(buffer.bytes))
            var rebuilt: [[UInt8]] = []
            var index = 0
            while let member = members.next() {
                try #require(index < expected.count)
                #expect(member.kind == expected[index].1.kind)
                #expect(minified[member.value].elementsEqual(expected[index].1.text))
                rebuilt.append([0x22] + minified[member.key] + [0x22, 0x3A] + minified[member.value])
                index += 1
            }
            #expect(members.isComplete)
            #expect(index == expected.count)
            #expect(Array("{".utf8) + rebuilt.joined(separator: [0x2C]) + Array("}".utf8) == minified)
        }
    }

    /// Debug builds check every access, so a walk out of bounds ends the test.
    @Test(arguments: 0..<20) func damageStaysInBounds(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: 8000 + seed)
        var json = RandomJSON(seed: 9000 + seed)
        for _ in 0..<500 {
            var bytes = Array("{".utf8) + json.document() + Array("}".utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                bytes[Int.random(in: 1..<bytes.count, using: &random)] = random.pick(Array("{}[]\",:\\1n".utf8))
            }
            bytes[bytes.count - 1] = UInt8(ascii: "}")
            bytes.withUnsafeBytes { bytes in
                guard var members = JSONMembers(bytes) else { return }
                var last = 1
                while let member = members.next() {
                    #expect(member.key.lowerBound > last && member.key.upperBound < member.value.lowerBound)
                    #expect(member.value.upperBound < bytes.count && !member.value.isEmpty)
                    last = member.value.upperBound - 1
                }
                #expect(members.next() == nil)
            }
        }
    }
}

@Suite struct JSONPointerFindTests {
    private static let document =
        #"{"a":{"b":[10,{"c":"x"}]},"a~b":1,"s/t":2,"d":1,"d":{"e":null},"\u0066":3,"":{"":4},"arr":[[1],[2]]}"#

    @Test(arguments: [
        ("", document), ("/a/b/0", "10"), ("/a/b/1/c", #""x""#), ("/a~0b", "1"), ("/s~1t", "2"), ("/d/e", "null"),
        ("/f", "3"), ("//", "4"), ("/arr/1/0", "2"),
    ])
    func found(_ pointer: String, _ expected: String) throws {
        let bytes = Array(JSONPointerFindTests.document.utf8)
        let range = try bytes.withUnsafeBytes { bytes in
            try #require(JSONPointer(pointer)).find(in: bytes, 0..<bytes.count)
        }
        #expect(range.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test(arguments: ["/x", "/a/b/2", "/a/b/-", "/a/b/01", "/a/b/0/c", "/d/e/f", "/A", "/a/b/+1"])
    func notFound(_ pointer: String) throws {
        let bytes = Array(JSONPointerFindTests.document.utf8)
        let range = try bytes.withUnsafeBytes { bytes in
            try #require(JSONPointer(pointer)).find(in: bytes, 0..<bytes.count)
        }
        #expect(range == nil)
    }
}

@Suite struct JSONUnescapingTests {
    private func unescape(_ text: String) -> String {
        let buffer = ByteBuffer()
        Array(text.utf8).withUnsafeBytes { buffer.append(unescaping: $0) }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("", ""), ("plain text of some length, é and 😀", "plain text of some length, é and 😀"),
        (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"\u0041\u00e9\u20AC\uD83D\uDE00"#, "Aé€😀"),
        (#"0123456\n89abcdef\n"#, "0123456\n89abcdef\n"),
    ])
    func valid(_ text: String, _ expected: String) { #expect(unescape(text) == expected) }

    @Test(arguments: [
        (#"\uD83D"#, "\u{FFFD}"), (#"a\uDE00b"#, "a\u{FFFD}b"), (#"\uD83D\u0041"#, "\u{FFFD}A"),
        (#"\uD83D\uD83D\uDE00"#, "\u{FFFD}😀"), (#"\uD83Dx\uDE00"#, "\u{FFFD}x\u{FFFD}"),
    ])
    func loneSurrogates(_ text: String, _ expected: String) { #expect(unescape(text) == expected) }

    @Test(arguments: [(#"a\"#, "a\u{FFFD}"), (#"\x1"#, "\u{FFFD}1"), (#"\u12"#, "\u{FFFD}12"), (#"\u"#, "\u{FFFD}")])
    func whatIsNoEscape(_ text: String, _ expected: String) { #expect(unescape(text) == expected) }

    @Test func asTheOtherUnescaper() {
        var random = SeededGenerator(seed: 31)
        let parts = [#"\n"#, #"\u00e9"#, #"\ud83d\ude00"#, "plain", "é", "漢字", #"\\"#, #"\""#, "x"]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0..<30, using: &random)).map { _ in random.pick(parts) }.joined()
            let expected = Array(text.utf8).withUnsafeBytes { JSONText.unescaped($0) }
            #expect(Array(unescape(text).utf8) == expected)
        }
    }
}
