internal import Bytes
package import HTTP
package import Support

/// Calls Braintrust's REST API.
package struct BraintrustClient: Sendable {
    /// As Braintrust's own client tries again.
    package static let retryPolicy = RetryPolicy(initial: .seconds(0.5), cap: .seconds(10), deadline: .seconds(60))

    let configuration: BraintrustConfiguration
    private let transport: any HTTPTransport
    private let retrying: Retrying

    /// - Parameter retrying: nil: as the configuration says.
    package init(
        _ configuration: BraintrustConfiguration, transport: any HTTPTransport, retrying: Retrying? = nil
    ) {
        (self.configuration, self.transport) = (configuration, transport)
        var policy = BraintrustClient.retryPolicy
        policy.deadline = configuration.deadline
        self.retrying = retrying ?? Retrying(policy: policy)
    }

    /// A GET request with a query; those without a value are left out.
    func get(_ path: String, _ query: [(String, String?)] = [], maxResponseBytes: Int) -> HTTPRequest {
        let given = query.compactMap { pair in pair.1.map { (pair.0, $0) } }
        let question = given.isEmpty ? "" : "?\(formEncoded(given))"
        return HTTPRequest(
            .get, "\(configuration.address)\(path)\(question)", timeouts: timeouts(total: configuration.timeout),
            maxResponseBytes: maxResponseBytes)
    }

    /// A POST request of JSON.
    func post(_ path: String, _ body: ByteRope, total: Duration, maxResponseBytes: Int) -> HTTPRequest {
        var request = HTTPRequest(
            .post, "\(configuration.address)\(path)", headers: ["Content-Type": "application/json"],
            body: HTTPBody(body), timeouts: timeouts(total: total), maxResponseBytes: maxResponseBytes)
        if let organization = configuration.organization { request.headers.add("x-bt-org-name", organization) }
        return request
    }

    private func timeouts(total: Duration) -> HTTPTimeouts {
        HTTPTimeouts(stall: configuration.timeout, stallBytesPerSecond: 1, total: total)
    }

    /// Attempts until there is success, an error that no further attempt changes, or the deadline. For requests that may be
    /// done twice.
    /// - Parameters:
    ///   - policy: how patient to be; by default as the client is.
    ///   - gaveUp: errors that the caller answers by another request, instead of the same again.
    func call(
        _ request: HTTPRequest, policy: RetryPolicy? = nil, unless gaveUp: (BraintrustError) -> Bool = { _ in false }
    ) async throws(BraintrustError) -> HTTPResponse {
        var retrying = retrying
        if let policy { retrying.policy = policy }
        var attempts = retrying.begin()
        while true {
            do throws(BraintrustError) {
                return try await exchange(request)
            } catch {
                guard error.isTransient, !gaveUp(error) else { throw error }
                switch await attempts.pause(retryAfter: error.retryAfter) {
                case .over: continue
                case .pastDeadline: throw error
                case .cancelled: throw BraintrustError(.unanswered(.cancelled), message: "\(error)")
                }
            }
        }
    }

    private func exchange(_ request: HTTPRequest) async throws(BraintrustError) -> HTTPResponse {
        var authorized = request
        authorized.headers.add("Authorization", "Bearer \(configuration.key.value)")
        let response = try await send(authorized)
        if response.status == 303, request.method == .post, let place = response.headers["Location"] {
            return try await stored(at: place, response, request)
        }
        guard response.isSuccess else {
            // Only rows hold what people wrote; what is wrong with a query may be told.
            let rows = request.url.hasSuffix("/insert") ? request.body : nil
            throw BraintrustError(response, key: configuration.key, content: rows)
        }
        return response
    }

    /// A large answer lies in storage, at an address that is signed: so the key has no business there. Its cursor comes with
    /// the redirection.
    private func stored(
        at place: String, _ redirection: HTTPResponse, _ request: HTTPRequest
    ) async throws(BraintrustError) -> HTTPResponse {
        guard let url = HTTPURL(place), url.scheme == "https" || url.isLoopback else {
            throw BraintrustError(unreadable: redirection, "the answer is said to be at no safe address")
        }
        var response = try await send(
            HTTPRequest(.get, place, timeouts: request.timeouts, maxResponseBytes: request.maxResponseBytes))
        guard response.isSuccess else { throw BraintrustError(stored: response, asSaidBy: redirection) }
        response.headers.add(redirection.headers)
        return response
    }

    private func send(_ request: HTTPRequest) async throws(BraintrustError) -> HTTPResponse {
        do throws(HTTPError) { return try await transport.send(request) } catch { throw BraintrustError(error) }
    }
}
