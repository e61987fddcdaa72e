import CryptoExtras
import Foundation
import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import GoogleAuth

@Suite struct ManagedKafkaLoginTests {
    private let clock = ManualClock()

    private func login(
        _ credential: any Credential, principal: String? = nil
    ) throws -> ManagedKafkaLogin {
        let login = try ManagedKafkaLogin(
            credential, principal: principal, transport: try CurlTransport(),
            retrying: Retrying(policy: RetryPolicy(), clock: clock, random: { 0.5 }),
            wallClock: ManualWallClock(1_764_000_000_999))
        return try #require(login)
    }

    /// A metadata server. Its e-mail address is what `emails` say one after another, the last one for ever.
    private func metadata(_ emails: LoopbackReply...) throws -> LoopbackServer {
        let rest = Mutex(emails[...])
        return try LoopbackServer { request in
            if request.path.hasSuffix("/email") {
                return rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] }
            }
            return LoopbackReply(
                200, headers: ["Metadata-Flavor": "Google"], text: #"{"access_token":"ya29.a~/+b","expires_in":3599}"#)
        }
    }

    private static func answer(_ text: String, status: Int = 200) -> LoopbackReply {
        LoopbackReply(status, headers: ["Metadata-Flavor": "Google"], text: text)
    }

    @Test func theTokenHasTheThreePartsThatGoogleWants() {
        let token = ManagedKafkaToken(
            AccessToken(value: "ya29.a~/+b?>", lifetime: .seconds(3599)), principal: "sa@p.iam.gserviceaccount.com",
            issuedAt: 1_764_000_000_999)
        // printf '{"alg":"GOOG_OAUTH2_TOKEN","typ":"JWT"}' | basenc --base64url -w 0 | tr -d =, and so on
        #expect(
            token.text.value
                == "eyJhbGciOiJHT09HX09BVVRIMl9UT0tFTiIsInR5cCI6IkpXVCJ9."
                + "eyJleHAiOjE3NjQwMDM1OTksImlhdCI6MTc2NDAwMDAwMCwiaXNzIjoiR29vZ2xlIiwic2NvcGUiOiJrYWZrYSIsInN1YiI6InNhQHAu"
                + "aWFtLmdzZXJ2aWNlYWNjb3VudC5jb20ifQ.eWEyOS5hfi8rYj8-")
        #expect(token.expiresAt == 1_764_003_599_999)
        #expect(!"\(token)".contains("ya29") && !"\(token)".contains("eyJ"))
    }

    @Test func aPrincipalCannotAddClaims() throws {
        let token = ManagedKafkaToken(
            AccessToken(value: "t", lifetime: .seconds(60)), principal: #"a","exp":9,"x":"é/"#, issuedAt: 0)
        var claims = token.text.value.split(separator: ".")[1].replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        while claims.count % 4 != 0 { claims += "=" }
        let json = try #require(Data(base64Encoded: claims))
        let decoded = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        #expect(decoded?["sub"] as? String == #"a","exp":9,"x":"é/"#)
        #expect(decoded?["exp"] as? Int == 60 && decoded?.count == 5)
    }

    @Test func theMetadataServerSaysWhoItIs() async throws {
        let server = try metadata(Self.answer("sa@p.iam\n"))
        let token = try await login(MetadataServer(host: "127.0.0.1:\(server.port)")).token()
        #expect(token.principal == "sa@p.iam")
        #expect(token.expiresAt == 1_764_003_599_999)
        #expect(
            server.requests.map(\.path)
                == ["email", "token"].map { "/computeMetadata/v1/instance/service-accounts/default/\($0)" })
        #expect(server.requests.allSatisfy { $0.headers["Metadata-Flavor"] == "Google" })
    }

    @Test func aNameThatIsGivenIsNotAskedFor() async throws {
        let server = try metadata(Self.answer("sa@p.iam"))
        let token = try await login(MetadataServer(host: "127.0.0.1:\(server.port)"), principal: "own").token()
        #expect(token.principal == "own")
        #expect(server.requests.count == 1)
    }

    @Test func aKeyKnowsItsAccount() async throws {
        let server = try metadata(Self.answer("another"))
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048).pkcs8PEMRepresentation
        let account = try ServiceAccount(
            email: "sa@p.iam", keyID: nil, key: key, tokenURL: server.origin + "/token")
        #expect(try await login(account).token().principal == "sa@p.iam")
        #expect(server.requests.map(\.path) == ["/token"])
    }

    @Test func nobodyKnowsWhoLoggedInWithGcloud() throws {
        let user = AuthorizedUser(
            clientID: "id", clientSecret: "s", refreshToken: "r", quotaProject: nil, tokenURL: "https://x/token")
        let transport = try CurlTransport()
        let (nameless, named) = (
            try ManagedKafkaLogin(user, principal: nil, transport: transport),
            try ManagedKafkaLogin(user, principal: "me@example.com", transport: transport)
        )
        #expect(nameless == nil && named != nil)
    }

    @Test func troubleWithTheAddressIsTriedAgain() async throws {
        let server = try metadata(Self.answer("busy", status: 503), Self.answer("sa@p.iam"))
        #expect(try await login(MetadataServer(host: "127.0.0.1:\(server.port)")).token().principal == "sa@p.iam")
        #expect(clock.sleeps.count == 1)
    }

    @Test(arguments: ["", "two words", "a\u{1}b", "é", String(repeating: "a", count: 1025)])
    func answersThatAreNoAddress(text: String) async throws {
        let server = try metadata(Self.answer(text))
        let login = try login(MetadataServer(host: "127.0.0.1:\(server.port)"))
        let failure = try await #require(throws: Failure.self) { try await login.token() }
        #expect(failure.status == .noPermission)
        #expect(failure.message.contains("was refused an e-mail address: HTTP status 200"))
        #expect(server.requests.count == 1)
    }
}
