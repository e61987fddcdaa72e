import Support

/// A limit per minute that refills continuously.
struct RateBucket: Sendable, Equatable {
    let limit: Int
    private var level: Double
    private var time: Milliseconds

    init(limit: Int, now: Milliseconds) {
        self.limit = limit
        level = Double(limit)
        time = now
    }

    private mutating func refill(now: Milliseconds) {
        level = min(Double(limit), level + Double(max(0, now - time)) * Double(limit) / 60_000)
        time = now
    }

    /// Whether `amount` is there. What is taken may be more: a large call makes the next ones wait.
    mutating func has(_ amount: Int, now: Milliseconds) -> Bool {
        refill(now: now)
        return level >= Double(min(amount, limit))
    }

    mutating func take(_ amount: Int, now: Milliseconds) {
        refill(now: now)
        level -= Double(amount)
    }

    var remaining: Int { max(0, Int(level)) }

    /// When it is full again.
    var full: Milliseconds { time + Milliseconds((Double(limit) - level) * 60_000 / Double(limit)) }

    /// Until `amount` is there.
    func wait(for amount: Int) -> Milliseconds {
        Milliseconds((max(0, Double(min(amount, limit)) - level) * 60_000 / Double(limit)).rounded(.up))
    }
}

/// The limits of an organization, for all models together.
struct RateLimits: Sendable {
    private var buckets: [(name: String, bucket: RateBucket)]

    init(requests: Int, inputTokens: Int, outputTokens: Int, now: Milliseconds) {
        buckets = [
            ("requests", RateBucket(limit: requests, now: now)),
            ("input-tokens", RateBucket(limit: inputTokens, now: now)),
            ("output-tokens", RateBucket(limit: outputTokens, now: now)),
        ]
    }

    /// Takes a request, and what it cost before is known; seconds to wait when there is no room.
    mutating func admit(now: Milliseconds) -> Int? {
        for index in buckets.indices where !buckets[index].bucket.has(1, now: now) {
            return Int((buckets[index].bucket.wait(for: 1) + 999) / 1000)
        }
        buckets[0].bucket.take(1, now: now)
        return nil
    }

    /// Tokens that were read from the cache do not count.
    mutating func spend(_ usage: TokenUsage, now: Milliseconds) {
        buckets[1].bucket.take(usage.input + usage.cacheWrite5m + usage.cacheWrite1h, now: now)
        buckets[2].bucket.take(usage.output, now: now)
    }

    /// `anthropic-ratelimit-*`.
    var headers: [String: String] {
        var headers: [String: String] = [:]
        func add(_ name: String, limit: Int, remaining: Int, full: Milliseconds) {
            headers["anthropic-ratelimit-\(name)-limit"] = String(limit)
            headers["anthropic-ratelimit-\(name)-remaining"] = String(remaining)
            headers["anthropic-ratelimit-\(name)-reset"] = rfc3339(full)
        }
        for (name, bucket) in buckets {
            add(name, limit: bucket.limit, remaining: bucket.remaining, full: bucket.full)
        }
        // Of input and output together.
        let tokens = buckets[1...].map(\.bucket)
        add(
            "tokens", limit: tokens.reduce(0) { $0 + $1.limit }, remaining: tokens.reduce(0) { $0 + $1.remaining },
            full: tokens.map(\.full).max() ?? 0)
        return headers
    }
}
