import Bytes
import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import ObjectStorage

/// What goes wrong between an upload piece by piece and Cloud Storage.
@Suite struct GCSUploadTests {
    private static let full = "some/prefix/"
    private static let chunk = TestedStore.large

    private let server: LoopbackGCS
    private let clock = ManualClock()
    private let store: GCSStore

    init() throws {
        server = try LoopbackGCS()
        store = try cloudStore(at: server.origin, clock: clock)
    }

    private func isStored(_ outcome: UploadOutcome, _ size: Int) -> Bool {
        guard case .written(let info) = outcome, let object = server.objects[Self.full + "a"] else { return false }
        return object.generation == info.generation && object.bytes == content(size).joined
    }

    @Test func whatFillsNoChunkIsOneRequest() async throws {
        #expect(isStored(try await store.upload("a", content(Self.chunk)), Self.chunk))
        #expect(server.operations == [.multipart])
        #expect(server.objects[Self.full + "a"]?.contentType == "application/gzip")
    }

    @Test func chunksAreWholeAndTheLastCarriesSizeAndChecksum() async throws {
        let size = Self.chunk * 3
        #expect(isStored(try await store.upload("a", content(size)), size))
        #expect(server.operations == [.startSession, .chunk, .chunk, .chunk])
        #expect(
            server.requests.compactMap { $0.header("Content-Range") } == [
                "bytes 0-262143/*", "bytes 262144-524287/*", "bytes 524288-786431/786432",
            ])
        #expect(server.requests.compactMap { $0.header("X-Goog-Hash") }.count == 1)
        #expect(server.objects[Self.full + "a"]?.contentType == "application/gzip")
    }

    @Test func aCutConnectionIsContinuedWhereTheServerIs() async throws {
        server.inject(.chunk, .none)
        server.inject(.chunk, .answerLost(.reset))
        server.inject(.chunk, .lost(.reset))
        server.inject(.status, .lost(.reset))
        server.inject(.chunk, .answer(LoopbackReply(503)))
        let size = Self.chunk * 4 + 5
        #expect(isStored(try await store.upload("a", content(size)), size))
        #expect(
            server.operations == [
                .startSession, .chunk, .chunk, .status, .status, .chunk, .status, .chunk, .status, .chunk, .chunk,
                .chunk,
            ])
    }

    @Test(arguments: [0, 1, 100_000, 262_143])
    func lessIsPersistedThanWasSent(count: Int) async throws {
        server.inject(.chunk, .persistOnly(count))
        server.inject(.chunk, .persistOnly(count))
        let size = Self.chunk * 3 + 5
        #expect(isStored(try await store.upload("a", content(size)), size))
    }

    /// The session is gone when it is done.
    @Test func theAnswerToTheLastChunkIsLost() async throws {
        let size = Self.chunk * 2 + 5
        for _ in 0..<2 {
            for _ in 0..<2 { server.inject(.chunk, .none) }
            server.inject(.chunk, .answerLost(.reset))
            let there = try await store.info("a")
            #expect(isStored(try await store.upload("a", content(size), ifGeneration: there?.generation), size))
        }
    }

    @Test func aSessionThatIsLostWithTheLastChunk() async throws {
        server.put(Self.full + "a", content(Self.chunk * 2 + 5).joined)
        let there = try #require(try await store.info("a"))
        for _ in 0..<2 { server.inject(.chunk, .none) }
        server.inject(.chunk, .loseSession)
        // The same content, but not this upload's.
        let failure = try await #require(throws: Failure.self) {
            _ = try await store.upload("a", content(Self.chunk * 2 + 5), ifGeneration: there.generation)
        }
        #expect(failure.status == .unavailable)
    }

    @Test func aTakenNameEndsTheSending() async throws {
        server.put(Self.full + "a", content(Self.chunk * 8).joined)
        server.inject(.startSession, .answer(.problem(412, "At least one…", reason: "conditionNotMet")))
        let same = try await store.upload("a", content(Self.chunk * 8))
        #expect(isStored(same, Self.chunk * 8), "it is there already")
        #expect(server.operations == [.startSession, .info])
        let other = try await store.upload("a", content(Self.chunk * 3, seed: 2))
        #expect(other == .taken(try await store.info("a")))
        #expect(server.openSessions == 0)
    }

    @Test func aNameThatWasTakenAndIsFreeAgain() async throws {
        server.inject(.startSession, .answer(.problem(412, "At least one…", reason: "conditionNotMet")))
        #expect(try await store.upload("a", content(Self.chunk * 2)) == .taken(nil))
    }

    @Test func aReplacementWhoseAnswerIsLost() async throws {
        server.put(Self.full + "a", [1])
        let first = try #require(try await store.info("a"))
        for _ in 0..<2 { server.inject(.chunk, .none) }
        server.inject(.chunk, .answerLost(.reset))
        let size = Self.chunk * 2 + 5
        server.inject(.status, .answer(.problem(412, "At least one…", reason: "conditionNotMet")))
        let outcome = try await store.upload("a", content(size), ifGeneration: first.generation)
        #expect(isStored(outcome, size))
    }

    @Test func aSessionThatIsLostWithWhatWasSent() async throws {
        server.inject(.chunk, .none)
        server.inject(.chunk, .loseSession)
        let upload = try await store.upload("a", contentType: "text/x", ifGeneration: nil)
        try await upload.append(content(Self.chunk + 5))
        let lost = try await #require(throws: Failure.self) {
            try await upload.append(content(Self.chunk * 2), inPiecesOf: 100_000)
        }
        #expect(lost.status == .unavailable)
        #expect(lost.message.contains("gs://bucket-of-tests/some/prefix/a"))
        await #expect(throws: lost) { try await upload.append(content(1)) }
        await #expect(throws: lost) { _ = try await upload.finish() }
        await upload.cancel()
        #expect(server.objects.isEmpty)
    }

    @Test func aSessionThatIsLostWhileAllIsAtHandStartsOver() async throws {
        server.inject(.chunk, .loseSession)
        let size = Self.chunk * 2
        #expect(isStored(try await store.upload("a", content(size)), size))
        #expect(server.operations.filter { $0 == .startSession }.count == 2)
    }

    @Test func damageOnTheWayIsAnError() async throws {
        server.inject(.chunk, .none)
        server.inject(.chunk, .damage)
        let failure = try await #require(throws: Failure.self) {
            _ = try await store.upload("a", content(Self.chunk * 3))
        }
        #expect(failure.status == .unavailable)
        #expect(failure.message.contains("damaged"))
        #expect(server.objects.isEmpty)
    }

    @Test func aServerThatEndsTheUploadTooEarly() async throws {
        server.inject(.chunk, .answer(LoopbackReply(200, text: "{}")))
        let failure = try await #require(throws: Failure.self) {
            _ = try await store.upload("a", content(Self.chunk * 3))
        }
        #expect(failure.status == .protocolError)
    }

    @Test func missingPermissionNamesTheRole() async throws {
        server.inject(.startSession, .answer(.problem(403, "no storage.objects.create", reason: "forbidden")))
        let failure = try await #require(throws: Failure.self) {
            _ = try await store.upload("a", content(Self.chunk * 3))
        }
        #expect(failure.status == .noPermission)
        #expect(failure.remedy.contains("roles/storage.objectUser"))
    }

    @Test func aServerThatNeverHelpsEnds() async throws {
        server.inject(.chunk, .answer(LoopbackReply(503)), count: 1000)
        server.inject(.status, .answer(LoopbackReply(503)), count: 1000)
        let failure = try await #require(throws: Failure.self) {
            _ = try await store.upload("a", content(Self.chunk * 3))
        }
        #expect(failure.status == .unavailable)
        #expect(clock.now.offset <= .seconds(60))
    }

    @Test func cancellingEndsTheSessionEvenInACancelledTask() async throws {
        let upload = try await store.upload("a", contentType: "text/x", ifGeneration: nil)
        try await upload.append(content(Self.chunk * 2))
        #expect(server.openSessions == 1)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await upload.cancel()
        }
        await task.value
        #expect(server.openSessions == 0)
        #expect(server.operations.last == .cancelSession)
    }

    /// With chunks as in production.
    @Test func hundredMegabytesTakeTheMemoryOfAChunk() async throws {
        let cloud = CountingCloud()
        let store = GCSStore(try GCSLocation("gs://bucket"), transport: cloud, authorizer: nil)
        let upload = try await store.upload("a", contentType: "text/x", ifGeneration: nil)
        let blocks = AliveBlocks()
        var crc = CRC32C()
        for _ in 0..<1600 {
            let piece = blocks.next()
            crc.update(piece)
            try await upload.append(piece)
        }
        guard case .written(let info) = try await upload.finish() else {
            Issue.record("taken")
            return
        }
        #expect(info.size == 1600 * 65_536)
        #expect(info.crc32c == crc.value)
        #expect(cloud.received == 1600 * 65_536)
        #expect(blocks.most <= (8 << 20) / 65_536 + 1)
        #expect(blocks.count == 0)
    }
}

/// Takes sessions, and keeps of them only how much came and its checksum.
private final class CountingCloud: HTTPTransport {
    private let state = Mutex((received: 0, crc: CRC32C()))

    var received: Int { state.withLock(\.received) }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        guard request.method == .put, let body = request.body else {
            return HTTPResponse(
                status: 200, headers: ["Location": "https://storage.googleapis.com/upload?upload_id=1"], body: [])
        }
        let bytes = body.rope.joined[body.range]
        let (count, crc) = state.withLock { state in
            state.received += bytes.count
            state.crc.update(ByteRope(bytes))
            return (state.received, state.crc.value)
        }
        if request.headers["Content-Range"]?.hasSuffix("/*") == true {
            return HTTPResponse(status: 308, headers: ["Range": "bytes=0-\(count - 1)"], body: [])
        }
        let isSound = request.headers["X-Goog-Hash"] == "crc32c=\(base64(crc32c: crc))"
        let object = "{\"name\":\"a\",\"size\":\"\(count)\",\"generation\":\"7\",\"crc32c\":\"\(base64(crc32c: crc))\"}"
        return HTTPResponse(status: isSound ? 200 : 400, headers: [:], body: Array(object.utf8))
    }
}
