internal import CryptoExtras
internal import HTTP
internal import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A service account's key: it signs an assertion (RFC 7523, RS256) that the token server takes for a token.
struct ServiceAccount: Credential {
    private let email: String
    private let keyID: String?
    private let key: _RSA.Signing.PrivateKey
    private let tokenURL: String

    static let scope = "https://www.googleapis.com/auth/cloud-platform"
    private static let lifetimeSeconds: Int64 = 3600

    /// - Parameter key: PEM.
    /// - Throws: nothing that holds the key.
    init(email: String, keyID: String?, key: String, tokenURL: String) throws(Failure) {
        (self.email, self.keyID, self.tokenURL) = (email, keyID, tokenURL)
        do {
            self.key = try _RSA.Signing.PrivateKey(pemRepresentation: key)
        } catch {
            throw Failure(
                .noPermission, "the private key of \(email) cannot be read",
                remedy: "expected an RSA key of at least 2048 bits in PEM, as Google made it")
        }
    }

    var summary: String { "the key of the service account \(email)" }
    var remedy: String { "check that the key still exists, and the machine's clock" }

    func owner() -> TokenOwner { .email(email) }

    func tokenRequest(at time: Milliseconds) throws(Failure) -> HTTPRequest {
        let form = formEncoded([
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", try assertion(at: time)),
        ])
        return HTTPRequest(
            .post, tokenURL, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: HTTPBody(form),
            timeouts: TokenExchange.timeouts)
    }

    func assertion(at time: Milliseconds) throws(Failure) -> String {
        struct Header: Encodable {
            var alg = "RS256"
            var typ = "JWT"
            var kid: String?
        }
        struct Claims: Encodable {
            var iss: String
            var scope: String
            var aud: String
            var iat: Int64
            var exp: Int64
        }
        let seconds = time.flooredDivision(by: 1000)
        let claims = Claims(
            iss: email, scope: ServiceAccount.scope, aud: tokenURL, iat: seconds,
            exp: seconds + ServiceAccount.lifetimeSeconds)
        do {
            let encoder = JSONEncoder()
            let content =
                base64URL(try encoder.encode(Header(kid: keyID))) + "." + base64URL(try encoder.encode(claims))
            // RS256 is PKCS #1 v1.5 with SHA-256: what the protocol asks for.
            let signature = try key.signature(for: Data(content.utf8), padding: .insecurePKCS1v1_5)
            return content + "." + base64URL(signature.rawRepresentation)
        } catch {
            throw Failure(.noPermission, "\(summary) cannot sign")
        }
    }
}
