package import HTTP
package import Support

/// What the API says about how much more it takes: the headers `anthropic-ratelimit-…` of an answer.
package struct RateLimits: Sendable, Equatable {
    package struct Limit: Sendable, Equatable {
        package var limit: Int64?
        package var remaining: Int64?
        /// When it is full again.
        package var reset: Milliseconds?
    }

    /// nil when the answer says nothing of it.
    package var requests: Limit?
    package var tokens: Limit?
    package var inputTokens: Limit?
    package var outputTokens: Limit?

    package init() {}

    package init(_ headers: HTTPHeaders) {
        requests = RateLimits.limit("requests", headers)
        tokens = RateLimits.limit("tokens", headers)
        inputTokens = RateLimits.limit("input-tokens", headers)
        outputTokens = RateLimits.limit("output-tokens", headers)
    }

    private static func limit(_ name: String, _ headers: HTTPHeaders) -> Limit? {
        func number(_ part: String) -> Int64? {
            guard let value = headers["anthropic-ratelimit-\(name)-\(part)"].flatMap({ Int64($0) }) else { return nil }
            return value >= 0 ? value : nil
        }
        let limit = Limit(
            limit: number("limit"), remaining: number("remaining"),
            reset: headers["anthropic-ratelimit-\(name)-reset"].flatMap(parseTimestamp))
        return limit == Limit() ? nil : limit
    }
}

/// How long an answer asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date by the server's own clock.
func wait(askedBy response: HTTPResponse) -> Duration? {
    func number(_ name: String, max: Double) -> Double? {
        guard let value = response.headers[name].flatMap({ Double($0) }), (0...max).contains(value) else { return nil }
        return value
    }
    let week = 7.0 * 86_400
    if let milliseconds = number("retry-after-ms", max: week * 1000) { return .milliseconds(milliseconds) }
    return number("retry-after", max: week).map { .seconds($0) } ?? response.retryAfter
}
