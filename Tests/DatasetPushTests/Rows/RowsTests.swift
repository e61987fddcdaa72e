import Bytes
import Records
import Testing

@testable import DatasetPush

/// From tagged lines to rows.
@Suite struct RowsTests {
    private static let tagging = #""tagging":{"id":"i-1","model":"m","prompt":"p","taxonomy":"t","source":"api"}"#

    private func read(_ line: String, output: [String] = ["/output"]) throws(RecordFault) -> (row: String, TaggedRecord)
    {
        let fields = RecordFields(
            id: JSONPointer("/id")!, input: ["/input", "/messages", "/deep/0/in"].map { JSONPointer($0)! },
            output: output.map { JSONPointer($0)! })
        let bytes = Array(line.utf8)
        let result: Result<(String, TaggedRecord), RecordFault> = bytes.withUnsafeBytes { bytes in
            do throws(RecordFault) {
                let record = try TaggedRecordReader(fields: fields).read(bytes)
                let buffer = ByteBuffer()
                RowWriter(origin: .interactions(topic: "to\"pic", date: "2026-11-20")).append(
                    id: "rowid", record, of: bytes, at: RecordPlace(file: "13-p00000-1-2", hour: 13, line: 7),
                    verdict: Array(#","verdict":"safe""#.utf8), tags: { each in each(Array("a\"b".utf8)) }, to: buffer)
                return .success((String(decoding: buffer.bytes, as: UTF8.self), record))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func parts(_ line: String) throws -> (input: String, expected: String) {
        let row = try read(line).row
        let start = #"{"id":"rowid","input":"#
        #expect(row.hasPrefix(start))
        let rest = row.dropFirst(start.count)
        let middle = try #require(rest.firstRange(of: #","expected":"#))
        let end = try #require(rest.firstRange(of: #","tags":["a\"b"],"metadata":{"#))
        return (String(rest[..<middle.lowerBound]), String(rest[middle.upperBound..<end.lowerBound]))
    }

    @Test func wholeRow() throws {
        let line =
            #"{"id":"i-1","input":{"q":1.50},"output":"A\u00e9","relevant_tags":["a","b"],"tag_status":"tagged",\#(Self.tagging)}"#
        #expect(
            try read(line).row
                == #"{"id":"rowid","input":{"q":1.50},"expected":"A\u00e9","tags":["a\"b"],"metadata":{"interaction_id":"i-1","#
                + #""topic":"to\"pic","date":"2026-11-20","hour":13,"file":"13-p00000-1-2","line":7,"#
                + #""relevant_tags":["a","b"],"tag_model":"m","verdict":"safe"}}"#)
    }

    /// Values byte for byte.
    @Test(arguments: [
        (#""input":"x","output":"y""#, #""x""#, #""y""#), (#""input":null,"output":null"#, "null", "null"),
        (#""other":1"#, "null", "null"),
        (#""input":[1,{"a":[]}],"output":12345678901234567890.1"#, #"[1,{"a":[]}]"#, "12345678901234567890.1"),
        (#""input":null,"messages":[{"role":"user"}],"output":false"#, #"[{"role":"user"}]"#, "false"),
        (#""input":"","output":{}"#, #""""#, "{}"), (#""deep":[{"in":"d"}]"#, #""d""#, "null"),
        (#""input":{"id":null},"output":{"id":5}"#, #"{"id":null}"#, #"{"id":5}"#),
        (#""input":"\ud800\n日本","output":"\\\"""#, #""\ud800\n日本""#, #""\\\"""#),
        (#""input":1,"input":2"#, "2", "null"),
    ])
    func values(members: String, input: String, expected: String) throws {
        let rest = #""relevant_tags":[],"tag_status":"tagged",\#(Self.tagging)"#
        for line in [
            "{\(members),\(rest)}", #"{"id":1,\#(members),"_kafka":{"topic":"t","partition":0,"offset":5},\#(rest)}"#,
            #"{"_kafka":{"topic":"t","partition":0,"offset":5},"value":{\#(members)},\#(rest)}"#,
        ] {
            let parts = try parts(line)
            #expect(parts.input == input)
            #expect(parts.expected == expected)
        }
    }

    @Test func hugeValues() throws {
        let text = #""\#(String(repeating: "x", count: 3 << 20))""#
        let line = #"{"input":\#(text),"output":"y","relevant_tags":[],\#(Self.tagging)}"#
        #expect(try parts(line).input == text)
    }

    @Test(arguments: [
        ("", RecordFault.unreadable), ("[]", .unreadable), ("null", .unreadable), (#"{"input":1"#, .unreadable),
        ("{}", .noTags), (#"{"input":1,\#(tagging)}"#, .noTags),
        (#"{"relevant_tags":"ab",\#(tagging)}"#, .otherTags), (#"{"relevant_tags":{"a":1},\#(tagging)}"#, .otherTags),
        (#"{"relevant_tags":null,\#(tagging)}"#, .otherTags), (#"{"relevant_tags":5,\#(tagging)}"#, .otherTags),
        (#"{"relevant_tags":[]}"#, .noID), (#"{"relevant_tags":[],"tagging":null}"#, .noID),
        (#"{"relevant_tags":[],"tagging":"i-1"}"#, .noID), (#"{"relevant_tags":[],"tagging":{}}"#, .noID),
        (#"{"relevant_tags":[],"tagging":{"id":null}}"#, .noID), (#"{"relevant_tags":[],"tagging":{"id":""}}"#, .noID),
        (#"{"relevant_tags":[],"tagging":{"id":5}}"#, .noID),
    ])
    func faults(line: String, fault: RecordFault) {
        #expect(throws: fault) { try read(line) }
    }

    @Test func logsLinkToTheirOrigin() throws {
        let bytes = Array(
            #"{"id":"r\"1","_xact_id":"1000","created":"2026-01-01T00:00:00Z","input":1,"relevant_tags":[],"tagging":{"id":"r\"1"}}"#
                .utf8)
        let row = try bytes.withUnsafeBytes { bytes in
            let reader = TaggedRecordReader(
                fields: RecordFields(
                    id: JSONPointer("/id")!, input: [JSONPointer("/input")!], output: [JSONPointer("/output")!]))
            let record = try reader.read(bytes)
            let buffer = ByteBuffer()
            RowWriter(origin: .logs(projectID: "p1")).append(
                id: "x", record, of: bytes, at: RecordPlace(file: "f", hour: nil, line: 1), verdict: [],
                tags: { _ in }, to: buffer)
            return String(decoding: buffer.bytes, as: UTF8.self)
        }
        #expect(
            row
                == #"{"id":"x","input":1,"expected":null,"tags":[],"metadata":{"interaction_id":"r\"1","project_id":"p1","#
                + #""relevant_tags":[]},"origin":{"object_type":"project_logs","object_id":"p1","id":"r\"1","#
                + #""_xact_id":"1000","created":"2026-01-01T00:00:00Z"}}"#)
    }

    /// As Python's hashlib and base64 make them.
    @Test(arguments: [
        ("i-17", "iwk5i7gvafhwgpl7pkqcfjpdoatx266vjlxkipdtxpmftsgcizga"),
        ("é", "dcimguain4l2wcpsss2lqqmjecox5ff5hgk2rs3tds4s3mdklveq"),
    ])
    func ids(interaction: String, id: String) {
        #expect(RowID.make(dataset: "d1", interaction: interaction.utf8) == id)
        #expect(RowID.make(dataset: "d2", interaction: interaction.utf8) != id)
    }

    @Test func idsOfShiftedTexts() {
        #expect(RowID.make(dataset: "ab", interaction: "c".utf8) != RowID.make(dataset: "a", interaction: "bc".utf8))
    }
}
