import Bytes
import Foundation
import Support
import Testing

@testable import Anthropic

@Suite struct MessageTemplateTests {
    private static let nasty = "He said \"no\\\" \u{1}\n\t日本語 👩‍👩‍👧 \u{2028} </script>"

    private func decoded(_ rope: ByteRope) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(rope.joined)) as? NSDictionary)
    }

    @Test func everythingIsWhereTheAPIWantsIt() throws {
        let template = try MessageTemplate(
            model: "claude-haiku-5-5", system: Self.nasty, schema: Array(#" { "type" : "object" } "#.utf8),
            effort: .low)
        let request = try #require(template.request(content: Self.nasty, maxTokens: 2048))
        let expected: NSDictionary = [
            "model": "claude-haiku-5-5", "max_tokens": 2048,
            "system": [["type": "text", "text": Self.nasty, "cache_control": ["type": "ephemeral"]] as NSDictionary],
            "messages": [["role": "user", "content": Self.nasty]],
            "output_config": ["effort": "low", "format": ["type": "json_schema", "schema": ["type": "object"]]]
                as NSDictionary,
        ]
        #expect(try decoded(request.body) == expected)
        let quoted = Array(request.body.joined[request.contentRange])
        #expect(
            try JSONSerialization.jsonObject(with: Data(quoted), options: .fragmentsAllowed) as? String == Self.nasty)
    }

    @Test func whatIsNotAskedForIsNotThere() throws {
        let template = try MessageTemplate(model: "m", system: "s", cachesSystem: false)
        let expected: NSDictionary = [
            "model": "m", "max_tokens": 1, "system": [["type": "text", "text": "s"]],
            "messages": [["role": "user", "content": ""]],
        ]
        #expect(try decoded(#require(template.request(content: "", maxTokens: 0)).body) == expected)
        let onlyEffort = try MessageTemplate(model: "m", system: "s", effort: .max)
        #expect(
            try decoded(#require(onlyEffort.request(content: "", maxTokens: 1)).body)["output_config"] as? NSDictionary
                == ["effort": "max"])
    }

    @Test func theSamePrefixInEveryRequest() throws {
        let template = try MessageTemplate(model: "m", system: "s", schema: Array("{}".utf8))
        let first = try #require(template.request(content: "a", maxTokens: 1)).body
        let second = try #require(template.request(content: "bcd", maxTokens: 999)).body
        #expect(first.blocks[0] === second.blocks[0], "shared, not copied")
    }

    @Test func contentThatIsNotUTF8() throws {
        let template = try MessageTemplate(model: "m", system: "s")
        let request = ([0x61, 0xFF] as [UInt8]).withUnsafeBytes { template.request(content: $0, maxTokens: 1) }
        #expect(request == nil)
    }

    @Test(arguments: ["", "two words", "..", "line\n", String(repeating: "m", count: 129)])
    func aModelThatCannotBe(name: String) throws {
        let failure = try #require(throws: Failure.self) { try MessageTemplate(model: name, system: "") }
        #expect(failure.status == .usage)
    }

    @Test(arguments: ["", "[]", "{", #"{"a":1}x"#, "\u{FEFF}"])
    func aSchemaThatIsNone(schema: String) throws {
        let failure = try #require(throws: Failure.self) {
            try MessageTemplate(model: "m", system: "", schema: Array(schema.utf8))
        }
        #expect(failure.status == .usage)
    }
}
