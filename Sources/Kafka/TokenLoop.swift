internal import Support

/// Gives clients one token after another, until it is cancelled. librdkafka would ask for each by a callback; but it takes every
/// failure for a refusal, which ends a run, also while the last token is still good.
struct TokenLoop: Sendable {
    let provider: KafkaTokenProvider
    let take: @Sendable (KafkaToken) throws(Failure) -> Void
    let report: @Sendable (KafkaError) -> Void
    var clock: any Clock<Duration> = ContinuousClock()
    var wallClock: any WallClock = SystemWallClock()

    /// nil without a provider.
    static func start(
        _ provider: KafkaTokenProvider?, _ clients: [RDKafkaHandle], report: @escaping @Sendable (KafkaError) -> Void
    ) -> Task<Void, Never>? {
        guard let provider else { return nil }
        let take = { @Sendable (token: KafkaToken) throws(Failure) in
            for client in clients { try client.take(token) }
        }
        return Task { await TokenLoop(provider: provider, take: take, report: report).run() }
    }

    func run() async {
        var renewal = TokenRenewal()
        while !Task.isCancelled {
            var wait = TokenRenewal.waitAfterFailure
            do throws(Failure) {
                let token = try await provider()
                try take(token)
                wait = renewal.renewed(until: token.expiresAt, at: wallClock.now())
            } catch {
                let consequence = renewal.failed(error, at: wallClock.now())
                if consequence != .none { report(KafkaError(noToken: error)) }
                if consequence == .ends { return }
            }
            do { try await clock.sleep(for: wait) } catch { return }
        }
    }
}
