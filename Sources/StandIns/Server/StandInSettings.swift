package import Support

/// How the stand-ins behave.
package struct StandInSettings: Sendable {
    /// The API key that every service wants.
    package var key = "devcloud"
    /// How long the metadata server's tokens are good.
    package var tokenLifetime = Duration.seconds(3599)
    /// Every answer of a service but refusals takes so long.
    package var latency = Duration.zero
    /// Calls of `POST /v1/messages` at once; more get 429. nil is without limit.
    package var messagesMax: Int?
    /// Calls of `POST /v1/messages` a minute; more get 429.
    package var requestsPerMinute = 100_000
    /// Tokens of messages a minute, without those that are read from the cache.
    package var inputTokensPerMinute = 100_000_000
    package var outputTokensPerMinute = 20_000_000
    /// From the making of a batch, Anthropic's or Vertex AI's, to its end.
    package var batchDelay: Milliseconds = 0
    /// A job of Vertex AI ends when it is asked for so many times.
    package var batchSteps = 3
    /// So long it is waited for when it is at work, before an answer says that it still is.
    package var jobPatience = Duration.seconds(10)
    /// How many files its output is in.
    package var batchFiles = 2
    /// The share of a job's rows that have each fault.
    package var rowFaults: [RowFault: Double] = [:]
    /// Whether requests that output repeats are spelled in snake case throughout.
    package var echoIsSnakeCased = false
    /// Ids of models that Vertex AI does not have any more.
    package var retiredModels: Set<String> = []
    /// Decides the order of a batch's results.
    package var seed: UInt64 = 1
    /// What Braintrust's `/version` says that a request with rows may have; nil says nothing, and 6 MiB hold.
    package var rowBytesMax: Int?
    /// Braintrust's queries a minute; more get 429. nil is without limit.
    package var queriesPerMinute: Int?
    /// Larger answers of queries are elsewhere: the query's answer is a redirect there. nil: never.
    package var queryBytesMax: Int?

    package init() {}
}
