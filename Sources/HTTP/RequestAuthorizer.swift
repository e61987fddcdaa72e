package import Support

/// Puts credentials on requests.
package protocol RequestAuthorizer: Sendable {
    /// The headers for the next request: `Authorization`, and whatever belongs to it.
    func authorization() async throws(Failure) -> HTTPHeaders

    /// The server answered 401 to these headers: the next call must not return the same token.
    func refused(_ authorization: HTTPHeaders)
}

/// Why a request with credentials got no answer.
package enum AuthorizedError: Error, Sendable, Equatable {
    /// There are none: nothing was sent.
    case noCredentials(Failure)
    case unanswered(HTTPError)
}

extension HTTPTransport {
    /// Sends a request with credentials; once more, with others, when the server refuses them (status 401).
    /// - Parameter authorizer: nil sends none.
    package func send(
        _ request: HTTPRequest, authorizer: (any RequestAuthorizer)?
    ) async throws(AuthorizedError) -> HTTPResponse {
        guard let authorizer else { return try await answer(to: request) }
        let first = try await credentials(authorizer)
        let response = try await answer(to: request.with(first))
        guard response.status == 401 else { return response }
        authorizer.refused(first)
        let second = try await credentials(authorizer)
        return try await answer(to: request.with(second))
    }

    private func credentials(_ authorizer: any RequestAuthorizer) async throws(AuthorizedError) -> HTTPHeaders {
        do throws(Failure) { return try await authorizer.authorization() } catch { throw .noCredentials(error) }
    }

    private func answer(to request: HTTPRequest) async throws(AuthorizedError) -> HTTPResponse {
        do throws(HTTPError) { return try await send(request) } catch { throw .unanswered(error) }
    }
}

extension HTTPRequest {
    fileprivate func with(_ headers: HTTPHeaders) -> HTTPRequest {
        var request = self
        request.headers.add(headers)
        return request
    }
}
