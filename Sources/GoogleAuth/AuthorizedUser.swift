internal import HTTP
internal import Support

/// A person who logged in with `gcloud auth application-default login`.
struct AuthorizedUser: Credential {
    let clientID: String
    let clientSecret: String
    let refreshToken: String
    /// The project that requests are counted against.
    let quotaProject: String?
    let tokenURL: String

    var summary: String { "the login of gcloud" }
    var remedy: String { "run: gcloud auth application-default login" }
    var extraHeaders: HTTPHeaders { quotaProject.map { ["x-goog-user-project": $0] } ?? [:] }

    func tokenRequest(at time: Milliseconds) throws(Failure) -> HTTPRequest {
        let form = formEncoded([
            ("grant_type", "refresh_token"), ("client_id", clientID), ("client_secret", clientSecret),
            ("refresh_token", refreshToken),
        ])
        return HTTPRequest(
            .post, tokenURL, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: HTTPBody(form),
            timeouts: TokenExchange.timeouts)
    }
}
