import Bytes
import Dispatch
import HTTP
import Synchronization
import Testing
import TestSupport

@Suite struct CurlTransportTests {
    private static let echo: LoopbackServer.Handler = { request in
        LoopbackReply(200, headers: ["X-Method": request.method], body: request.body)
    }

    private func failure(
        _ request: HTTPRequest, _ configuration: CurlTransport.Configuration = CurlTransport.Configuration()
    ) async throws -> HTTPError {
        let transport = try CurlTransport(configuration)
        return try await #require(throws: HTTPError.self) { _ = try await transport.send(request) }
    }

    @Test func aResponseOfAnyStatusIsAResult() async throws {
        let server = try LoopbackServer { _ in
            LoopbackReply(503, headers: ["Retry-After": "3"], text: "busy")
        }
        let response = try await CurlTransport().send(HTTPRequest(.get, server.origin + "/a?b"))
        #expect(response.status == 503)
        #expect(response.headers["retry-after"] == "3")
        #expect(response.body == Array("busy".utf8))
        #expect(server.requests.map(\.target) == ["/a?b"])
    }

    @Test(arguments: [HTTPMethod.post, .put], [0, 1, 3_000_000])
    func bodiesAreSentAsTheyAre(method: HTTPMethod, count: Int) async throws {
        let server = try LoopbackServer(Self.echo)
        var rope = ByteRope((0..<10).map { UInt8($0) })
        for part in [count / 3, count - count / 3] {
            rope.append(
                ByteRope((0..<part).map { UInt8(truncatingIfNeeded: $0 &* 31) }).blocks.first ?? BlockPool().take())
        }
        let request = HTTPRequest(
            method, server.origin, headers: ["Content-Type": "application/json"],
            body: HTTPBody(rope, range: 10..<10 + count), maxResponseBytes: 1 << 24)
        let response = try await CurlTransport().send(request)
        #expect(response.body == Array(rope.joined[10...]))
        let got = try #require(server.requests.first)
        #expect(got.method == method.rawValue)
        #expect(got.headers["Content-Length"] == String(count))
        #expect(got.headers["Content-Type"] == "application/json")
        #expect(got.headers["Expect"] == nil)
    }

    @Test func nothingIsAddedThatWasNotAskedFor() async throws {
        let server = try LoopbackServer(Self.echo)
        _ = try await CurlTransport().send(HTTPRequest(.post, server.origin))
        let names = try #require(server.requests.first).headers.fields.map { $0.name.lowercased() }
        #expect(Set(names) == ["host", "user-agent", "accept", "content-length"])
    }

    @Test func aConnectionIsUsedAgain() async throws {
        let server = try LoopbackServer(Self.echo)
        let transport = try CurlTransport()
        for _ in 0..<5 { _ = try await transport.send(HTTPRequest(.get, server.origin)) }
        #expect(server.connections == 1)
    }

