package import Anthropic
package import Bytes
internal import Crypto
internal import Prompts
package import Support
internal import YAML

/// What the model is told, out of a file such as `prompts/tagging.prompt.yml`.
package struct TaggingPrompt: Sendable, Equatable {
    package let name: String
    package let version: Int
    /// SHA-256 of the file in hex digits.
    package let hash: String
    /// What a request says where no setting says otherwise.
    package let model: String
    package let maxTokens: Int
    /// nil: the request says nothing about it.
    package let effort: Effort?
    private let system: PromptTemplate
    private let user: PromptTemplate

    package enum Limits {
        /// Of the file.
        package static let bytes = 256 << 10
        /// All models that have a price take so many; some take no more than twice as many.
        package static let maxTokens = 64...32_000
    }

    /// What tagged lines say about their prompt.
    package var label: String { "\(name)-\(version)-\(hash.prefix(8))" }

    /// - Parameter source: how messages name the file.
    /// - Throws: all that is wrong, with line numbers, as `Failure(.usage)`.
    package static func file(_ bytes: [UInt8], source: String) throws(Failure) -> TaggingPrompt {
        let root = try StrictYAML.read(bytes, source: source, maxBytes: Limits.bytes, maxDepth: 2)
        var reader = PromptFileReader(root)
        let prompt = TaggingPrompt(hash: hexDigits(SHA256.hash(data: bytes)), &reader)
        try Problems.fail(reader.problems, in: source)
        return prompt
    }

    private init(hash: String, _ reader: inout PromptFileReader) {
        self.hash = hash
        name = reader.word("name")
        version = reader.integer("version", in: 1...1_000_000)
        model = reader.word("model")
        maxTokens = reader.integer("max_tokens", in: Limits.maxTokens)
        effort = reader.effort("effort")
        system = reader.template("system", names: ["taxonomy"])
        user = reader.template("user", names: ["input", "output"])
    }

    /// The system prompt: the same for all records, so that the service can cache it.
    package func system(_ taxonomy: Taxonomy) -> String {
        let buffer = ByteBuffer()
        for part in system.parts {
            switch part {
            case .text(let text): buffer.append(text: text)
            case .place: append(taxonomy, to: buffer)
            }
        }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// Appends the user message about one record, as text that is not yet escaped for JSON.
    /// - Parameters:
    ///   - input: shortened already; UTF-8. Empty when the record has none.
    ///   - output: as `input`.
    package func appendUser(
        input: UnsafeRawBufferPointer, output: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        for part in user.parts {
            switch part {
            case .text(let text): buffer.append(text: text)
            case .place("input"): PromptDelimiter.input.append(input, to: buffer)
            case .place: PromptDelimiter.output.append(output, to: buffer)
            }
        }
    }

    /// One line of JSON for each tag, so that no name or description can look like another tag.
    private func append(_ taxonomy: Taxonomy, to buffer: ByteBuffer) {
        for (place, tag) in taxonomy.tags.enumerated() {
            buffer.append(place == 0 ? "{\"tag\":" : "\n{\"tag\":")
            buffer.append(jsonText: tag.name)
            buffer.append(",\"description\":")
            buffer.append(jsonText: tag.description)
            buffer.append("}")
        }
    }
}
