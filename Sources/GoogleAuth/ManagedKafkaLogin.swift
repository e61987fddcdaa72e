package import HTTP
package import Support

/// Logs in to Google's Managed Kafka as the account of a credential.
package struct ManagedKafkaLogin: Sendable {
    private enum Principal: Sendable {
        case known(String)
        case answer(HTTPRequest)
    }

    private let exchange: TokenExchange
    private let principal: Principal

    /// nil when nobody knows whose tokens the credential gets.
    /// - Parameters:
    ///   - principal: nil: the e-mail address of the account.
    ///   - retrying: for each request, which gives up after three attempts in any case.
    package init?(
        _ credential: any Credential, principal: String?, transport: any HTTPTransport,
        retrying: Retrying = .forTokens, wallClock: any WallClock = SystemWallClock()
    ) throws(Failure) {
        switch (principal, try credential.owner()) {
        case (let name?, _), (nil, .email(let name)): self.principal = .known(name)
        case (nil, .answer(let request)): self.principal = .answer(request)
        case (nil, .unknown): return nil
        }
        exchange = TokenExchange(
            credential: credential, transport: transport, retrying: retrying, wallClock: wallClock)
    }

    /// A token that was asked for now; a metadata server repeats one until its last minutes.
    package func token() async throws(Failure) -> ManagedKafkaToken {
        let name: String
        switch principal {
        case .known(let known): name = known
        case .answer(let request): name = try await exchange.email(request)
        }
        let issuedAt = exchange.wallClock.now()
        let token = try await exchange.token()
        return ManagedKafkaToken(token, principal: name, issuedAt: issuedAt)
    }
}
