package import HTTP
package import Support
internal import Synchronization

/// One cached access token for everyone. Refreshes happen ahead of time and one at a time, and are nobody's own: a caller that
/// is cancelled leaves the refresh to the others.
package final class TokenSource: RequestAuthorizer {
    private typealias Outcome = Result<String, Failure>

    private struct State {
        var cache = TokenCache()
        var waiters: [Int: CheckedContinuation<Outcome, Never>] = [:]
        var lastWaiter = 0
    }

    private let exchange: TokenExchange
    private let age: @Sendable () -> Duration
    private let state = Mutex(State())

    /// - Parameter retrying: for each refresh, which gives up after three attempts in any case.
    package init(
        _ credential: any Credential, transport: any HTTPTransport,
        retrying: Retrying = .forTokens,
        wallClock: any WallClock = SystemWallClock()
    ) {
        exchange = TokenExchange(
            credential: credential, transport: transport, retrying: retrying, wallClock: wallClock)
        age = stopwatch(retrying.clock)
    }

    /// A token that has not expired.
    package func token() async throws(Failure) -> String {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                ask(id, continuation)
                if Task.isCancelled { forget(id) }
            }
        } onCancel: {
            forget(id)
        }.get()
    }

    /// The token was refused: it is not given out again, unless Google gives it out again.
    package func invalidate(_ token: String) {
        state.withLock { $0.cache.invalidate(token) }
    }

    package func authorization() async throws(Failure) -> HTTPHeaders {
        let token = try await token()
        var headers: HTTPHeaders = ["Authorization": "Bearer \(token)"]
        headers.add(exchange.credential.extraHeaders)
        return headers
    }

    package func refused(_ authorization: HTTPHeaders) {
        guard let value = authorization["Authorization"] else { return }
        invalidate(String(value.dropFirst("Bearer ".count)))
    }

    private func ask(_ id: Int, _ continuation: CheckedContinuation<Outcome, Never>) {
        let answer = state.withLock { state in
            let answer = state.cache.ask(at: age())
            if answer == .wait || answer == .refreshAndWait { state.waiters[id] = continuation }
            return answer
        }
        switch answer {
        case .use(let token): continuation.resume(returning: .success(token))
        case .useAndRefresh(let token):
            refresh()
            continuation.resume(returning: .success(token))
        case .wait: break
        case .refreshAndWait: refresh()
        }
    }

    private func forget(_ id: Int) {
        let continuation = state.withLock { $0.waiters.removeValue(forKey: id) }
        continuation?.resume(returning: .failure(Failure(.notDrained, "stopped while waiting for an access token")))
    }

    private func refresh() {
        Task {
            let start = age()
            do throws(Failure) {
                let new = try await exchange.token()
                finish((new.value, new.lifetime), startedAt: start, .success(new.value))
            } catch {
                finish(nil, startedAt: start, .failure(error))
            }
        }
    }

    private func finish(_ new: (String, Duration)?, startedAt start: Duration, _ outcome: Outcome) {
        let waiters = state.withLock { state in
            state.cache.finished(new, startedAt: start)
            defer { state.waiters = [:] }
            return state.waiters
        }
        for continuation in waiters.values { continuation.resume(returning: outcome) }
    }
}
