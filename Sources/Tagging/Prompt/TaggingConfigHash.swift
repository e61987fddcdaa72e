/// Stands for everything that decides about an answer, except the record: with another model, prompt, taxonomy, rule for
/// shortening or limit, the same record is another question. In the store it is the name of a folder.
package struct TaggingConfigHash: Sendable, Hashable, CustomStringConvertible {
    /// 16 lower-case hex digits.
    package let description: String

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

    /// As it is spelt in the name of an object; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard text.utf8.count == 16, isHex else { return nil }
        description = String(text)
    }
}
