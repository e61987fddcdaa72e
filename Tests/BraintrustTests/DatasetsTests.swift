import HTTP
import Support
import Synchronization
import Testing
import TestSupport

@testable import Braintrust

/// Projects, datasets and their rows, against a server on loopback.
@Suite struct DatasetsTests {
    private static let events = [Array(#"{"id":"1"}"#.utf8), Array(#"{"id":"2","input":"é"}"#.utf8)]

    private func error(_ bench: Bench) async throws -> BraintrustError {
        try #require(
            await #expect(throws: BraintrustError.self) {
                try await bench.client.insert(datasetID: "d", events: Self.events)
            })
    }

    // MARK: - Lists

    @Test func datasets() async throws {
        let bench = try Bench(organization: "Ours") { request in
            request.query["starting_after"] != nil
                ? LoopbackReply(200, text: #"{"objects":[]}"#)
                : LoopbackReply(
                    200,
                    text: """
                        {"objects":[
                        {"id":"1","project_id":"p","name":"n","description":"d","deleted_at":null,"metadata":{"a":[[[]]]}},
                        {"id":"2","project_id":"p","name":"gone","description":"d","deleted_at":"2026-01-01T00:00:00Z"},
                        {"id":"3","name":null,"description":null},{"id":"4","description":["x"],"project_id":5}]}
                        """)
        }
        #expect(
            try await bench.client.datasets(projectID: "p/1") == [
                Dataset(id: "1", projectID: "p", name: "n", description: "d"), Dataset(id: "3"), Dataset(id: "4"),
            ])
        #expect(bench.server.requests.map(\.path) == ["/v1/dataset", "/v1/dataset"])
        #expect(bench.server.requests[0].query == ["limit": "1000", "project_id": "p/1", "org_name": "Ours"])
        #expect(bench.server.requests[1].query["starting_after"] == "4")
    }

    @Test func projects() async throws {
        let one = #"{"id":"1","name":"é x","org_id":"o"}"#
        let bench = try Bench { request in
            switch request.path {
            case "/v1/project/a%2Fb": LoopbackReply(200, text: one)
            case "/v1/project" where request.query["starting_after"] == nil:
                LoopbackReply(200, text: #"{"objects":[{"id":"2","name":"e\u0301 x"},\#(one)]}"#)
            case "/v1/project": LoopbackReply(200, text: #"{"objects":[]}"#)
            case "/v1/project/no-uuid": LoopbackReply(400, text: "no UUID")
            case "/v1/project/closed": LoopbackReply(403)
            default: LoopbackReply(404)
            }
        }
        #expect(try await bench.client.project(id: "a/b") == Project(id: "1", name: "é x"))
        #expect(try await bench.client.project(id: "other") == nil)
        #expect(try await bench.client.project(id: "no-uuid") == nil)
        await #expect(throws: BraintrustError.self) { try await bench.client.project(id: "closed") }
        #expect(try await bench.client.project(name: "é x")?.id == "1")
        #expect(try await bench.client.project(name: "z") == nil)
    }

    // MARK: - Inserts

    @Test func insert() async throws {
        let bench = try Bench(organization: "Ours") { _ in LoopbackReply(200, text: #"{"row_ids":["1","2"]}"#) }
        #expect(try await bench.client.insert(datasetID: "d/1", events: Self.events) == 2)
        let request = try #require(bench.server.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/v1/dataset/d%2F1/insert")
        #expect(request.header("x-bt-org-name") == "Ours")
        let body = #"{"events":[{"id":"1"},{"id":"2","input":"é"}]}"#
        #expect(String(decoding: request.body, as: UTF8.self) == body)
        let rows = Self.events.reduce(0) { $0 + $1.count + 1 }
        #expect(body.utf8.count <= rows + BraintrustClient.insertOverhead)
    }

    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func triedAgain(status: Int) async throws {
        let bench = try Bench(LoopbackReply(status), LoopbackReply(200, text: #"{"row_ids":["1","2"]}"#))
        #expect(try await bench.client.insert(datasetID: "d", events: Self.events) == 2)
        #expect(bench.server.requests.count == 2)
        #expect(bench.server.requests[0].body == bench.server.requests[1].body)
    }

    @Test func anAnswerThatWasLost() async throws {
        let bench = try Bench(
            LoopbackReply(200, body: Array(#"{"row_ids":["1","2"]}"#.utf8), fault: .cutBody(7)),
            LoopbackReply(200, text: #"{"row_ids":["1","2"]}"#))
        #expect(try await bench.client.insert(datasetID: "d", events: Self.events) == 2)
    }

    @Test func tooLarge() async throws {
        let bench = try Bench(LoopbackReply(413, text: "Payload Too Large"))
        let error = try await error(bench)
        #expect(error.isTooLarge)
        #expect(bench.server.requests.count == 1)
    }

    @Test func explanationsDoNotRepeatRows() async throws {
        let echo = try Bench { LoopbackReply(400, body: Array("wrong: ".utf8) + $0.body) }
        let text = "what somebody wrote and what no log may ever tell"
        let error = try #require(
            await #expect(throws: BraintrustError.self) {
                try await echo.client.insert(datasetID: "d", events: [Array(#"{"id":"1","input":"\#(text)"}"#.utf8)])
            })
        #expect(error.message.contains("is left out"))
        #expect(!"\(error.failure)".contains("somebody"))
        let query = try #require(await #expect(throws: BraintrustError.self) { try await echo.query(text) })
        #expect(query.message.contains(text))
    }

    @Test(arguments: ["", "{}", #"{"row_ids":null}"#, #"{"row_ids":["1"]}"#, #"{"row_ids":[1,2]}"#, "<html>"])
    func notConfirmed(body: String) async throws {
        let error = try await error(try Bench(LoopbackReply(200, text: body)))
        #expect(error.kind == .unreadable)
        #expect(error.failure.status == .protocolError)
    }

    // MARK: - Limits

    @Test(arguments: [
        (#"{"logs3_payload_max_bytes":1000000}"#, 1_000_000), (#"{"logs3_payload_max_bytes":null}"#, 6 << 20),
        ("{}", 6 << 20), ("", 6 << 20), ("<html>", 6 << 20), (#"{"logs3_payload_max_bytes":"5"}"#, 6 << 20),
        (#"{"logs3_payload_max_bytes":-5}"#, 6 << 20), (#"{"logs3_payload_max_bytes":0}"#, 6 << 20),
        (#"{"logs3_payload_max_bytes":99999999999}"#, 32 << 20),
    ])
    func payloadLimit(body: String, limit: Int) async throws {
        let bench = try Bench(LoopbackReply(200, text: body))
        #expect(await bench.client.payloadLimit() == limit)
        #expect(bench.server.requests.map(\.target) == ["/version"])
    }

    @Test func noVersion() async throws {
        #expect(await (try Bench(LoopbackReply(404))).client.payloadLimit() == 6 << 20)
    }
}
