package import HTTP
internal import Support

/// Gets tokens for a credential, and whose they are.
struct TokenExchange: Sendable {
    static let timeouts = HTTPTimeouts(
        connect: .seconds(5), stall: .seconds(10), stallBytesPerSecond: 1, total: .seconds(20))
    private static let maxAttempts = 3

    let credential: any Credential
    let transport: any HTTPTransport
    let retrying: Retrying
    let wallClock: any WallClock

    func token() async throws(Failure) -> AccessToken {
        let request = { () throws(Failure) in try credential.tokenRequest(at: wallClock.now()) }
        return try await ask(for: "access token", request) { .token($0) }
    }

    /// What a request for the owner is answered with.
    func email(_ request: HTTPRequest) async throws(Failure) -> String {
        try await ask(for: "e-mail address", { request }) { .email($0) }
    }

    private struct Attempt<Value: Sendable>: Sendable {
        var answer: CredentialAnswer<Value>
        var retryAfter: Duration?
    }

    private func ask<Value: Sendable>(
        for what: String, _ request: () throws(Failure) -> HTTPRequest,
        _ read: (HTTPResponse) -> CredentialAnswer<Value>
    ) async throws(Failure) -> Value {
        var attempts = retrying.begin()
        while true {
            let attempt = try await attempt(request(), for: what, read)
            switch attempt.answer {
            case .granted(let value): return value
            case .refused(let reason):
                throw Failure(
                    .noPermission, "\(credential.summary) was refused an \(what): \(reason)",
                    remedy: credential.remedy)
            case .transient(let reason):
                let isLast = attempts.failed + 1 >= TokenExchange.maxAttempts
                guard !isLast, await attempts.pause(retryAfter: attempt.retryAfter) == .over else {
                    throw Failure(
                        .unavailable, "no \(what) by \(credential.summary): \(reason)", remedy: credential.remedy)
                }
            }
        }
    }

    private func attempt<Value: Sendable>(
        _ request: HTTPRequest, for what: String, _ read: (HTTPResponse) -> CredentialAnswer<Value>
    ) async throws(Failure) -> Attempt<Value> {
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await transport.send(request)
        } catch {
            guard error.isTransient else {
                throw Failure(.unavailable, "no \(what) by \(credential.summary): \(error)")
            }
            return Attempt(answer: .transient(error.description))
        }
        guard credential.trusts(response) else {
            return Attempt(answer: .transient("the answer is not Google's (HTTP status \(response.status))"))
        }
        return Attempt(answer: read(response), retryAfter: response.retryAfter)
    }
}

extension Retrying {
    package static let forTokens = Retrying(policy: RetryPolicy(cap: .seconds(4), deadline: .seconds(60)))
}
