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

    /// Whose tokens they are.
    func owner() throws(Failure) -> TokenOwner
    /// The request that a token is the answer to.
    func tokenRequest(at time: Milliseconds) throws(Failure) -> HTTPRequest
    /// Whether an answer comes from whom it was asked of.
    func trusts(_ response: HTTPResponse) -> Bool
}

extension Credential {
    package var extraHeaders: HTTPHeaders { [:] }
    package func owner() -> TokenOwner { .unknown }
    package func trusts(_ response: HTTPResponse) -> Bool { true }
}

/// The account that a credential gets tokens of.
package enum TokenOwner: Sendable {
    case email(String)
    /// Its e-mail address is the answer to this request.
    case answer(HTTPRequest)
    case unknown
}

/// What Google gives.
struct AccessToken: Sendable {
    let value: String
    let lifetime: Duration
}

/// What a request for a token, or for its owner, was answered with.
enum CredentialAnswer<Value: Sendable>: Sendable {
    case granted(Value)
    /// Another attempt may bring it.
    case transient(String)
    case refused(String)

    private struct Body: Decodable {
        var access_token: String?
        var expires_in: Int64?
        var error: String?
        var error_description: String?
    }

    private static func body(_ response: HTTPResponse) -> Body? {
        try? JSONDecoder().decode(Body.self, from: Data(response.body))
    }

    /// Why there is nothing in an answer.
    private static func nothing(in response: HTTPResponse) -> CredentialAnswer {
        let body = body(response)
        let code = body?.error.map(shortened)
        let text = [code, body?.error_description.map(shortened)].compactMap { $0 }
        let reason = (["HTTP status \(response.status)"] + text).joined(separator: ", ")
        let isTransient =
            switch (response.status, code) {
            case (_, "internal_failure"), (_, "server_error"), (_, "temporarily_unavailable"): true
            case (408, _), (429, _), (500..., _): true
            default: false
            }
        return isTransient ? .transient(reason) : .refused(reason)
    }

    /// It may stand in a header, or in a token.
    private static func isVisible(_ text: String, upTo limit: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= limit && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func shortened(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200).map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }
}

extension CredentialAnswer<AccessToken> {
    static func token(_ response: HTTPResponse) -> CredentialAnswer {
        let body = body(response)
        guard response.status == 200, let token = body?.access_token, let seconds = body?.expires_in,
            isVisible(token, upTo: 16_384), (1...604_800).contains(seconds)
        else { return nothing(in: response) }
        return .granted(AccessToken(value: token, lifetime: .seconds(seconds)))
    }
}

extension CredentialAnswer<String> {
    static func email(_ response: HTTPResponse) -> CredentialAnswer {
        let email = trimmed(String(decoding: response.body, as: UTF8.self))
        guard response.status == 200, isVisible(email, upTo: 1024) else { return nothing(in: response) }
        return .granted(email)
    }
}
