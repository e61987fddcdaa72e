internal import HTTP
internal import Support
internal import Synchronization

/// Sends requests with credentials, tries again what may succeed then, and says what the rest means.
struct GCSClient: Sendable {
    /// What a request is for, for messages: `create gs://bucket/name`.
    struct Purpose: Sendable {
        var verb: String
        var object: String
        var description: String { "cannot \(verb) \(object)" }
    }

    struct Answer: Sendable {
        var response: HTTPResponse
        /// An attempt before this one failed: the server may have done what it was asked for, and its answer was lost.
        var isRepeated: Bool
    }

    /// Why one exchange brought no answer.
    enum Trouble: Error {
        case transient(String, retryAfter: Duration?)
        case final(Failure)
    }

    let location: GCSLocation
    let namedBy: String
    let transport: any HTTPTransport
    let authorizer: (any RequestAuthorizer)?
    let headers: HTTPHeaders
    let retrying: Retrying
    let clock: ServerClock

    /// The answer, of whatever status that is not transient.
    func call(_ request: HTTPRequest, _ purpose: Purpose) async throws(Failure) -> Answer {
        var attempts = retrying.begin()
        while true {
            do throws(Trouble) {
                let response = try await exchange(request, purpose)
                return Answer(response: response, isRepeated: attempts.failed > 0)
            } catch {
                try await pause(&attempts, after: error, purpose)
            }
        }
    }

    /// Waits until the next attempt; throws when there shall be none.
    func pause(_ attempts: inout Attempts, after trouble: Trouble, _ purpose: Purpose) async throws(Failure) {
        switch trouble {
        case .final(let failure): throw failure
        case .transient(let reason, let retryAfter):
            switch await attempts.pause(retryAfter: retryAfter) {
            case .over: return
            case .cancelled: throw stopped(purpose)
            case .pastDeadline:
                throw Failure(
                    .unavailable, "\(purpose.description) after \(attempts.failed) attempts: \(reason)",
                    remedy: "running again continues where this stopped")
            }
        }
    }

    /// One attempt, or two when the token was refused.
    func exchange(_ request: HTTPRequest, _ purpose: Purpose) async throws(Trouble) -> HTTPResponse {
        var request = request
        request.headers.add(headers)
        let response: HTTPResponse
        do throws(AuthorizedError) { response = try await transport.send(request, authorizer: authorizer) } catch {
            switch error {
            case .noCredentials(let failure): throw .final(failure)
            case .unanswered(let error) where error.isTransient: throw .transient(error.description, retryAfter: nil)
            case .unanswered(let error): throw .final(final(error, request, purpose))
            }
        }
        if let date = response.date { clock.set(date) }
        guard response.status == 401 else { return try judge(response) }
        throw .final(
            Failure(
                .noPermission, "\(purpose.description): Cloud Storage refused the credentials twice (status 401)",
                remedy: "check which credentials are used, and the machine's clock"))
    }

    private func judge(_ response: HTTPResponse) throws(Trouble) -> HTTPResponse {
        let isTransient =
            switch response.status {
            case 408, 429, 500...: true
            case 403: GoogleProblem(response).isRateLimit
            default: false
            }
        guard isTransient else { return response }
        throw .transient(GoogleProblem(response).message, retryAfter: response.retryAfter)
    }

    private func final(_ error: HTTPError, _ request: HTTPRequest, _ purpose: Purpose) -> Failure {
        switch error.kind {
        case .cancelled: stopped(purpose)
        case .tooLarge:
            Failure(
                .protocolError,
                "\(purpose.description): it is larger than the \(request.maxResponseBytes) bytes that it may be")
        case .tls:
            Failure(
                .unavailable, "\(purpose.description): \(error)",
                remedy: "if a proxy here signs certificates itself, name its authority in SSL_CERT_FILE")
        default: Failure(.unavailable, "\(purpose.description): \(error)")
        }
    }

    private func stopped(_ purpose: Purpose) -> Failure {
        Failure(.notDrained, "\(purpose.description): stopped before it was done")
    }

    /// What an answer means that is neither success nor expected.
    func refusal(_ response: HTTPResponse, _ purpose: Purpose) -> Failure {
        let problem = GoogleProblem(response)
        let message = "\(purpose.description): \(problem.message)"
        switch response.status {
        case 403:
            return Failure(
                .noPermission, message,
                remedy: "grant roles/storage.objectUser on the bucket \(location.bucket) to the account that runs this")
        case 404:
            return Failure(
                .cannotCreate, message,
                remedy: "create the bucket \(location.bucket), or correct \(namedBy)")
        case 200..<300: return Failure(.protocolError, "\(purpose.description): the answer cannot be understood")
        default: return Failure(.unavailable, message)
        }
    }
}

/// The server's clock, from the `Date` of its last answer and the time since.
final class ServerClock: Sendable {
    private let last = Mutex<(date: Milliseconds, age: @Sendable () -> Duration)?>(nil)
    private let clock: any Clock<Duration>

    init(_ clock: any Clock<Duration>) { self.clock = clock }

    func set(_ date: Milliseconds) {
        let age = stopwatch(clock)
        last.withLock { $0 = (date, age) }
    }

    /// nil when the last answer is older than that.
    func now(maxAge: Duration) -> Milliseconds? {
        last.withLock { last in
            guard let last else { return nil }
            let age = last.age()
            return age > maxAge ? nil : last.date + Milliseconds(age / .milliseconds(1))
        }
    }
}
