package import Support

/// What is known of a tagged file: the object beside it. Written before it, so each has one.
package struct TaggedFile: Hashable, Sendable, Codable {
    package static let currentVersion = 1

    package var version = TaggedFile.currentVersion
    /// The raw file's name, and the CRC-32C of its bytes where the store knows it.
    package var raw: String
    package var rawChecksum: UInt32?
    /// The tagged file's name.
    package var tagged: String
    /// What the answers depend on: they are comparable within one of these.
    package var config: String
    package var model: String
    package var prompt: String
    /// SHA-256 of the tags and their descriptions, in hex digits.
    package var taxonomy: String
    package var records: Int
    /// By `tag_status`.
    package var statuses: [String: Int]
    /// How many records have each tag. Tags that look the same (equal in Unicode's normal forms) are counted together.
    package var tags: [String: Int]
    /// Records whose own members gave way to the ones of tagging.
    package var replaced: Int
    package var shortened: Int
    package var taggedAtMs: Milliseconds

    package init(
        raw: String, rawChecksum: UInt32?, tagged: String, config: String, model: String, prompt: String,
        taxonomy: String
    ) {
        (self.raw, self.rawChecksum, self.tagged) = (raw, rawChecksum, tagged)
        (self.config, self.model, self.prompt, self.taxonomy) = (config, model, prompt, taxonomy)
        (records, statuses, tags, replaced, shortened, taggedAtMs) = (0, [:], [:], 0, 0, 0)
    }
}
