import Testing

@testable import StandIns

/// Calls a service with a time that the test decides.
private struct Caller {
    var service: AnthropicService
    var script = Script()
    var now: Int64 = 0

    init(batchDelay: Int64 = 1000) {
        var settings = StandInSettings()
        settings.batchDelay = batchDelay
        service = AnthropicService(settings, now: 0)
    }

    mutating func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:],
        query: [(name: String, value: String)] = []
    ) throws -> (status: Int, json: JSONValue, answer: Answer) {
        let all = ["x-api-key": "devcloud", "anthropic-version": "2026-10-21", "content-type": "application/json"]
        let call = Call(
            method, path, query: query, headers: all.merging(headers) { $1 }.filter { !$1.isEmpty },
            body: body?.bytes ?? [], base: "http://stand.in")
        let route = try #require(AnthropicRoute(call))
        let request = Result { () throws(AnthropicFault) in
            try AnthropicRequest(call, route: route, key: "devcloud")
        }
        let prepared = service.prepare(request, call: call, override: .init(), script: &script, now: now)
        return (prepared.answer.status, (try? JSONValue(parsing: prepared.answer.body)) ?? nil, prepared.answer)
    }

    mutating func batch(_ ids: [String]) throws -> (status: Int, json: JSONValue, answer: Answer) {
        let requests = ids.map { id -> JSONValue in ["custom_id": .string(id), "params": messageBody()] }
        return try call("POST", "/v1/messages/batches", ["requests": .array(requests)])
    }
}

@Suite struct AnthropicServiceTests {
    @Test(arguments: [
        (["x-api-key": ""], 401), (["x-api-key": "wrong"], 401), (["authorization": "Bearer devcloud"], 401),
        (["x-api-key": "", "authorization": "Bearer devcloud"], 200), (["anthropic-version": ""], 400),
        (["anthropic-version": "2024-01-01"], 400), (["content-type": "text/plain"], 400),
        (["anthropic-beta": "message-batches-2024-09-24, nonsense"], 400),
    ])
    func headers(headers: [String: String], status: Int) throws {
        var caller = Caller()
        let answer = try caller.call("POST", "/v1/messages", messageBody(), headers: headers)
        #expect(answer.status == status)
        if status != 200 {
            #expect(answer.json["request_id"]?.string == answer.answer.headers["request-id"])
            #expect(answer.json["error"]?["type"]?.string == AnthropicFault.type(of: status))
        }
    }

    @Test func batchThatTakesItsTime() throws {
        var caller = Caller()
        let id = try #require(try caller.batch(["a", "b", "c"]).json["id"]?.string)
        caller.now = 999
        var batch = try caller.call("GET", "/v1/messages/batches/\(id)").json
        #expect(batch["processing_status"] == "in_progress")
        #expect(batch["request_counts"]?["processing"] == 3)
        #expect(try caller.call("GET", "/v1/messages/batches/\(id)/results").status == 404)
        #expect(try caller.call("DELETE", "/v1/messages/batches/\(id)").status == 400)
        caller.now = 1000
        batch = try caller.call("GET", "/v1/messages/batches/\(id)").json
        #expect(batch["processing_status"] == "ended")
        #expect(batch["ended_at"] == "1970-01-01T00:00:01.000Z")
        #expect(batch["request_counts"]?["succeeded"] == 3)
        #expect(batch["results_url"] == .string("http://stand.in/v1/messages/batches/\(id)/results"))
        #expect(try caller.call("POST", "/v1/messages/batches/\(id)/cancel").status == 400)
    }

    @Test func cancellationComesTooLateForSome() throws {
        var caller = Caller()
        let id = try #require(try caller.batch((0..<10).map { "id-\($0)" }).json["id"]?.string)
        caller.now = 500
        let cancelled = try caller.call("POST", "/v1/messages/batches/\(id)/cancel")
        #expect(cancelled.json["processing_status"] == "canceling")
        caller.now = 600
        let counts = try caller.call("GET", "/v1/messages/batches/\(id)").json["request_counts"]
        #expect((counts?["succeeded"], counts?["canceled"]) == (5, 5))
    }

