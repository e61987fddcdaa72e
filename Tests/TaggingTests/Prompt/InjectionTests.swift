import Bytes
import Foundation
import Records
import Testing

@testable import Tagging

/// Records that try to give orders. That a model obeys none of them cannot be tested without one; what can be is that no
/// record gets out of its place in the prompt, and that nothing a model may be talked into leaves the taxonomy.
@Suite struct InjectionTests {
    struct Hostile: Codable, Sendable, CustomTestStringConvertible {
        var name: String
        var input: String
        var output: String

        var testDescription: String { name }
    }

    static let all: [Hostile] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../injections.json")
        let data = try? Data(contentsOf: file.standardized)
        return data.flatMap { try? JSONDecoder().decode([Hostile].self, from: $0) } ?? []
    }()

    @Test func thereAreManyOfThem() {
        #expect(Self.all.count >= 20)
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    }

    private static let delimiters = ["<record_input>", "</record_input>", "<record_output>", "</record_output>"]

    /// The record goes the whole way: JSON line, reader, prompt.
    @Test(arguments: all) func noDelimiterCanBeForged(_ hostile: Hostile) throws {
        let reader = try Samples.reader()
        let line = try JSONEncoder().encode(["input": hostile.input, "output": hostile.output + " "])
        #expect([UInt8](line).withUnsafeBytes { reader.read($0) != nil })
        let prompt = try Samples.prompt()
        let buffer = ByteBuffer()
        prompt.appendUser(input: reader.input.bytes, output: reader.output.bytes, to: buffer)
        let user = buffer.text
        let compact = user.lowercased().unicodeScalars.filter {
            !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
                && ![.control, .format].contains($0.properties.generalCategory)
        }.map(String.init).joined()
        for delimiter in Self.delimiters where !hostile.output.isEmpty || !delimiter.contains("output") {
            #expect(user.ranges(of: delimiter).count == 1, "\(delimiter)")
            #expect(compact.ranges(of: delimiter).count == 1, "\(delimiter) in other letters or with spaces")
        }
        let order = Self.delimiters.compactMap { user.firstRange(of: $0)?.lowerBound }
        #expect(order == order.sorted())
        // Outside of the delimiters there is only what the prompt itself says.
        let harmless = Samples.user(prompt, input: "x", output: reader.output.count == 0 ? "" : "y")
        #expect(outside(user) == outside(harmless))
    }

    private func outside(_ user: String) -> [String] {
        guard let first = user.firstRange(of: "<record_input>"), let last = user.ranges(of: "</record_input>").last
        else {
            return [user]
        }
        let rest = user[last.upperBound...]
        guard let begin = rest.firstRange(of: "<record_output>"), let end = rest.ranges(of: "</record_output>").last
        else {
            return [String(user[..<first.lowerBound]), String(rest)]
        }
        return [user[..<first.lowerBound], rest[..<begin.lowerBound], rest[end.upperBound...]].map { String($0) }
    }

    /// As if the model had repeated the record word for word.
    @Test(arguments: all) func onlyTagsOfTheTaxonomyComeOut(_ hostile: Hostile) throws {
        let taxonomy = try Samples.taxonomy()
        let rules = AnswerRules(taxonomy)
        var counts = AnswerCounts()
        let texts = [hostile.input, hostile.output, hostile.input + hostile.output]
        let json = texts.map { text in
            "{\"tags\":[\(String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self))]}"
        }
        for text in texts + json {
            let answer = rules.read(text, stopReason: "end_turn", counts: &counts)
            #expect(answer.tags.isEmpty, "no text of the set names a tag exactly, in the form of an answer")
            #expect(answer.tags.allSatisfy(taxonomy.tags.indices.contains))
        }
        #expect(counts.answers == 6)
    }

    @Test(arguments: all) func noTagIsAddedBesideAnHonestOne(_ hostile: Hostile) throws {
        let taxonomy = try Samples.taxonomy()
        var counts = AnswerCounts()
        let text = try JSONEncoder().encode(["tags": ["billing", "pwned", hostile.input, hostile.output]])
        let answer = AnswerRules(taxonomy).read(
            String(decoding: text, as: UTF8.self), stopReason: "end_turn", counts: &counts)
        #expect(answer == TagAnswer(tagged: [try #require(taxonomy.place(of: "billing"))]))
        #expect(counts.unknown == 3)
    }
}
