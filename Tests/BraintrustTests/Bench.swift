import HTTP
import Support
import Synchronization
import TestSupport

@testable import Braintrust

/// A client of a server on loopback, whose time passes at once.
struct Bench {
    static let key = "sk-bt-0123456789"

    let server: LoopbackServer
    let clock = ManualClock()
    let client: BraintrustClient

    init(organization: String? = nil, timeout: Duration? = nil, _ handler: @escaping LoopbackServer.Handler) throws {
        server = try LoopbackServer(handler)
        var configuration = try BraintrustConfiguration(
            address: server.origin, key: Bench.key, organization: organization)
        if let timeout { configuration.timeout = timeout }
        client = BraintrustClient(
            configuration, transport: try CurlTransport(),
            retrying: Retrying(policy: BraintrustClient.retryPolicy, clock: clock, random: { 0.5 }))
    }

    /// Answers one after another, the last one for ever.
    init(_ replies: LoopbackReply..., timeout: Duration? = nil) throws {
        let rest = Mutex(replies[...])
        try self.init(timeout: timeout) { _ in
            rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] }
        }
    }

    /// The server lives until the answer is there.
    func query(_ btql: String) async throws(BraintrustError) -> BTQLPage { try await client.query(btql) }
}

extension LoopbackRequest {
    /// The text of a string in the body, where no escapes are but those of quotes.
    func bodyMember(_ key: String) -> String? {
        let text = String(decoding: body, as: UTF8.self)
        guard let start = text.firstRange(of: "\"\(key)\":\"") else { return nil }
        let rest = text[start.upperBound...]
        return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
    }
}
