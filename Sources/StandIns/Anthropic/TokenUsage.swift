/// Tokens of one message, or of many.
struct TokenUsage: Sendable, Equatable {
    /// Neither read from the cache nor written to it.
    var input = 0
    var cacheRead = 0
    var cacheWrite5m = 0
    var cacheWrite1h = 0
    /// Thinking included.
    var output = 0
    var thinking = 0

    init() {}

    static func += (total: inout TokenUsage, one: TokenUsage) {
        total.input += one.input
        total.cacheRead += one.cacheRead
        total.cacheWrite5m += one.cacheWrite5m
        total.cacheWrite1h += one.cacheWrite1h
        total.output += one.output
        total.thinking += one.thinking
    }

    var json: JSONValue {
        [
            "input_tokens": .integer(input),
            "cache_creation_input_tokens": .integer(cacheWrite5m + cacheWrite1h),
            "cache_read_input_tokens": .integer(cacheRead),
            "cache_creation": [
                "ephemeral_5m_input_tokens": .integer(cacheWrite5m),
                "ephemeral_1h_input_tokens": .integer(cacheWrite1h),
            ],
            "output_tokens": .integer(output),
            "output_tokens_details": ["thinking_tokens": .integer(thinking)],
        ]
    }

    /// The stand-in's measure: four bytes are a token.
    static func tokens(bytes: Int) -> Int { (bytes + 3) / 4 }
}
