package import HTTP
package import Support

/// How to reach the Claude API.
package struct AnthropicConfiguration: Sendable {
    /// Where people put the key, for messages and settings; the same names as Anthropic's own clients use.
    package static let keyVariable = "ANTHROPIC_API_KEY"
    package static let addressVariable = "ANTHROPIC_BASE_URL"
    package static let defaultAddress = "https://api.anthropic.com"

    package let address: ServiceAddress
    package let key: Secret
    /// Sent as `anthropic-version`.
    package var version = "2026-10-21"
    /// For one message, from connecting to the last byte: nothing comes while the model thinks.
    package var messageTimeout: Duration = .seconds(120)
    /// For one request about batches, models and token counts. Batches go up and come down whole.
    package var transferTimeout: Duration = .seconds(900)
    /// Results of a batch are held in memory: more than so many bytes are refused. For the 10,000 requests that a batch of
    /// tagging has at most that is 13 KB each: 1 KB around the text and 3,000 tokens of thinking and tags, on average.
    package var maxResultBytes = 128 << 20

    /// - Throws: `usage` or `noPermission`, without the key.
    package init(address: String = defaultAddress, key: String) throws(Failure) {
        self.address = try ServiceAddress(address, variable: AnthropicConfiguration.addressVariable)
        self.key = try serviceKey(key, variable: AnthropicConfiguration.keyVariable)
    }
}
