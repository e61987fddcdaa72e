import Bytes
import HTTP
import ObjectStorage
import Support
import Synchronization
import Testing
import TestSupport

/// What goes wrong between `GCSStore` and Cloud Storage.
@Suite struct GCSStoreTests {
    private static let json = "application/json"
    private static let full = "some/prefix/"

    private let server: LoopbackGCS
    private let clock = ManualClock()

    init() throws { server = try LoopbackGCS() }

    private func store(_ authorizer: (any RequestAuthorizer)? = nil) throws -> GCSStore {
        try cloudStore(at: server.origin, clock: clock, authorizer: authorizer)
    }

    private func isCreated(_ outcome: CreateOutcome) -> Bool {
        if case .created = outcome { true } else { false }
    }

    // MARK: - Requests

    @Test func objectsAreStoredAsTheyAreSaidToBe() async throws {
        let store = try store()
        _ = try await store.create("a/small.jsonl.gz", content: content(10), contentType: "application/gzip")
        _ = try await store.create("large", content: content(TestedStore.large + 1), contentType: "text/x")
        let small = try #require(server.objects[Self.full + "a/small.jsonl.gz"])
        #expect(small.contentType == "application/gzip")
        #expect(small.contentEncoding == nil)
        #expect(server.objects[Self.full + "large"]?.contentType == "text/x")
        #expect(server.operations == [.multipart, .startSession, .chunk, .chunk])
    }

    @Test func headersOfTheUserGoWithEveryRequest() async throws {
        let store = try cloudStore(at: server.origin, headers: ["X-Goog-Custom": "yes"])
        _ = try await store.create("large", content: content(TestedStore.large + 1), contentType: Self.json)
        _ = try await store.read("large", limit: 1 << 20)
        #expect(server.requests.count == 4)
        #expect(server.requests.allSatisfy { $0.headers["X-Goog-Custom"] == "yes" })
    }

    // MARK: - Waiting

    @Test func busyServersAreAskedAgain() async throws {
        server.inject(.multipart, .answer(LoopbackReply(503)))
        server.inject(.multipart, .answer(LoopbackReply(429, headers: ["Retry-After": "17"])))
        server.inject(.multipart, .lost(.reset))
        server.inject(.multipart, .answer(LoopbackReply(408)))
        server.inject(
            .multipart,
            .answer(
                LoopbackReply(
                    503,
                    headers: [
                        "Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Thu, 01 Jan 2026 00:00:21 GMT",
                    ])))
        #expect(isCreated(try await store().create("a", content: text("x"), contentType: Self.json)))
        #expect(clock.sleeps == [.seconds(0.5), .seconds(17), .seconds(2), .seconds(4), .seconds(21)])
    }

    @Test func aQuotaThatAnswers403IsWaitedFor() async throws {
        server.inject(.info, .answer(.problem(403, "Too many", reason: "rateLimitExceeded")))
        #expect(try await store().info("a") == nil)
        #expect(clock.sleeps.count == 1)
    }

