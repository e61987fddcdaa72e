import Anthropic
import Bytes
import Foundation
import HTTP
import Support
import Synchronization

@testable import Tagging

/// Stands for the service's Message Batches, as a transport: nothing goes over a network.
final class FakeBatches: HTTPTransport {
    struct Batch: Sendable {
        var id: String
        var requests: [String]
        /// The room of each request's answer.
        var maxTokens: [Int] = []
        var createdAt: Milliseconds
        /// By `custom_id`, as JSON, in the order of the list; nil: still in progress.
        var results: [(String, String)]?
        var isGone = false
        var isCancelled = false
    }

    private let state = Mutex<[Batch]>([])
    private let wall: any WallClock
    /// What happens to a request before it is looked at, and after it took effect.
    private let hook = Mutex<(@Sendable (HTTPRequest, _ isDone: Bool) throws(HTTPError) -> Void)?>(nil)

    init(_ wall: any WallClock) { self.wall = wall }

    var all: [Batch] { state.withLock { $0 } }

    func on(_ body: (@Sendable (HTTPRequest, _ isDone: Bool) throws(HTTPError) -> Void)?) {
        hook.withLock { $0 = body }
    }

    /// Ends a batch: `result` says what comes of each request, by its `custom_id`; last first.
    func end(_ index: Int, _ result: @Sendable (Int, String) -> String = { _, _ in FakeBatches.succeeded() }) {
        state.withLock { batches in
            let requests = batches[index].requests
            batches[index].results = requests.enumerated().map { ($1, result($0, $1)) }.reversed()
        }
    }

    /// The others are cut off.
    func keepResults(of index: Int, _ count: Int) {
        state.withLock { $0[index].results = $0[index].results.map { Array($0.prefix(count)) } }
    }

    func lose(_ index: Int) { state.withLock { $0[index].isGone = true } }

    /// One that somebody else made.
    func add(_ batch: Batch) { state.withLock { $0.append(batch) } }

    static func succeeded(_ tag: String = "bug", outputTokens: Int = 10) -> String {
        #"{"type":"succeeded","message":{"id":"m","model":"claude","content":[{"type":"text","text":"{\"tags\":[\"\#(tag)\"]}"}],"#
            + #""stop_reason":"end_turn","usage":{"input_tokens":100,"output_tokens":\#(outputTokens)}}}"#
    }

    static func errored(_ type: String, _ message: String) -> String {
        #"{"type":"errored","error":{"type":"error","error":{"type":"\#(type)","message":"\#(message)"}}}"#
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let hook = hook.withLock { $0 }
        try hook?(request, false)
        let response = answer(request)
        try hook?(request, true)
        return response
    }

    private func answer(_ request: HTTPRequest) -> HTTPResponse {
        let path = request.url.dropFirst("https://api.anthropic.com/v1/messages/batches".count)
        return state.withLock { batches in
            if path.hasSuffix("/cancel") {
                let index = batches.firstIndex { path.dropFirst().hasPrefix("\($0.id)/") }
                guard let index else { return HTTPResponse(status: 404, headers: [:], body: []) }
                batches[index].isCancelled = true
                return ok(json(batches[index]))
            }
            if request.method == .post {
                struct Body: Decodable {
                    struct Request: Decodable {
                        struct Parameters: Decodable { var max_tokens: Int }
                        var custom_id: String
                        var params: Parameters
                    }
                    var requests: [Request]
                }
                let bytes = Data(request.body?.rope.joined ?? [])
                let requests = (try? JSONDecoder().decode(Body.self, from: bytes))?.requests ?? []
                let batch = Batch(
                    id: "msgbatch_\(batches.count)", requests: requests.map(\.custom_id),
                    maxTokens: requests.map(\.params.max_tokens), createdAt: wall.now())
                batches.append(batch)
                return ok(json(batch))
            }
            if path.hasPrefix("?") {
                let list = batches.filter { !$0.isGone }.reversed().map(json).joined(separator: ",")
                return ok(#"{"data":[\#(list)],"has_more":false}"#)
            }
            let id = path.dropFirst().prefix { $0 != "/" }
            guard let batch = batches.first(where: { $0.id == id && !$0.isGone }) else {
                return HTTPResponse(
                    status: 404, headers: [:],
                    body: Array(#"{"type":"error","error":{"type":"not_found_error","message":"no"}}"#.utf8))
            }
            guard path.hasSuffix("/results") else { return ok(json(batch)) }
            return ok(
                (batch.results ?? []).map { #"{"custom_id":"\#($0.0)","result":\#($0.1)}"# }.joined(separator: "\n"))
        }
    }

    private func ok(_ body: String) -> HTTPResponse { HTTPResponse(status: 200, headers: [:], body: Array(body.utf8)) }

    private func json(_ batch: Batch) -> String {
        let status = batch.results != nil ? "ended" : batch.isCancelled ? "canceling" : "in_progress"
        return #"{"id":"\#(batch.id)","processing_status":"\#(status)","request_counts":{"processing":0,"succeeded":0,"#
            + #""errored":0,"canceled":0,"expired":0},"created_at":"\#(rfc3339(batch.createdAt))"}"#
    }
}
