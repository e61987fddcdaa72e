import GoogleAuth
import HTTP
import Kafka
import Logging
import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Connections {
    /// Google's tokens for its Managed Kafka; nil where the login is another.
    func tokens(_ kafka: KafkaConnection) throws(Failure) -> KafkaTokenProvider? {
        guard let wanted = kafka.googleLogin else { return nil }
        let environment = ProcessInfo.processInfo.environment
        let credential = try CredentialSearch(explicitPath: credentialsPath, environment: environment).find()
        let transport = try CurlTransport(.init(maxConcurrent: 1, environment: environment))
        guard let login = try ManagedKafkaLogin(credential, principal: wanted.principal, transport: transport) else {
            throw Failure(
                .usage, "\(KafkaSettings.saslUsername.bothNames) is required with \(credential.summary)",
                remedy: "set it to the e-mail address of the account")
        }
        return { [logger] () async throws(Failure) in
            do throws(Failure) {
                let token = try await login.token()
                logger.debug(
                    "a token for Kafka",
                    metadata: ["principal": "\(token.principal)", "expires_at": "\(rfc3339(token.expiresAt))"])
                return KafkaToken(text: token.text, principal: token.principal, expiresAt: token.expiresAt)
            } catch {
                if !Task.isCancelled { logger.warning("no token for Kafka", metadata: ["error": "\(error)"]) }
                throw error
            }
        }
    }
}