    @Test func givingUpNamesTheObjectAndTheReason() async throws {
        server.inject(.multipart, .answer(LoopbackReply(503, text: "backend\r\nerror")), count: 100)
        let store = try store()
        let failure = try await #require(throws: Failure.self) {
            try await store.create("a", content: text("x"), contentType: Self.json)
        }
        #expect(failure.status == .unavailable)
        #expect(failure.message.contains("gs://bucket-of-tests/some/prefix/a"))
        #expect(failure.message.contains("503: backend error"))
        #expect(clock.now.offset <= .seconds(60))
        #expect(clock.sleeps.count > 5)
    }

    @Test func cancellingStopsTheWait() async throws {
        server.inject(.info, .answer(LoopbackReply(503)), count: 1000)
        let store = try store()
        let task = Task { try await store.info("a") }
        task.cancel()
        let failure = try await #require(throws: Failure.self) { try await task.value }
        #expect(failure.status == .notDrained)
    }

    @Test func aServerThatStopsAnswering() async throws {
        server.inject(.info, .lost(.stall))
        server.put(Self.full + "a", [1])
        let timeouts = HTTPTimeouts(stall: .seconds(1))
        let store = try cloudStore(at: server.origin, clock: clock, timeouts: timeouts)
        #expect(try await store.info("a")?.size == 1)
        #expect(server.operations == [.info, .info])
    }

    @Test func anAnswerThatIsCutShort() async throws {
        server.put(Self.full + "a", Array(repeating: 7, count: 1000))
        server.inject(.read, .answerLost(.cutBody(500)))
        #expect(try await store().read("a", limit: 1000)?.bytes.count == 1000)
    }

    // MARK: - Lost answers

    @Test(arguments: [10, TestedStore.large + 1])
    func aCreateWhoseAnswerIsLost(size: Int) async throws {
        server.inject(size > TestedStore.large ? .chunk : .multipart, .answerLost(.reset))
        if size > TestedStore.large { server.inject(.chunk, .answerLost(.reset)) }
        let outcome = try await store().create("a", content: content(size), contentType: Self.json)
        #expect(isCreated(outcome))
        #expect(server.objects[Self.full + "a"]?.bytes == content(size).joined)
    }

    @Test(arguments: [10, TestedStore.large + 1])
    func aReplaceWhoseAnswerIsLost(size: Int) async throws {
        server.put(Self.full + "a", [1])
        let store = try store()
        let first = try #require(try await store.info("a"))
        if size > TestedStore.large { server.inject(.chunk, .lost(.reset)) }
        server.inject(size > TestedStore.large ? .chunk : .multipart, .answerLost(.reset))
        let outcome = try await store.replace(
            "a", content: content(size), contentType: Self.json, ifGeneration: first.generation)
        guard case .replaced(let info) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(info.generation == server.objects[Self.full + "a"]?.generation)
        #expect(server.objects[Self.full + "a"]?.bytes == content(size).joined)
    }

    @Test func aReplaceThatSomebodyElseOvertook() async throws {
        server.put(Self.full + "a", [1])
        let store = try store()
        let first = try #require(try await store.info("a"))
        server.put(Self.full + "a", [2])
        server.inject(.multipart, .lost(.reset))
        let outcome = try await store.replace(
            "a", content: text("x"), contentType: Self.json, ifGeneration: first.generation)
        #expect(outcome == .changed)
    }

    /// Equal content is not enough: without a lost answer it was somebody else's.
    @Test func equalContentOfSomebodyElseIsAChange() async throws {
        server.put(Self.full + "a", Array("x".utf8))
        let outcome = try await store().replace("a", content: text("x"), contentType: Self.json, ifGeneration: nil)
        #expect(outcome == .changed)
    }

    @Test func anUploadThatAppearsAfterItWasGivenUp() async throws {
        server.inject(.multipart, .late)
        server.inject(.multipart, .answer(LoopbackReply(503)), count: 100)
        let store = try store()
        await #expect(throws: Failure.self) {
            try await store.create("a", content: text("x"), contentType: Self.json)
        }
        server.applyLate()
        server.clearFaults()
        #expect(isCreated(try await store.create("a", content: text("x"), contentType: Self.json)))
        guard case .taken = try await store.create("a", content: text("z"), contentType: Self.json) else {
            Issue.record("other content")
            return
        }
    }

    // MARK: - Sessions

    @Test func aChunkOfWhichOnlyPartStayed() async throws {
        server.inject(.chunk, .persistOnly(0))
        let size = TestedStore.large * 3 + 5
        #expect(isCreated(try await store().create("a", content: content(size), contentType: Self.json)))
        #expect(server.objects[Self.full + "a"]?.bytes == content(size).joined)
    }

    @Test func brokenChunksAreContinuedWhereTheServerIs() async throws {
        server.inject(.chunk, .answerLost(.reset))
        server.inject(.chunk, .lost(.reset))
        server.inject(.chunk, .answer(LoopbackReply(503)))
        let size = TestedStore.large * 3 + 5
        #expect(isCreated(try await store().create("a", content: content(size), contentType: Self.json)))
        #expect(server.objects[Self.full + "a"]?.bytes == content(size).joined)
        // Each is followed by a question; the first chunk is not sent twice.
        #expect(
            server.operations == [
                .startSession, .chunk, .status, .chunk, .status, .chunk, .status, .chunk, .chunk, .chunk,
            ])
    }

    @Test func aSessionThatIsLostStartsOver() async throws {
        server.inject(.chunk, .answerLost(.reset))
        server.inject(.status, .loseSession)
        let size = TestedStore.large * 2
        #expect(isCreated(try await store().create("a", content: content(size), contentType: Self.json)))
        #expect(server.objects[Self.full + "a"]?.bytes == content(size).joined)
        #expect(server.operations.filter { $0 == .startSession }.count == 2)
    }

    @Test func sessionsThatAreAlwaysLostEnd() async throws {
        server.inject(.chunk, .loseSession, count: 1000)
        let store = try store()
        let failure = try await #require(throws: Failure.self) {
            try await store.create("a", content: content(TestedStore.large + 1), contentType: Self.json)
        }
        #expect(failure.status == .unavailable)
        #expect(clock.now.offset <= .seconds(60))
    }

    @Test func progressGivesMoreTime() async throws {
        // Each chunk waits 40 s of the 60 that may pass without progress.
        let busy = LoopbackGCS.Fault.answer(LoopbackReply(503, headers: ["Retry-After": "40"]))
        for _ in 0..<4 {
            server.inject(.chunk, busy)
            server.inject(.chunk, .none)
        }
        let store = try cloudStore(at: server.origin, clock: clock)
        let size = TestedStore.large * 4
        #expect(isCreated(try await store.create("a", content: content(size), contentType: Self.json)))
    }

    // MARK: - Damage

    @Test(arguments: [1000, TestedStore.large + 1000])
    func damagedUploadsAreSentAgain(size: Int) async throws {
        server.inject(size > TestedStore.large ? .chunk : .multipart, .damage)
        let outcome = try await store().create("a", content: content(size), contentType: Self.json)
        #expect(isCreated(outcome))
        #expect(server.objects[Self.full + "a"]?.bytes == content(size).joined)
    }

    @Test func damageThatStaysIsAnError() async throws {
        server.inject(.multipart, .damage, count: 10)
        let store = try store()
        let failure = try await #require(throws: Failure.self) {
            try await store.create("a", content: content(1000), contentType: Self.json)
        }
        #expect(failure.message.contains("damaged"))
        #expect(server.operations.count == 3)
        #expect(server.objects.isEmpty)
    }

    // MARK: - Encodings

    @Test func whatIsStoredCompressedIsReadAsStored() async throws {
        server.put(Self.full + "a", [0x1F, 0x8B, 1, 2], contentEncoding: "gzip")
        #expect(try await store().read("a", limit: 100)?.bytes == [0x1F, 0x8B, 1, 2])
    }

    @Test func whatIsCompressedOnTheWayIsAskedForAgain() async throws {
        server.put(Self.full + "a", [1, 2, 3])
        server.compressOnTheFly()
        let store = try store()
        #expect(try await store.read("a", limit: 100)?.bytes == [1, 2, 3])
        let info = try #require(try await store.info("a"))
        #expect(try await store.read(info, range: 1..<3) == [2, 3])
    }

    // MARK: - Credentials and refusals

    @Test func aRefusedTokenIsRefreshedOnce() async throws {
        server.require(token: "new")
        let authorizer = RecordingAuthorizer(["old", "new"])
        #expect(try await store(authorizer).info("a") == nil)
        #expect(authorizer.refusedTokens == ["Bearer old"])
        #expect(clock.sleeps.isEmpty)
    }

    @Test func tokensThatAreAlwaysRefused() async throws {
        server.require(token: "right")
        let authorizer = RecordingAuthorizer(["one", "two", "three"])
        let store = try store(authorizer)
        let failure = try await #require(throws: Failure.self) { try await store.info("a") }
        #expect(failure.status == .noPermission)
        #expect(!failure.description.contains("two"))
        #expect(server.operations.count == 2)
    }

    @Test func missingPermissionNamesTheRole() async throws {
        server.inject(
            .multipart, .answer(.problem(403, "sa@p does not have storage.objects.create", reason: "forbidden")))
        let store = try store()
        let failure = try await #require(throws: Failure.self) {
            try await store.create("a", content: text("x"), contentType: Self.json)
        }
        #expect(failure.status == .noPermission)
        #expect(failure.message.contains("storage.objects.create"))
        #expect(failure.remedy.contains("roles/storage.objectUser"))
        #expect(failure.remedy.contains(LoopbackGCS.bucket))
    }

    @Test func aBucketThatDoesNotExist() async throws {
        let options = GCSStore.Options(endpoint: try GCSEndpoint(emulatorHost: server.origin))
        let store = GCSStore(
            try GCSLocation("gs://other-bucket"), transport: try CurlTransport(), authorizer: nil, options: options)
        for call in [
            { _ = try await store.create("a", content: text("x"), contentType: Self.json) },
            { _ = try await store.info("a") }, { _ = try await store.read("a", limit: 1) },
            { _ = try await store.list(prefix: "", from: nil, delimiter: nil) },
        ] as [() async throws -> Void] {
            let failure = try await #require(throws: Failure.self) { try await call() }
            #expect(failure.status == .cannotCreate)
            #expect(failure.remedy.contains("other-bucket"))
        }
    }

    // MARK: - Time

    @Test func theServersClock() async throws {
        server.setDate("Thu, 01 Jan 2026 00:00:00 GMT")
        let store = try store()
        let start: Milliseconds = 1_767_225_600_000
        #expect(try await store.now() == start)
        #expect(server.operations == [.list])
        server.setDate("Thu, 01 Jan 2026 01:00:00 GMT")
        clock.advance(by: .seconds(30))
        #expect(try await store.now() == start + 30_000)
        #expect(server.operations == [.list])
        clock.advance(by: .seconds(31))
        #expect(try await store.now() == start + 3_600_000)
        // Any answer tells the time.
        clock.advance(by: .seconds(50))
        server.setDate("Thu, 01 Jan 2026 02:00:00 GMT")
        _ = try await store.info("a")
        #expect(try await store.now() == start + 7_200_000)
        #expect(server.operations == [.list, .list, .info])
    }
}

/// Gives out tokens one after another, the next one when one was refused.
private final class RecordingAuthorizer: RequestAuthorizer {
    private let state: Mutex<(tokens: [String], refused: [String])>

    init(_ tokens: [String]) { state = Mutex((tokens, [])) }

    var refusedTokens: [String] { state.withLock(\.refused) }

    func authorization() async throws(Failure) -> HTTPHeaders {
        ["Authorization": "Bearer \(state.withLock { $0.tokens.first ?? "none" })"]
    }

    func refused(_ authorization: HTTPHeaders) {
        state.withLock { state in
            state.refused.append(authorization["Authorization"] ?? "")
            state.tokens = Array(state.tokens.dropFirst())
        }
    }
}
