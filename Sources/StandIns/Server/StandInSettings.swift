package import Support

/// How the stand-ins behave.
package struct StandInSettings: Sendable {
    /// The API key that every service wants.
    package var key = "devcloud"
    /// Every answer of a service but refusals takes so long.
    package var latency = Duration.zero
    /// Calls of `POST /v1/messages` at once; more get 429. nil is without limit.
    package var messagesMax: Int?
    /// Calls of `POST /v1/messages` a minute; more get 429.
    package var requestsPerMinute = 100_000
    /// Tokens of messages a minute, without those that are read from the cache.
    package var inputTokensPerMinute = 100_000_000
    package var outputTokensPerMinute = 20_000_000
    /// From the making of a Message Batch to its end.
    package var batchDelay: Milliseconds = 0
    /// Decides the order of a batch's results.
    package var seed: UInt64 = 1
    /// What Braintrust's `/version` says that a request with rows may have; nil says nothing, and 6 MiB hold.
    package var rowBytesMax: Int?

    package init() {}
}
