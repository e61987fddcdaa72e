internal import HTTP
internal import Support

/// Gets tokens for a credential.
struct TokenExchange: Sendable {
    static let timeouts = HTTPTimeouts(
        connect: .seconds(5), stall: .seconds(10), stallBytesPerSecond: 1, total: .seconds(20))
    private static let maxAttempts = 3

    let credential: any Credential
    let transport: any HTTPTransport
    let retrying: Retrying
    let wallClock: any WallClock

    func fetch() async throws(Failure) -> (token: String, lifetime: Duration) {
        var attempts = retrying.begin()
        while true {
            let (reason, retryAfter): (String, Duration?)
            switch try await attempt() {
            case .token(let token, let lifetime): return (token, lifetime)
            case .failed(let text, let wait): (reason, retryAfter) = (text, wait)
            }
            let isLast = attempts.failed + 1 >= TokenExchange.maxAttempts
            guard !isLast, await attempts.pause(retryAfter: retryAfter) == .over else {
                throw Failure(
                    .unavailable, "no access token by \(credential.summary): \(reason)", remedy: credential.remedy)
            }
        }
    }

    private enum Outcome {
        case token(String, lifetime: Duration)
        case failed(String, retryAfter: Duration?)
    }

    private func attempt() async throws(Failure) -> Outcome {
        let request = try credential.tokenRequest(at: wallClock.now())
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await transport.send(request)
        } catch {
            guard error.isTransient else {
                throw Failure(.unavailable, "no access token by \(credential.summary): \(error)")
            }
            return .failed(error.description, retryAfter: nil)
        }
        guard credential.trusts(response) else {
            return .failed("the answer is not Google's (HTTP status \(response.status))", retryAfter: nil)
        }
        switch TokenAnswer(response).kind {
        case .token(let token, let lifetime): return .token(token, lifetime: lifetime)
        case .transient(let reason): return .failed(reason, retryAfter: response.retryAfter)
        case .refused(let reason):
            throw Failure(
                .noPermission, "\(credential.summary) was refused an access token: \(reason)",
                remedy: credential.remedy)
        }
    }
}
