/// When to use a token, and when to get another. Time counts from any fixed moment.
struct TokenCache: Sendable {
    enum Answer: Sendable, Equatable {
        case use(String)
        /// It is still good, but a new one is wanted by now.
        case useAndRefresh(String)
        /// There is none; one is on its way.
        case wait
        case refreshAndWait
    }

    private struct Token {
        var value: String
        var refreshAt: Duration
        var expiresAt: Duration
    }

    /// google-auth's: the metadata server itself gives out a new token only in a token's last minutes.
    private static let refreshAhead: Duration = .seconds(225)

    private var token: Token?
    private var isRefreshing = false

    /// Somebody needs a token. Whoever gets an answer with “refresh” must start it: no one else will until `finished`.
    mutating func ask(at now: Duration) -> Answer {
        guard let token, now < token.expiresAt else {
            defer { isRefreshing = true }
            return isRefreshing ? .wait : .refreshAndWait
        }
        if now < token.refreshAt || isRefreshing { return .use(token.value) }
        isRefreshing = true
        return .useAndRefresh(token.value)
    }

    /// A refresh ended. Without a token the old one stays in use, and the next `ask` starts another refresh.
    /// - Parameter start: when the refresh began: the lifetime counts from there.
    mutating func finished(_ new: (value: String, lifetime: Duration)?, startedAt start: Duration) {
        isRefreshing = false
        guard let new else { return }
        // A quarter of a short life, or every call would refresh.
        let ahead = min(TokenCache.refreshAhead, new.lifetime / 4)
        token = Token(
            value: new.value, refreshAt: start + new.lifetime - ahead, expiresAt: start + new.lifetime)
    }

    /// The token does not work. Another one, which came since, stays.
    mutating func invalidate(_ value: String) {
        if token?.value == value { token = nil }
    }
}
