import Support

/// Which prefixes of prompts are cached, and until when.
///
/// A prefix is known by a hash of its bytes; it can be read only after the answer that wrote it was given.
struct PromptCache: Sendable {
    private static let lookBack = 20
    private static let entriesMax = 100_000

    private var expiry: [UInt64: Milliseconds] = [:]

    init() {}

    /// What a request reads and writes.
    struct Plan: Sendable, Equatable {
        var usage = TokenUsage()
        fileprivate var touched: [UInt64: PromptBlock.Lifetime] = [:]
    }

    /// The input part of the usage. Nothing is cached before `commit`.
    func plan(_ request: MessageRequest, now: Milliseconds) -> Plan {
        var plan = Plan()
        let total = request.inputTokens
        let ends = PromptCache.prefixes(of: request)
        let breakpoints = request.prompt.indices.filter { request.prompt[$0].breakpoint != nil }
        guard !breakpoints.isEmpty else {
            plan.usage.input = total
            return plan
        }
        var read = 0
        for index in breakpoints.reversed() where read == 0 {
            for end in (max(0, index - PromptCache.lookBack)...index).reversed() {
                guard ends[end].tokens >= request.model.cacheTokensMin, (expiry[ends[end].hash] ?? 0) > now else {
                    continue
                }
                plan.touched[ends[end].hash] = request.prompt[index].breakpoint
                read = ends[end].tokens
                break
            }
        }
        plan.usage.cacheRead = read
        var written = read
        for index in breakpoints where ends[index].tokens > written {
            guard ends[index].tokens >= request.model.cacheTokensMin, let lifetime = request.prompt[index].breakpoint
            else { continue }
            switch lifetime {
            case .fiveMinutes: plan.usage.cacheWrite5m += ends[index].tokens - written
            case .oneHour: plan.usage.cacheWrite1h += ends[index].tokens - written
            }
            plan.touched[ends[index].hash] = lifetime
            written = ends[index].tokens
        }
        plan.usage.input = total - written
        return plan
    }

    /// The answer is on its way: what was written can be read, what was read lives on.
    mutating func commit(_ plan: Plan, now: Milliseconds) {
        if expiry.count > PromptCache.entriesMax { expiry = [:] }  // a cache may forget
        for (hash, lifetime) in plan.touched {
            expiry[hash] = now + (lifetime == .oneHour ? 3_600_000 : 300_000)
        }
    }

    /// For each block the prompt up to its end.
    private static func prefixes(of request: MessageRequest) -> [(hash: UInt64, tokens: Int)] {
        var hash = fingerprint(Array(request.model.id.utf8))
        var bytes = 0
        return request.prompt.map { block in
            hash = fingerprint([0], from: fingerprint(block.bytes, from: hash))
            bytes += block.bytes.count
            return (hash, TokenUsage.tokens(bytes: bytes))
        }
    }
}
