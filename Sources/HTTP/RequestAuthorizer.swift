package import Support

/// Puts credentials on requests.
package protocol RequestAuthorizer: Sendable {
    /// The headers for the next request: `Authorization`, and whatever belongs to it.
    func authorization() async throws(Failure) -> HTTPHeaders

    /// The server answered 401 to these headers: the next call must not return the same token.
    func refused(_ authorization: HTTPHeaders)
}
