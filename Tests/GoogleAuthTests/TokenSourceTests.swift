import CryptoExtras
import Foundation
import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import GoogleAuth

/// Against a token server on loopback.
@Suite struct TokenSourceTests {
    private let clock = ManualClock()

    private static func granted(_ token: String, seconds: Int = 3600) -> LoopbackReply {
        LoopbackReply(
            200, headers: ["Metadata-Flavor": "Google"],
            text: #"{"access_token":"\#(token)","expires_in":\#(seconds),"token_type":"Bearer"}"#)
    }

    /// Answers one after another, the last one for ever.
    private func server(_ replies: LoopbackReply...) throws -> LoopbackServer {
        let rest = Mutex(replies[...])
        return try LoopbackServer { _ in
            rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] }
        }
    }

    private func user(_ server: LoopbackServer) -> AuthorizedUser {
        AuthorizedUser(
            clientID: "id", clientSecret: "s&cret", refreshToken: "refresh", quotaProject: "quota",
            tokenURL: server.origin + "/token")
    }

    private func source(_ credential: any Credential) throws -> TokenSource {
        TokenSource(
            credential, transport: try CurlTransport(),
            retrying: Retrying(policy: RetryPolicy(), clock: clock, random: { 0.5 }))
    }

    @Test func aRefreshTokenIsExchanged() async throws {
        let server = try server(Self.granted("t1"))
        let headers = try await source(user(server)).authorization()
        #expect(headers["Authorization"] == "Bearer t1")
        #expect(headers["x-goog-user-project"] == "quota")
        let request = try #require(server.requests.first)
        #expect(request.path == "/token")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(
            request.form == [
                "grant_type": "refresh_token", "client_id": "id", "client_secret": "s&cret", "refresh_token": "refresh",
            ])
    }

    @Test func aServiceAccountsKeyFileIsExchanged() async throws {
        let server = try server(Self.granted("t1"))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let key = [
            "type": "service_account", "client_email": "sa@project.iam", "token_uri": server.origin + "/token",
            "private_key": try _RSA.Signing.PrivateKey(keySize: .bits2048).pkcs8PEMRepresentation,
        ]
        try JSONSerialization.data(withJSONObject: key).write(to: URL(fileURLWithPath: path))
        let search = CredentialSearch(explicitPath: path, environment: [:], endpoints: .only(server.origin))
        #expect(try await source(search.find()).token() == "t1")
        let form = try #require(server.requests.first).form
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        #expect(form["assertion"]?.split(separator: ".").count == 3)
    }

    @Test func theMetadataServerIsAsked() async throws {
        let server = try server(Self.granted("t1"))
        let source = try source(MetadataServer(host: "127.0.0.1:\(server.port)"))
        #expect(try await source.token() == "t1")
        let request = try #require(server.requests.first)
        #expect(request.path == "/computeMetadata/v1/instance/service-accounts/default/token")
        #expect(request.headers["Metadata-Flavor"] == "Google")
    }

    @Test func somebodyElseAtItsAddressIsNotBelieved() async throws {
        let server = try server(LoopbackReply(200, text: #"{"access_token":"evil","expires_in":3600}"#))
        let source = try source(MetadataServer(host: "127.0.0.1:\(server.port)"))
        let failure = try await #require(throws: Failure.self) { try await source.token() }
        #expect(failure.status == .unavailable)
        #expect(!failure.description.contains("evil"))
    }

    @Test(arguments: ["host/path", "ho st", "a@b", "host:99999"])
    func aMetadataHostThatIsNone(host: String) async throws {
        let failure = try #require(throws: Failure.self) { try MetadataServer(host: host).tokenRequest(at: 0) }
        #expect(failure.status == .usage)
    }

    @Test func manyCallersOneRequest() async throws {
        let server = try server(Self.granted("t1"))
        let source = try source(user(server))
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await source.token() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(tokens == ["t1"])
        #expect(server.requests.count == 1)
    }

    @Test func theOldTokenIsGivenOutWhileANewOneIsFetched() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let count = Mutex(0)
        let server = try LoopbackServer { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            arrived.yield()
            return Self.granted("t\(number)")
        }
        let source = try source(user(server))
        #expect(try await source.token() == "t1")
        clock.advance(by: .seconds(3400))
        #expect(try await source.token() == "t1", "and a refresh has begun")
        var iterator = arrivals.makeAsyncIterator()
        for _ in 0..<2 { await iterator.next() }
        // The answer is on its way: once it is here, and never before, the new one is given out.
        while try await source.token() == "t1" { await Task.yield() }
        #expect(try await source.token() == "t2")
        #expect(server.requests.count == 2)
    }

    @Test func anExpiredTokenIsNeverGivenOut() async throws {
        let server = try server(Self.granted("t1"), Self.granted("t2"))
        let source = try source(user(server))
        #expect(try await source.token() == "t1")
        clock.advance(by: .seconds(3600))
        #expect(try await source.token() == "t2")
    }

    @Test func aTokenThatWasRefusedIsReplaced() async throws {
        let server = try server(Self.granted("t1"), Self.granted("t2"))
        let source = try source(user(server))
        let first = try await source.authorization()
        source.refused(first)
        #expect(try await source.token() == "t2")
        source.refused(first)
        #expect(try await source.token() == "t2")
        #expect(server.requests.count == 2)
    }

    @Test func aCallerThatIsCancelledLeavesTheRefreshToTheOthers() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let gate = DispatchSemaphore(value: 0)
        let server = try LoopbackServer { _ in
            arrived.yield()
            gate.wait()
            return Self.granted("t1")
        }
        let source = try source(user(server))
        let first = Task { try await source.token() }
        for await _ in arrivals { break }
        let second = Task { try await source.token() }
        first.cancel()
        let failure = try await #require(throws: Failure.self) { try await first.value }
        #expect(failure.status == .notDrained)
        gate.signal()
        #expect(try await second.value == "t1")
        #expect(server.requests.count == 1)
    }

    @Test func troubleIsTriedAgain() async throws {
        let server = try server(
            LoopbackReply(503, headers: ["Retry-After": "7"]), .fault(.reset), Self.granted("t1"))
        #expect(try await source(user(server)).token() == "t1")
        #expect(clock.sleeps == [.seconds(7), .seconds(1)])
    }

    @Test func threeAttemptsAreEnoughAndTheNextCallTriesAgain() async throws {
        let busy = LoopbackReply(400, text: #"{"error":"temporarily_unavailable"}"#)
        let server = try server(busy, busy, busy, Self.granted("t1"))
        let source = try source(user(server))
        let failure = try await #require(throws: Failure.self) { try await source.token() }
        #expect(failure.status == .unavailable)
        #expect(failure.message.contains("temporarily_unavailable"))
        #expect(server.requests.count == 3)
        #expect(try await source.token() == "t1")
    }

    @Test func aGrantThatIsInvalidIsNotTriedAgain() async throws {
        let server = try server(
            LoopbackReply(400, text: #"{"error":"invalid_grant","error_description":"Token has been revoked."}"#))
        let source = try source(user(server))
        let failure = try await #require(throws: Failure.self) { try await source.token() }
        #expect(failure.status == .noPermission)
        #expect(failure.message.contains("invalid_grant, Token has been revoked."))
        #expect(failure.remedy.contains("gcloud auth application-default login"))
        for secret in ["s&cret", "refresh"] { #expect(!failure.message.contains(secret)) }
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"access_token":"","expires_in":1}"#, #"{"access_token":"a\r\nb: c","expires_in":3600}"#,
        #"{"access_token":"a","expires_in":-5}"#, #"{"access_token":"a","expires_in":99999999999}"#,
    ])
    func answersThatAreNoToken(body: String) async throws {
        let server = try server(LoopbackReply(200, text: body))
        let source = try source(user(server))
        await #expect(throws: Failure.self) { try await source.token() }
    }
}
