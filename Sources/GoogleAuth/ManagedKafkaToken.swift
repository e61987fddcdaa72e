package import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An access token in the form that Google's Managed Kafka takes (SASL OAUTHBEARER): a JWT of which Google itself is the
/// proof. As in github.com/googleapis/managedkafka, GcpLoginCallbackHandler and kafka_gcp_credentials_server.
package struct ManagedKafkaToken: Sendable, Equatable {
    package let text: Secret
    /// Whom the brokers take the bearer for.
    package let principal: String
    package let expiresAt: Milliseconds

    /// - Parameter issuedAt: before the access token was asked for, since its lifetime counts from there at the earliest.
    init(_ token: AccessToken, principal: String, issuedAt: Milliseconds) {
        struct Header: Encodable {
            let alg = "GOOG_OAUTH2_TOKEN"
            let typ = "JWT"
        }
        struct Claims: Encodable {
            let exp: Int64
            let iat: Int64
            let iss = "Google"
            let scope = "kafka"
            let sub: String
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func encoded(_ part: some Encodable) -> String {
            // Texts and whole numbers only: encoding cannot fail.
            base64URL((try? encoder.encode(part)) ?? Data())
        }
        expiresAt = issuedAt + token.lifetime.milliseconds
        self.principal = principal
        let claims = Claims(
            exp: expiresAt.flooredDivision(by: 1000), iat: issuedAt.flooredDivision(by: 1000), sub: principal)
        text = Secret([encoded(Header()), encoded(claims), base64URL(Data(token.value.utf8))].joined(separator: "."))
    }
}
