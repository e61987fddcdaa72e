import Bytes
import Foundation
import Testing

@testable import Anthropic

@Suite struct BatchBodyTests {
    private let template: MessageTemplate

    init() throws { template = try MessageTemplate(model: "m", system: "s") }

    private func request(_ content: String) throws -> MessageRequest {
        try #require(template.request(content: content, maxTokens: 5))
    }

    @Test func requestsWithTheirIDs() throws {
        var body = BatchBody()
        #expect(body.isEmpty)
        #expect(body.add("a-1_Z", try request("\"one\"")) == .added)
        #expect(body.add(String(repeating: "9", count: 64), try request("two")) == .added)
        #expect(body.count == 2)
        let bytes = body.finished.joined
        #expect(bytes.count == body.byteCount)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: [NSDictionary]])
        let requests = try #require(json["requests"])
        #expect(requests.map { $0["custom_id"] as? String } == ["a-1_Z", String(repeating: "9", count: 64)])
        let params = try #require(requests[0]["params"] as? NSDictionary)
        #expect(params["model"] as? String == "m")
        #expect(params["max_tokens"] as? Int == 5)
    }

    @Test(arguments: ["", "a b", "ä", "a/b", "a\"", String(repeating: "9", count: 65)])
    func idsThatAreNone(id: String) throws {
        var body = BatchBody()
        #expect(body.add(id, try request("x")) == .invalidID)
        #expect(body.isEmpty)
    }

    @Test func anIDComesOnce() throws {
        var body = BatchBody()
        #expect(body.add("a", try request("x")) == .added)
        #expect(body.add("a", try request("y")) == .duplicateID)
        #expect(body.count == 1)
    }

    @Test func noMoreRequestsThanAllowed() throws {
        var body = BatchBody(maxRequests: 2)
        #expect(body.add("a", try request("x")) == .added)
        #expect(body.add("b", try request("x")) == .added)
        #expect(body.add("c", try request("x")) == .full)
        #expect(body.count == 2)
    }

    @Test func noMoreBytesThanAllowed() throws {
        var free = BatchBody()
        _ = free.add("a", try request("x"))
        _ = free.add("b", try request("x"))
        var exact = BatchBody(maxBytes: free.byteCount)
        #expect(exact.add("a", try request("x")) == .added)
        #expect(exact.add("b", try request("x")) == .added)
        var short = BatchBody(maxBytes: free.byteCount - 1)
        #expect(short.add("a", try request("x")) == .added)
        #expect(short.add("b", try request("x")) == .full)
        var tiny = BatchBody(maxBytes: 20)
        #expect(tiny.add("a", try request("x")) == .tooLarge)
        #expect(tiny.isEmpty)
    }
}
