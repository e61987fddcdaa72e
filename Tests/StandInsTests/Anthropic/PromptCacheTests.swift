import Testing

@testable import StandIns

@Suite struct PromptCacheTests {
    /// System blocks of so many tokens, the last one with a breakpoint, and a question of 10 tokens.
    private func request(
        _ blocks: [(letter: String, tokens: Int)], ttl: String = "5m", model: String = "claude-haiku-5-5"
    ) throws -> MessageRequest {
        var system: [JSONValue] = blocks.map { block in
            ["type": "text", "text": .string(String(repeating: block.letter, count: block.tokens * 4))]
        }
        var last = try #require(system.last?.object)
        last["cache_control"] = ["type": "ephemeral", "ttl": .string(ttl)]
        system[system.count - 1] = .object(last)
        let messages: JSONValue = [["role": "user", "content": .string(String(repeating: "q", count: 40))]]
        return try MessageRequest(
            messageBody(["system": .array(system), "messages": messages], model: model), version: .october2026)
    }

    @Test func isWrittenOnceAndReadUntilItExpires() throws {
        var cache = PromptCache()
        let request = try request([("a", 600)])
        let first = cache.plan(request, now: 0)
        #expect((first.usage.input, first.usage.cacheWrite5m, first.usage.cacheRead) == (10, 600, 0))
        #expect(cache.plan(request, now: 1) == first, "not readable before the answer begins")
        cache.commit(first, now: 0)
        let second = cache.plan(request, now: 299_999)
        #expect((second.usage.input, second.usage.cacheWrite5m, second.usage.cacheRead) == (10, 0, 600))
        cache.commit(second, now: 299_999)
        #expect(cache.plan(request, now: 599_998).usage.cacheRead == 600, "reading keeps it")
        #expect(cache.plan(request, now: 600_000).usage.cacheRead == 0)
    }

    @Test func longerLifetime() throws {
        var cache = PromptCache()
        let request = try request([("a", 600)], ttl: "1h")
        let plan = cache.plan(request, now: 0)
        #expect((plan.usage.cacheWrite1h, plan.usage.cacheWrite5m) == (600, 0))
        cache.commit(plan, now: 0)
        #expect(cache.plan(request, now: 3_599_999).usage.cacheRead == 600)
    }

    @Test(arguments: [("claude-haiku-5-5", 511, 0), ("claude-haiku-5-5", 512, 512), ("claude-sonnet-5-5", 1023, 0)])
    func minimumOfTheModel(model: String, tokens: Int, written: Int) throws {
        let plan = PromptCache().plan(try request([("a", tokens)], model: model), now: 0)
        #expect((plan.usage.cacheWrite5m, plan.usage.input) == (written, tokens + 10 - written))
    }

    @Test func longerPromptReadsThePrefixAndWritesTheRest() throws {
        var cache = PromptCache()
        cache.commit(cache.plan(try request([("a", 600)]), now: 0), now: 0)
        let longer = cache.plan(try request([("a", 600), ("b", 100)]), now: 1)
        #expect((longer.usage.cacheRead, longer.usage.cacheWrite5m, longer.usage.input) == (600, 100, 10))
        #expect(cache.plan(try request([("c", 600)]), now: 1).usage.cacheRead == 0)
        #expect(cache.plan(try request([("a", 1200)], model: "claude-sonnet-5-5"), now: 1).usage.cacheRead == 0)
    }

    @Test func looksBackTwentyBlocksAndNoFurther() throws {
        var cache = PromptCache()
        cache.commit(cache.plan(try request([("a", 600)]), now: 0), now: 0)
        for (more, read) in [(20, 600), (21, 0)] {
            let blocks = [("a", 600)] + Array(repeating: ("b", 1), count: more)
            #expect(cache.plan(try request(blocks), now: 1).usage.cacheRead == read)
        }
    }
}

@Suite struct RateLimitsTests {
    @Test func refillsContinuously() {
        var limits = RateLimits(requests: 2, inputTokens: 100, outputTokens: 100, now: 0)
        #expect(limits.admit(now: 0) == nil)
        #expect(limits.admit(now: 0) == nil)
        #expect(limits.admit(now: 0) == 30)
        #expect(limits.headers["anthropic-ratelimit-requests-remaining"] == "0")
        #expect(limits.headers["anthropic-ratelimit-requests-reset"] == "1970-01-01T00:01:00.000Z")
        #expect(limits.admit(now: 29_000) == 1)
        #expect(limits.admit(now: 30_000) == nil)
    }

    @Test func tokensMakeLaterCallsWaitButThoseReadFromTheCacheDoNot() {
        var limits = RateLimits(requests: 100, inputTokens: 100, outputTokens: 100, now: 0)
        var usage = TokenUsage()
        (usage.input, usage.cacheRead, usage.cacheWrite5m) = (90, 1000, 60)
        #expect(limits.admit(now: 0) == nil)
        limits.spend(usage, now: 0)
        #expect(limits.headers["anthropic-ratelimit-input-tokens-remaining"] == "0")
        #expect(limits.headers["anthropic-ratelimit-tokens-limit"] == "200")
        #expect(limits.admit(now: 30_000) != nil)
        #expect(limits.admit(now: 31_000) == nil)
    }
}