    @Test func asManyTransfersAtOnceAsAllowed() async throws {
        let arrivals = Mutex(0)
        let third = DispatchSemaphore(value: 0)
        let server = try LoopbackServer { _ in
            let number = arrivals.withLock { arrivals in
                arrivals += 1
                return arrivals
            }
            // The first two are answered when the third is there.
            if number < 3 { third.wait() }
            if number == 3 { for _ in 0..<2 { third.signal() } }
            return LoopbackReply(204)
        }
        let transport = try CurlTransport(CurlTransport.Configuration(maxConcurrent: 3))
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { try await transport.send(HTTPRequest(.get, server.origin)).status } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 204, count: 40))
        #expect(server.connections == 3)
    }

    @Test func redirectsAreNotFollowed() async throws {
        let server = try LoopbackServer { _ in LoopbackReply(302, headers: ["Location": "/other"]) }
        let response = try await CurlTransport().send(HTTPRequest(.get, server.origin))
        #expect(response.status == 302)
        #expect(server.requests.count == 1)
    }

    @Test func compressedBodiesStayCompressed() async throws {
        let server = try LoopbackServer { _ in
            LoopbackReply(200, headers: ["Content-Encoding": "gzip"], body: [0x1F, 0x8B, 0])
        }
        let response = try await CurlTransport().send(
            HTTPRequest(.get, server.origin, headers: ["Accept-Encoding": "gzip"]))
        #expect(response.body == [0x1F, 0x8B, 0])
    }

    // MARK: - Failures

    @Test func aConnectionThatIsResetIsTransient() async throws {
        let server = try LoopbackServer { _ in .fault(.reset) }
        let error = try await failure(HTTPRequest(.get, server.origin + "/x?secret"))
        #expect(error.kind == .reset)
        #expect(error.isTransient)
        #expect(!error.description.contains("secret"))
        #expect(error.description.contains("GET \(server.origin)/x"))
    }

    /// libcurl would; but the server may have acted on the first one.
    @Test(arguments: [HTTPMethod.post, .put], [1, 300_000])
    func aBodyIsNeverSentTwiceUnasked(method: HTTPMethod, count: Int) async throws {
        let server = try LoopbackServer { request in request.path == "/lost" ? .fault(.reset) : LoopbackReply(204) }
        let transport = try CurlTransport()
        _ = try await transport.send(HTTPRequest(.get, server.origin))
        let body = HTTPBody(ByteRope([UInt8](repeating: 1, count: count)))
        let error = try await #require(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest(method, server.origin + "/lost", body: body))
        }
        #expect(error.kind == .reset)
        #expect(server.requests.map(\.path) == ["/", "/lost"])
    }

    /// Within the status line, within a header's name, within its value. Without a whole line nothing has come yet.
    @Test(arguments: [(17, HTTPError.Kind.reset), (25, .truncated), (37, .truncated)])
    func headersThatEndEarly(count: Int, kind: HTTPError.Kind) async throws {
        let server = try LoopbackServer { _ in LoopbackReply(200, body: Array("all of it".utf8), fault: .cutHead(count))
        }
        let error = try await failure(HTTPRequest(.get, server.origin))
        #expect(error.kind == kind)
        #expect(error.isTransient)
    }

    @Test func aBodyThatEndsEarly() async throws {
        let server = try LoopbackServer { _ in
            LoopbackReply(200, body: [UInt8](repeating: 1, count: 1000), fault: .cutBody(10))
        }
        let error = try await failure(HTTPRequest(.get, server.origin))
        #expect(error.kind == .truncated)
        #expect(error.isTransient)
    }

    @Test(arguments: [LoopbackReply.Fault.stall, .stallBody(10)])
    func aStall(fault: LoopbackReply.Fault) async throws {
        let server = try LoopbackServer { _ in LoopbackReply(200, body: Array(0..<100), fault: fault) }
        let timeouts = HTTPTimeouts(stall: .seconds(1), total: .seconds(20))
        let error = try await failure(HTTPRequest(.get, server.origin, timeouts: timeouts))
        #expect(error.kind == .stall)
        #expect(error.isTransient)
    }

    @Test func theTotalTimeout() async throws {
        let server = try LoopbackServer { _ in .fault(.stall) }
        let timeouts = HTTPTimeouts(stall: .seconds(20), total: .milliseconds(200))
        let error = try await failure(HTTPRequest(.get, server.origin, timeouts: timeouts))
        #expect(error.kind == .timeout)
    }

    @Test func nobodyListens() async throws {
        let server = try LoopbackServer(Self.echo)
        let origin = server.origin
        server.stop()
        let error = try await failure(HTTPRequest(.get, origin))
        #expect(error.kind == .connect || error.kind == .reset)
        #expect(error.isTransient)
    }

    @Test func aNameThatDoesNotExist() async throws {
        let error = try await failure(HTTPRequest(.get, "http://does-not-exist.invalid/", bypassesProxy: true))
        #expect(error.kind == .resolve)
    }

    @Test func aBodyLargerThanAllowed() async throws {
        let server = try LoopbackServer { _ in LoopbackReply(200, body: [UInt8](repeating: 1, count: 1001)) }
        let transport = try CurlTransport()
        let error = try await #require(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest(.get, server.origin, maxResponseBytes: 1000))
        }
        #expect(error.kind == .tooLarge)
        #expect(!error.isTransient)
        let fitting = try await transport.send(HTTPRequest(.get, server.origin, maxResponseBytes: 1001))
        #expect(fitting.body.count == 1001)
    }

    @Test func headersCannotBeSmuggled() async throws {
        let server = try LoopbackServer(Self.echo)
        let error = try await failure(HTTPRequest(.get, server.origin, headers: ["X": "a\r\nY: b"]))
        #expect(error.kind == .invalidRequest)
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://127.0.0.1/", "", "http://"])
    func onlyHTTP(url: String) async throws {
        #expect(try await failure(HTTPRequest(.get, url)).kind == .invalidRequest)
    }

    @Test func aServerThatNeverShakesHandsIsNoConnection() async throws {
        let server = try LoopbackServer(Self.echo)
        let timeouts = HTTPTimeouts(connect: .milliseconds(200))
        let error = try await failure(HTTPRequest(.get, "https://127.0.0.1:\(server.port)/", timeouts: timeouts))
        #expect(error.kind == .connect)
    }

    // MARK: - Cancellation and limits

    @Test func cancellingEndsATransferAndFreesItsPlace() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try LoopbackServer { request in
            guard request.path == "/stall" else { return LoopbackReply(204) }
            arrived.yield()
            return .fault(.stall)
        }
        let transport = try CurlTransport(CurlTransport.Configuration(maxConcurrent: 1))
        let stalled = Task { try await transport.send(HTTPRequest(.get, server.origin + "/stall")) }
        for await _ in arrivals { break }
        let waiting = Task { try await transport.send(HTTPRequest(.get, server.origin + "/waiting")) }
        waiting.cancel()
        await #expect(throws: HTTPError(.cancelled, request: "GET \(server.origin)/waiting")) {
            try await waiting.value
        }
        stalled.cancel()
        await #expect(throws: HTTPError(.cancelled, request: "GET \(server.origin)/stall")) { try await stalled.value }
        #expect(try await transport.send(HTTPRequest(.get, server.origin)).status == 204)
        #expect(server.requests.map(\.path) == ["/stall", "/"])
    }

    @Test func aQueueThatIsFullSaysSo() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try LoopbackServer { _ in
            arrived.yield()
            return .fault(.stall)
        }
        let transport = try CurlTransport(CurlTransport.Configuration(maxConcurrent: 1, maxWaiting: 1))
        let running = Task { try await transport.send(HTTPRequest(.get, server.origin)) }
        for await _ in arrivals { break }
        let others = (0..<2).map { _ in Task { try await transport.send(HTTPRequest(.get, server.origin)) } }
        // One of the two waits; the other is refused, and with it the task ends by itself.
        let kinds = await withTaskGroup(of: HTTPError.Kind?.self) { group in
            for other in others {
                group.addTask {
                    do { _ = try await other.value } catch let error as HTTPError { return error.kind } catch {}
                    return nil
                }
            }
            var kinds: [HTTPError.Kind?] = []
            for await kind in group {
                kinds.append(kind)
                for other in others { other.cancel() }
            }
            return kinds
        }
        #expect(kinds.first == .queueFull)
        running.cancel()
        await #expect(throws: HTTPError.self) { try await running.value }
    }
}
