package import Anthropic
package import Bytes
internal import Prompts
package import Support

/// What the model is told, out of a prompt file such as `prompts/tagging.prompt.yml`.
package struct TaggingPrompt: Sendable, Equatable {
    package let name: String
    package let version: Int
    /// SHA-256 of the file in hex digits.
    package let hash: String
    /// What tagged lines say about their prompt.
    package let label: String
    /// What a request says where no setting says otherwise.
    package let model: String
    package let maxTokens: Int
    /// nil: the request says nothing about it.
    package let effort: Effort?
    private let system: PromptTemplate
    private let user: PromptTemplate

    package enum Limits {
        /// Of the file.
        package static let bytes = PromptFile.Limits.bytes
        /// All models that have a price take so many; some take no more than twice as many.
        package static let maxTokens = 64...32_000
    }

    private static let rules = PromptRules(
        isModelRequired: true,
        parameters: [
            PromptRules.Parameter("maxTokens", .integer(Limits.maxTokens), isRequired: true),
            PromptRules.Parameter("effort", .choice(Effort.allCases.map(\.rawValue))),
        ],
        system: PromptRules.Places(["taxonomy"], need: .each),
        user: PromptRules.Places(["input", "output"], need: .each), hasSchemaAndTests: false)

    /// - Parameter source: how messages name the file.
    /// - Throws: all that is wrong, with line numbers, as `Failure(.usage)`.
    package static func file(_ bytes: [UInt8], source: String) throws(Failure) -> TaggingPrompt {
        TaggingPrompt(try PromptFile.read(bytes, source: source, rules: rules))
    }

    private init(_ file: PromptFile) {
        (name, version, hash, label) = (file.name, file.version, file.hash, file.label)
        model = file.model ?? ""
        maxTokens = file.parameters["maxTokens"].flatMap { Int($0) } ?? Limits.maxTokens.lowerBound
        effort = file.parameters["effort"].flatMap { Effort(rawValue: $0) }
        (system, user) = (file.system, file.user)
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
