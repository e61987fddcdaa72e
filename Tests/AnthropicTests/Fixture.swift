import Anthropic
import HTTP
import Support
import Synchronization
import TestSupport

/// A stand-in for the API on loopback that gives scripted answers, and a client of it.
struct Fixture {
    static let key = "sk-ant-test-0123456789abcdef"
    static let secret = Secret(key)

    let server: LoopbackServer
    let clock = ManualClock()
    let client: AnthropicClient
    let template: MessageTemplate

    /// Answers one after another, the last one for ever.
    init(_ replies: LoopbackReply..., maxResultBytes: Int = 1 << 20) throws {
        let rest = Mutex(replies[...])
        try self.init(maxResultBytes: maxResultBytes) { _ in
            rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] }
        }
    }

    init(maxResultBytes: Int = 1 << 20, _ handler: @escaping LoopbackServer.Handler) throws {
        server = try LoopbackServer(handler)
        var configuration = try AnthropicConfiguration(address: server.origin, key: Fixture.key + "\n")
        configuration.maxResultBytes = maxResultBytes
        client = AnthropicClient(
            configuration, transport: try CurlTransport(),
            retrying: Retrying(policy: RetryPolicy(deadline: .seconds(60)), clock: clock, random: { 0.5 }))
        template = try MessageTemplate(model: "claude-haiku-5-5", system: "Tag it.")
    }

    func send(_ content: String = "hello") async throws(AnthropicError) -> MessageAnswer {
        guard let request = template.request(content: content, maxTokens: 100) else {
            throw AnthropicError(.refused, message: "no request")
        }
        return try await client.send(request)
    }

    /// The error of sending one message.
    func error(sending content: String = "hello") async -> AnthropicError? {
        do throws(AnthropicError) {
            _ = try await send(content)
            return nil
        } catch {
            return error
        }
    }

    static func message(_ content: String = #"[{"type":"text","text":"{}"}]"#, stop: String = "end_turn") -> String {
        #"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5","content":\#(content),"#
            + #""stop_reason":"\#(stop)","stop_sequence":null,"stop_details":null,"#
            + #""usage":{"input_tokens":12,"output_tokens":30}}"#
    }

    static func problem(_ type: String, _ message: String) -> String {
        #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"},"request_id":"req_body"}"#
    }
}

extension MessageTemplate {
    func request(content: String, maxTokens: Int) -> MessageRequest? {
        Array(content.utf8).withUnsafeBytes { request(content: $0, maxTokens: maxTokens) }
    }
}

extension CallDecision {
    /// In one word, for tables.
    var kind: String {
        switch self {
        case .retry: "retry"
        case .later: "later"
        case .thisRecordOnly(let rejection): rejection.isCertain ? "this record" : "perhaps this record"
        case .stop: "stop"
        }
    }

    var failure: Failure? { if case .stop(let failure) = self { failure } else { nil } }
}
