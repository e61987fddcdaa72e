import HTTP
import Testing

@testable import Anthropic

@Suite struct RateLimitsTests {
    @Test func headersAreRead() {
        let limits = RateLimits([
            "Anthropic-Ratelimit-Requests-Limit": "4000", "anthropic-ratelimit-requests-remaining": "3999",
            "anthropic-ratelimit-requests-reset": "2026-11-21T07:30:01Z",
            "anthropic-ratelimit-input-tokens-remaining": "0",
            "anthropic-ratelimit-output-tokens-remaining": "-5", "anthropic-ratelimit-tokens-reset": "soon",
        ])
        #expect(limits.requests == RateLimits.Limit(limit: 4000, remaining: 3999, reset: 1_795_246_201_000))
        #expect(limits.inputTokens == RateLimits.Limit(limit: nil, remaining: 0, reset: nil))
        #expect(limits.outputTokens == nil)
        #expect(limits.tokens == nil)
        #expect(RateLimits([:]) == RateLimits())
    }

    @Test func waits() {
        func asked(_ headers: HTTPHeaders) -> Duration? {
            wait(askedBy: HTTPResponse(status: 429, headers: headers, body: []))
        }
        #expect(asked(["retry-after-ms": "1500.5", "retry-after": "9"]) == .microseconds(1_500_500))
        #expect(asked(["retry-after-ms": "-1", "retry-after": "9"]) == .seconds(9))
        #expect(asked(["Retry-After": "0.25"]) == .milliseconds(250))
        #expect(
            asked(["Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"])
                == .seconds(60))
        #expect(asked(["retry-after": "nan"]) == nil)
        #expect(asked(["retry-after": "1e300"]) == nil)
        #expect(asked([:]) == nil)
    }
}
