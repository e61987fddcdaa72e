/// Tokens of one answer, as they are billed.
package struct TokenUsage: Sendable, Equatable {
    /// Of the prompt, neither read from nor written to the cache.
    package var input: Int64 = 0
    /// Written to the cache, for five minutes and for an hour.
    package var cacheWrite5m: Int64 = 0
    package var cacheWrite1h: Int64 = 0
    package var cacheRead: Int64 = 0
    /// With what the model thought.
    package var output: Int64 = 0

    package init(
        input: Int64 = 0, cacheWrite5m: Int64 = 0, cacheWrite1h: Int64 = 0, cacheRead: Int64 = 0, output: Int64 = 0
    ) {
        (self.input, self.output, self.cacheRead) = (input, output, cacheRead)
        (self.cacheWrite5m, self.cacheWrite1h) = (cacheWrite5m, cacheWrite1h)
    }

    /// Everything that was sent, cached or not.
    package var prompt: Int64 { input + cacheWrite5m + cacheWrite1h + cacheRead }

    package static func += (left: inout TokenUsage, right: TokenUsage) {
        left.input += right.input
        left.cacheWrite5m += right.cacheWrite5m
        left.cacheWrite1h += right.cacheWrite1h
        left.cacheRead += right.cacheRead
        left.output += right.output
    }
}
