package import HTTP
package import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Something that Google gives access tokens for. Pure: `TokenExchange` does the sending.
package protocol Credential: Sendable {
    /// What it is and where it came from, for messages; no secret.
    var summary: String { get }
    /// What to do when Google refuses it.
    var remedy: String { get }
    /// Headers that belong to the token on every request.
    var extraHeaders: HTTPHeaders { get }

    /// The request that a token is the answer to.
    func tokenRequest(at time: Milliseconds) throws(Failure) -> HTTPRequest
    /// Whether an answer comes from whom it was asked of.
    func trusts(_ response: HTTPResponse) -> Bool
}

extension Credential {
    package var extraHeaders: HTTPHeaders { [:] }
    package func trusts(_ response: HTTPResponse) -> Bool { true }
}

/// What a token request was answered with.
struct TokenAnswer: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case token(String, lifetime: Duration)
        /// Another attempt may bring a token.
        case transient(String)
        case refused(String)
    }

    var kind: Kind

    init(_ response: HTTPResponse) {
        struct Body: Decodable {
            var access_token: String?
            var expires_in: Int64?
            var error: String?
            var error_description: String?
        }
        let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
        if response.status == 200, let token = body?.access_token, let seconds = body?.expires_in,
            TokenAnswer.isHeaderSafe(token), (1...604_800).contains(seconds)
        {
            kind = .token(token, lifetime: .seconds(seconds))
            return
        }
        let code = body?.error.map { TokenAnswer.shortened($0) }
        let text = [code, body?.error_description.map { TokenAnswer.shortened($0) }].compactMap { $0 }
        let reason = (["HTTP status \(response.status)"] + text).joined(separator: ", ")
        let isTransient =
            switch (response.status, code) {
            case (_, "internal_failure"), (_, "server_error"), (_, "temporarily_unavailable"): true
            case (408, _), (429, _), (500..., _): true
            default: false
            }
        kind = isTransient ? .transient(reason) : .refused(reason)
    }

    private static func isHeaderSafe(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.count <= 16_384 && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func shortened(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200).map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }
}
