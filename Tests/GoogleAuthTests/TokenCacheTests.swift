import Testing

@testable import GoogleAuth

@Suite struct TokenCacheTests {
    private var cache = TokenCache()

    private mutating func fill(_ value: String = "a", lifetime: Duration = .seconds(3600)) {
        _ = cache.ask(at: .zero)
        cache.finished((value, lifetime), startedAt: .zero)
    }

    @Test mutating func theFirstOneRefreshesAndTheOthersWait() {
        #expect(cache.ask(at: .zero) == .refreshAndWait)
        #expect(cache.ask(at: .zero) == .wait)
        cache.finished(("a", .seconds(3600)), startedAt: .zero)
        #expect(cache.ask(at: .seconds(1)) == .use("a"))
    }

    @Test mutating func oneRefreshAheadOfTimeWhileTheOldOneIsUsed() {
        fill()
        #expect(cache.ask(at: .seconds(3374)) == .use("a"))
        #expect(cache.ask(at: .seconds(3375)) == .useAndRefresh("a"))
        #expect(cache.ask(at: .seconds(3376)) == .use("a"))
        cache.finished(("b", .seconds(3600)), startedAt: .seconds(3375))
        #expect(cache.ask(at: .seconds(3600)) == .use("b"))
        #expect(cache.ask(at: .seconds(3375 + 3375)) == .useAndRefresh("b"))
    }

    @Test mutating func aFailedRefreshKeepsTheOldOneUntilItExpires() {
        fill()
        #expect(cache.ask(at: .seconds(3400)) == .useAndRefresh("a"))
        cache.finished(nil, startedAt: .seconds(3400))
        #expect(cache.ask(at: .seconds(3401)) == .useAndRefresh("a"), "the next call tries again")
        cache.finished(nil, startedAt: .seconds(3401))
        #expect(cache.ask(at: .seconds(3600)) == .refreshAndWait)
    }

    @Test mutating func expiryDuringARefreshWaitsForIt() {
        fill()
        #expect(cache.ask(at: .seconds(3599)) == .useAndRefresh("a"))
        #expect(cache.ask(at: .seconds(3600)) == .wait)
    }

    @Test mutating func invalidatingHitsOnlyTheTokenThatWasRefused() {
        fill()
        cache.invalidate("older")
        #expect(cache.ask(at: .seconds(1)) == .use("a"))
        cache.invalidate("a")
        #expect(cache.ask(at: .seconds(2)) == .refreshAndWait)
    }

    @Test mutating func aShortLifeIsNotRefreshedAllTheTime() {
        fill(lifetime: .seconds(100))
        #expect(cache.ask(at: .seconds(74)) == .use("a"))
        #expect(cache.ask(at: .seconds(75)) == .useAndRefresh("a"))
    }
}
