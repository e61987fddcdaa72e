import Bytes
import Foundation
import Records
import Support
import Testing

@testable import Tagging

/// What several suites make their cases from.
enum Samples {
    static func taxonomy(_ tags: [String: String] = ["billing": "Money.", "bug": "A fault.", "Größe": "Sizes."]) throws
        -> Taxonomy
    {
        try Taxonomy.all(
            tags.map { TaxonomyEntry(name: $0.key, description: $0.value) }, source: "the sample"
        ).0
    }

    static func prompt() throws -> TaggingPrompt {
        let file = repository.appending(path: "prompts/tagging.prompt.yml")
        return try TaggingPrompt.file([UInt8](Data(contentsOf: file)), source: "tagging.prompt.yml")
    }

    static func config(_ shortening: Shortening = Shortening()) throws -> TaggingConfigHash {
        TaggingConfigHash(
            model: "m", prompt: try prompt(), taxonomy: try taxonomy(), shortening: shortening, effort: "low",
            maxTokens: 100)
    }

    static func reader(
        id: String = RecordFields.idStandard, input: [String] = RecordFields.inputStandard,
        output: [String] = RecordFields.outputStandard, shortening: Shortening = Shortening()
    ) throws -> RecordReader {
        RecordReader(
            fields: RecordFields(
                id: try #require(JSONPointer(id)), input: input.compactMap { JSONPointer($0) },
                output: output.compactMap { JSONPointer($0) }),
            shortening: shortening, config: try config(shortening).description, dropping: TaggedLine.ownMembers)
    }

    static func user(_ prompt: TaggingPrompt, input: String, output: String) -> String {
        let buffer = ByteBuffer()
        Array(input.utf8).withUnsafeBytes { input in
            Array(output.utf8).withUnsafeBytes { prompt.appendUser(input: input, output: $0, to: buffer) }
        }
        return buffer.text
    }

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
}

extension ByteBuffer {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The failure that a call ends with.
func failure<T>(_ body: () throws(Failure) -> T) -> Failure? {
    do throws(Failure) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
