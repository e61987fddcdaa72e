import Bytes
import Foundation
import Records
import Testing

@testable import Tagging

@Suite struct TaggedLineTests {
    private func write(
        _ line: String, _ answer: TagAnswer = TagAnswer(.untagged), from source: AnswerSource = .model, number: Int = 7
    ) throws -> String {
        let writer = TaggedLine(
            taxonomy: try Samples.taxonomy(["b": "x", "a\"": "y"]), model: "m-1", prompt: "p-1", file: "t-p00001-0-9")
        let reader = try Samples.reader()
        let buffer = ByteBuffer()
        buffer.append("before")
        try Array(line.utf8).withUnsafeBytes { bytes in
            let record = try #require(reader.read(bytes))
            writer.append(bytes, record, number: number, answer, from: source, to: buffer)
        }
        return String(buffer.text.dropFirst("before".count))
    }

    private func own(_ id: String, tags: String = "", status: String = "untagged", source: String = "model") throws
        -> String
    {
        let taxonomy = try Samples.taxonomy(["b": "x", "a\"": "y"]).label
        return #""relevant_tags":[\#(tags)],"tag_status":"\#(status)","tagging":{"id":"\#(id)","model":"m-1","#
            + #""prompt":"p-1","taxonomy":"\#(taxonomy)","source":"\#(source)"}}"#
    }

    @Test func theThreeMembersAreAdded() throws {
        let line = #"{"id":"x\n","input":"a","n":1.50,"e":1e400,"s":"\ud800"}"#
        #expect(
            try write(line, TagAnswer(tagged: [0, 1]), from: .batch)
                == line.dropLast() + "," + own(#"x\n"#, tags: #""a\"","b""#, status: "tagged", source: "batch"))
    }

    @Test func anEmptyRecord() throws {
        #expect(
            try write("{}", TagAnswer(.noContent), from: .nobody) == "{"
                + own("t-p00001-0-9-7", status: "no_content", source: "none"))
    }

    @Test(arguments: [
        (#"{"tagging":1}"#, "{"), (#"{"tagging":1,"a":2}"#, #"{"a":2,"#), (#"{"a":2,"tagging":1}"#, #"{"a":2,"#),
        (#"{"a":1,"tagging":{"x":[1,2]},"b":2}"#, #"{"a":1,"b":2,"#),
        (#"{"relevant_tags":[],"tag_status":"","tagging":0}"#, "{"),
        (#"{"tagging":1,"tagging":2,"a":3,"tagging":4}"#, #"{"a":3,"#),
        (#"{"a":{"tagging":1},"tagging":2}"#, #"{"a":{"tagging":1},"#), (#"{"\u0074agging":1,"a":2}"#, #"{"a":2,"#),
        (#"{"a":1,"relevant_tags":["x"],"b":2,"tag_status":"y","c":3}"#, #"{"a":1,"b":2,"c":3,"#),
    ])
    func ownMembersAreReplaced(_ line: String, _ kept: String) throws {
        #expect(try write(line) == kept + own("t-p00001-0-9-7"))
    }

    private static let kafka = #""_kafka":{"topic":"t","partition":3,"offset":42}"#

    @Test(arguments: [
        (#"{"a":1,KAFKA}"#, "t-3-42"), (#"{KAFKA,"value":{"tagging":1}}"#, "t-3-42"),
        (#"{KAFKA,"value":{"id":5}}"#, "5"),
    ])
    func otherRecordFormats(_ line: String, _ id: String) throws {
        let line = line.replacing("KAFKA", with: Self.kafka)
        #expect(try write(line) == line.dropLast() + "," + own(id))
    }

    @Test(arguments: TagStatus.allCases.filter { $0 != .tagged }) func allButTaggedHaveNoTags(_ status: TagStatus)
        throws
    {
        #expect(try write("{}", TagAnswer(status)).contains(#""relevant_tags":[],"tag_status":"\#(status.rawValue)""#))
    }

    /// Another reader sees the record as it was, but for our members.
    @Test func foundationReadsIt() throws {
        let line = #"{"tagging":{"old":true},"id":"é\t","input":{"deep":[1,{"tag_status":"kept"}]},"x":null}"#
        let written = try JSONSerialization.jsonObject(with: Data(write(line).utf8)) as? NSDictionary
        let expected = try #require(
            JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        for (key, value) in expected where key != "tagging" {
            #expect(written?[key] as? NSObject == value as? NSObject)
        }
        #expect((written?["tagging"] as? [String: String])?["id"] == "é\t")
        #expect(written?.count == 6)
    }
}
