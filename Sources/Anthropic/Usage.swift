/// Tokens of one answer, as the API counts them.
package struct Usage: Sendable, Equatable {
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
}

extension Usage: Decodable {
    private enum Key: String, CodingKey {
        case input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cache_creation
    }

    private struct Creation: Decodable {
        var ephemeral_1h_input_tokens: Int64?
        var ephemeral_5m_input_tokens: Int64?
    }

    /// No answer is larger, so that sums of many cannot overflow.
    private static let readable: ClosedRange<Int64> = 0...(1 << 32)

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func count(_ key: Key) throws -> Int64 {
            try Usage.checked(try values.decodeIfPresent(Int64.self, forKey: key), decoder)
        }
        let creation = try values.decodeIfPresent(Creation.self, forKey: .cache_creation)
        let oneHour = try Usage.checked(creation?.ephemeral_1h_input_tokens, decoder)
        let fiveMinutes = try Usage.checked(creation?.ephemeral_5m_input_tokens, decoder)
        // What the parts do not explain of the whole was written for the usual five minutes.
        let written = max(try count(.cache_creation_input_tokens), oneHour + fiveMinutes)
        self.init(
            input: try count(.input_tokens), cacheWrite5m: written - oneHour, cacheWrite1h: oneHour,
            cacheRead: try count(.cache_read_input_tokens), output: try count(.output_tokens))
    }

    private static func checked(_ value: Int64?, _ decoder: any Decoder) throws -> Int64 {
        guard readable.contains(value ?? 0) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not a number of tokens"))
        }
        return value ?? 0
    }
}
