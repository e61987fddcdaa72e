import Bytes
import Testing

@testable import Records

@Suite struct RecordReaderTests {
    private struct Reading {
        var record: RawRecord?
        var input: String
        var output: String
        var id: String
    }

    private static func reader(
        id: String = RecordFields.idStandard, input: [String] = RecordFields.inputStandard,
        output: [String] = RecordFields.outputStandard, config: String = "config"
    ) throws -> RecordReader {
        RecordReader(
            fields: RecordFields(
                id: try #require(JSONPointer(id)), input: input.compactMap { JSONPointer($0) },
                output: output.compactMap { JSONPointer($0) }),
            shortening: Shortening(), config: config, dropping: ["relevant_tags", "tag_status", "tagging"])
    }

    private func read(_ line: String, _ reader: RecordReader? = nil) throws -> Reading {
        try read(Array(line.utf8), reader)
    }

    private func read(_ line: [UInt8], _ given: RecordReader? = nil) throws -> Reading {
        let reader = try given ?? Self.reader()
        return line.withUnsafeBytes { bytes in
            let record = reader.read(bytes)
            func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
            let id =
                switch record?.identity {
                case .field(let range)?: text(range)
                case .kafka(let topic, let partition, let offset)?: "\(text(topic))|\(text(partition))|\(text(offset))"
                case .position?: "position"
                case nil: "none"
                }
            return Reading(record: record, input: reader.input.text, output: reader.output.text, id: id)
        }
    }

