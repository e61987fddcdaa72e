package import Support

/// What brokers are shown in place of a password (SASL OAUTHBEARER).
package struct KafkaToken: Sendable {
    package var text: Secret
    package var principal: String
    package var expiresAt: Milliseconds

    package init(text: Secret, principal: String, expiresAt: Milliseconds) {
        (self.text, self.principal, self.expiresAt) = (text, principal, expiresAt)
    }
}

/// Gets another token. `unavailable` says that it may succeed later; any other failure, that it will not.
package typealias KafkaTokenProvider = @Sendable () async throws(Failure) -> KafkaToken
