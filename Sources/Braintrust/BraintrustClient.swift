package import HTTP
package import Support

/// Calls Braintrust's REST API.
package struct BraintrustClient: Sendable {
    /// As Braintrust's own client tries again.
    package static let retryPolicy = RetryPolicy(initial: .seconds(0.5), cap: .seconds(10), deadline: .seconds(60))

    let configuration: BraintrustConfiguration
    private let transport: any HTTPTransport
    private let retrying: Retrying

    package init(
        _ configuration: BraintrustConfiguration, transport: any HTTPTransport,
        retrying: Retrying = Retrying(policy: BraintrustClient.retryPolicy)
    ) {
        (self.configuration, self.transport, self.retrying) = (configuration, transport, retrying)
    }

    /// A GET request with a query; those without a value are left out.
    func get(_ path: String, _ query: [(String, String?)], maxResponseBytes: Int) -> HTTPRequest {
        let given = query.compactMap { pair in pair.1.map { (pair.0, $0) } }
        return HTTPRequest(
            .get, "\(configuration.address)\(path)?\(formEncoded(given))",
            timeouts: HTTPTimeouts(
                stall: configuration.timeout, stallBytesPerSecond: 1, total: configuration.timeout),
            maxResponseBytes: maxResponseBytes)
    }

    /// Attempts until there is success, an error that no further attempt changes, or the deadline. For requests that may be
    /// done twice.
    func call(_ request: HTTPRequest) async throws(BraintrustError) -> HTTPResponse {
        var attempts = retrying.begin()
        while true {
            do throws(BraintrustError) {
                return try await exchange(request)
            } catch {
                guard error.isTransient, await attempts.pause(retryAfter: error.retryAfter) == .over else {
                    throw error
                }
            }
        }
    }

    private func exchange(_ request: HTTPRequest) async throws(BraintrustError) -> HTTPResponse {
        var request = request
        request.headers.add("Authorization", "Bearer \(configuration.key.value)")
        let response: HTTPResponse
        do throws(HTTPError) { response = try await transport.send(request) } catch { throw BraintrustError(error) }
        guard response.isSuccess else { throw BraintrustError(response, key: configuration.key) }
        return response
    }
}