    @Test func outcomesByScript() throws {
        var caller = Caller(batchDelay: 0)
        caller.script = try Script([
            ["route": "batches.item", "contains": "\"b\"", "outcome": "expired"],
            ["route": "batches.item", "outcome": "errored", "status": 529],
        ])
        let id = try #require(try caller.batch(["a", "b", "c"]).json["id"]?.string)
        #expect(try caller.call("GET", "/v1/messages/batches/\(id)").json["request_counts"]?["errored"] == 1)
        let body = try caller.call("GET", "/v1/messages/batches/\(id)/results").answer.body
        let lines = try body.split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: Array($0)) }
        let results = Dictionary(uniqueKeysWithValues: lines.map { ($0["custom_id"]?.string, $0["result"]) })
        #expect(results["a"]??["error"]?["error"]?["type"] == "overloaded_error")
        #expect(results["b"] == ["type": "expired"])
        #expect(results["c"]??["message"]?["usage"]?["service_tier"] == "batch")
    }

    @Test func pagesOfBatches() throws {
        var caller = Caller()
        let ids = try (0..<5).map { _ in try #require(try caller.batch(["a"]).json["id"]?.string) }
        func page(_ query: [(name: String, value: String)]) throws -> (ids: [String?], more: JSONValue?) {
            let json = try caller.call("GET", "/v1/messages/batches", query: query).json
            return (json["data"]?.array?.map { $0["id"]?.string } ?? [], json["has_more"])
        }
        #expect(try page([("limit", "2")]) == ([ids[4], ids[3]], true))
        #expect(try page([("limit", "3"), ("after_id", ids[3])]) == ([ids[2], ids[1], ids[0]], false))
        #expect(try page([("limit", "2"), ("before_id", ids[0])]) == ([ids[2], ids[1]], true))
        for query in [[("limit", "0")], [("limit", "1001")], [("after_id", "nonsense")], [("nonsense", "1")]] {
            let answer = try caller.call(
                "GET", "/v1/messages/batches", query: query.map { (name: $0.0, value: $0.1) })
            #expect(answer.status == 400)
        }
    }

    @Test func batchesThatAreTooLarge() {
        let request: JSONValue = ["custom_id": "a", "params": [:]]
        let requests = JSONValue.array(Array(repeating: request, count: MessageBatches.requestsMax + 1))
        let fault = #expect(throws: AnthropicFault.self) {
            try MessageBatches.items(["requests": requests], version: .october2026)
        }
        #expect(fault?.message.contains("100000") == true)
    }

    @Test func noSuchRoute() {
        for (method, path) in [("GET", "/v1/messages"), ("POST", "/v1/nonsense"), ("PUT", "/v1/messages/batches")] {
            #expect(AnthropicRoute(Call(method, path)) == nil)
        }
    }
}

@Suite struct MessageReplyTests {
    private func reply(_ members: JSONValue, text: String? = nil) throws -> MessageReply {
        let request = try MessageRequest(messageBody(members), version: .october2026)
        return MessageReply(to: request, usage: TokenUsage(), override: .init(text: text))
    }

    @Test func thinkingCountsTowardsMaxTokens() throws {
        let cut = try reply(["max_tokens": 33], text: "12345678")
        #expect(cut.stopReason == "max_tokens")
        #expect((cut.usage.output, cut.usage.thinking) == (33, 32))
        #expect(cut.content.last?["text"] == "1234")
        let nothing = try reply(["max_tokens": 20], text: "12345678")
        #expect(nothing.content.map { $0["type"]?.string } == ["thinking"])
        #expect(nothing.stopReason == "max_tokens")
    }

    @Test func stopSequence() throws {
        let reply = try reply(["stop_sequences": ["END", "5"]], text: "12345678")
        #expect((reply.stopReason, reply.stopSequence) == ("stop_sequence", "5"))
        #expect(reply.content.last?["text"] == "1234")
    }
}