    @Test func theUsualRecord() throws {
        let reading = try read(#"{"id":"i-1","input":"Hi\n\"you\" \ud83d\ude00","output":"Hello","n":1}"#)
        #expect(reading.input == "Hi\n\"you\" 😀")
        #expect(reading.output == "Hello")
        #expect(reading.id == "i-1")
        #expect(reading.record?.dropped == [])
        #expect(reading.record?.isShortened == false)
        #expect(reading.record?.key?.description.count == 32)
    }

    @Test(arguments: [
        (#"{"messages":[{"role":"user","content":"x\n"}]}"#, #"[{"role":"user","content":"x\n"}]"#),
        (#"{"prompt":"p","messages":[1]}"#, "[1]"), (#"{"prompt":"p","input":null}"#, "p"),
        (#"{"input":{"a":1}}"#, #"{"a":1}"#),
        (#"{"input":"","messages":[],"prompt":"p"}"#, "p"), (#"{"input":" \n\t","prompt":"p"}"#, "p"),
        (#"{"input":0}"#, "0"),
        (#"{"input":false}"#, "false"), (#"{"input":"a","input":"b"}"#, "b"), (#"{"\u0069nput":"a"}"#, "a"),
        (#"{"input":{},"prompt":"p"}"#, "p"), (#"{"input":1e5}"#, "1e5"), (#"{"a":{"input":"x"}}"#, ""),
        (#"{"input":"\ud800 x \udc00"}"#, "\u{FFFD} x \u{FFFD}"),
    ])
    func theInput(_ line: String, _ expected: String) throws { #expect(try read(line).input == expected) }

    @Test(arguments: [
        (#"{"output":"o","response":"r"}"#, "o"), (#"{"completion":"c"}"#, "c"), (#"{"response":["r"]}"#, #"["r"]"#),
        ("{}", ""),
    ])
    func theOutput(_ line: String, _ expected: String) throws { #expect(try read(line).output == expected) }

    @Test func pointersLeadInside() throws {
        let reader = try Self.reader(
            id: "/meta/ids/1", input: ["/messages/0/content"],
            output: ["/choices/0/message/content", "/choices/0/text"])
        let line = #"{"messages":[{"content":"in"}],"choices":[{"message":{},"text":"out"}],"meta":{"ids":["a","b"]}}"#
        let reading = try read(line, reader)
        #expect(reading.input == "in")
        #expect(reading.output == "out")
        #expect(reading.id == "b")
    }

    @Test func theWholeRecordMayBeTheInput() throws {
        #expect(try read(#"{"a":1}"#, Self.reader(input: [""])).input == #"{"a":1}"#)
    }

    private static let kafka = #""_kafka":{"topic":"t","partition":3,"offset":42,"timestamp":1,"key":null}"#

    @Test(arguments: [
        (#"{"id":7}"#, "7"), (#"{"id":-0.5}"#, "-0.5"), (#"{"id":"a\"b"}"#, #"a\"b"#), (#"{"id":""}"#, "position"),
        (#"{"id":null}"#, "position"), (#"{"id":["x"]}"#, "position"), (#"{"id":true}"#, "position"),
        ("{}", "position"),
        (#"{"id":"a",KAFKA}"#, "a"), (#"{"id":null,KAFKA}"#, "t|3|42"), (#"{KAFKA,"value":{"id":"in"}}"#, "in"),
        (#"{KAFKA,"value":{}}"#, "t|3|42"),
        (#"{KAFKA,"value":{"_kafka":{"topic":"fake","partition":0,"offset":0}}}"#, "t|3|42"),
        (#"{"_kafka":{"topic":"first","partition":0,"offset":0},KAFKA}"#, "t|3|42"),
        (#"{"_kafka":{"topic":"t","partition":0}}"#, "position"),
        (#"{"_kafka":{"topic":1,"partition":0,"offset":0}}"#, "position"),
        (#"{"_kafka":{"topic_base64":"/w==","partition":0,"offset":0}}"#, "position"), (#"{"_kafka":1}"#, "position"),
        (#"{"_kafka":{"topic":"t","partition":"0","offset":1}}"#, "position"),
    ])
    func identity(_ line: String, _ expected: String) throws {
        #expect(try read(line.replacing("KAFKA", with: Self.kafka)).id == expected)
    }

    @Test func anOverlongIdIsNone() throws {
        #expect(try read(#"{"id":"\#(String(repeating: "x", count: 1100))"}"#).id == "position")
    }

    @Test func anEnvelopeIsLookedInto() throws {
        let reading = try read(#"{\#(Self.kafka),"value":{"input":"in","tagging":1}}"#)
        #expect(reading.input == "in")
        #expect(reading.record?.dropped == [])
    }

    /// Only what the loader writes is an envelope; else a field called `value` would hide the record.
    @Test(arguments: [
        #"{"input":"top",KAFKA,"value":{"input":"in"}}"#, #"{"value":{"input":"in"},KAFKA,"input":"top"}"#,
        #"{KAFKA,"value":{"input":"in"},"input":"top"}"#,
    ])
    func whatIsNoEnvelope(_ line: String) throws {
        #expect(try read(line.replacing("KAFKA", with: Self.kafka)).input == "top")
    }

    @Test func membersToDropAreFound() throws {
        let line = #"{"tagging":{"a":1},"x":1,"relevant_tags":["a"],"tag_\u0073tatus":"x","tagging":2,"Tagging":3}"#
        let dropped = try #require(try read(line).record?.dropped)
        let texts = dropped.map { String(decoding: Array(line.utf8)[$0], as: UTF8.self) }
        #expect(
            texts == [#""tagging":{"a":1}"#, #""relevant_tags":["a"]"#, #""tag_\u0073tatus":"x""#, #""tagging":2"#])
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"a\"}", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}", "x{}", "\u{FEFF}{}", "{}\n",
    ])
    func whatIsNoRecord(_ line: String) throws { #expect(try read(line).record == nil) }

    @Test func bytesThatAreNotUTF8AreRepaired() throws {
        let reading = try read(Array(#"{"input":"a"#.utf8) + [0xFF, 0xC3] + Array(#"b"}"#.utf8))
        #expect(reading.input == "a\u{FFFD}\u{FFFD}b")
    }

    // MARK: Keys

    private func key(_ line: String, _ reader: RecordReader? = nil) throws -> ContentKey? {
        try read(line, reader).record?.key
    }

    @Test(arguments: ["{}", #"{"id":"x"}"#, #"{"input":null,"output":""}"#, #"{"input":[],"output":{}}"#])
    func noContentHasNoKey(_ line: String) throws {
        #expect(try read(line).record != nil)
        #expect(try key(line) == nil)
    }

    @Test func theKeyIsOfTheContentAlone() throws {
        let base = try #require(try key(#"{"id":1,"input":"ab","output":"cd"}"#))
        #expect(try key(#"{"output":"cd","id":2,"input":"\u0061b"}"#) == base)
        #expect(try key(#"{"prompt":"ab","response":"cd"}"#) == base)
        for other in [
            #"{"input":"abc","output":"d"}"#, #"{"input":"ab"}"#, #"{"output":"cd"}"#, #"{"output":"abcd"}"#,
            #"{"input":"cd","output":"ab"}"#, #"{"input":"abcd"}"#,
        ] {
            #expect(try key(other) != base)
        }
    }

    @Test func anotherConfigurationIsAnotherKey() throws {
        let line = #"{"input":"a"}"#
        let other = try Self.reader(config: "another")
        #expect(try key(line) != key(line, other))
    }

    /// So that stored answers stay valid: a change of this value throws away every cache.
    @Test func theKeyNeverChangesByItself() throws {
        let reader = RecordReader(
            fields: RecordFields(
                id: try #require(JSONPointer("/id")), input: [try #require(JSONPointer("/input"))], output: []),
            shortening: Shortening(), config: "0123456789abcdef")
        // SHA-256 of 8-byte little-endian lengths and texts, as Python's hashlib computes it.
        #expect(try key(#"{"input":"hello"}"#, reader)?.description == "95f8fef18381730bc91ab1248f45fc79")
    }

    @Test func aKeyIsReadBack() throws {
        let key = try #require(try self.key(#"{"input":"a"}"#))
        #expect(ContentKey(key.description) == key)
        for text in ["", "g" + key.description.dropFirst(), "+" + key.description.dropFirst(), key.description + "0"] {
            #expect(ContentKey(text) == nil)
        }
        #expect(ContentKey(key.description.uppercased()) == nil)
    }
}

extension ByteBuffer {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
