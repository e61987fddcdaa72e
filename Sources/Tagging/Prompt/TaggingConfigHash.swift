package import Records

/// Stands for everything that decides about an answer, except the record: with another model, prompt, taxonomy, rule for
/// shortening or limit, the same record is another question. In the store it is the name of a folder.
package struct TaggingConfigHash: Sendable, Hashable, CustomStringConvertible {
    /// 16 lower-case hex digits.
    package let description: String
}

extension TaggingConfigHash {
    /// - Parameter effort: nil when the request says nothing about it.
    package init(
        model: String, prompt: TaggingPrompt, taxonomy: Taxonomy, shortening: Shortening, effort: String?,
        maxTokens: Int
    ) {
        let hash = FramedHash.hex([
            "tagging 1", model, prompt.hash, taxonomy.hash, "shortening \(Shortening.version)",
            "\(shortening.inputTokens)", "\(shortening.outputTokens)", effort == nil ? "0" : "1", effort ?? "",
            "\(maxTokens)",
        ])
        description = String(hash.prefix(16))
    }
}
