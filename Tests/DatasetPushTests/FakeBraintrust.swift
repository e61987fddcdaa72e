import Braintrust
import Foundation
import HTTP
import Support
import Synchronization
import TestSupport

/// A server that keeps rows of datasets, as far as pushing asks for it, and fails on demand.
final class FakeBraintrust: Sendable {
    struct State {
        /// By dataset, and by id: the row's JSON.
        var rows: [String: [String: String]] = [:]
        /// By dataset: the `input.id` of rows.
        var interactions: [String: Set<String>] = [:]
        /// How many rows each insert brought.
        var inserts: [Int] = []
        /// How many ids of each kind each query asked for.
        var asked: [Int] = []
        var largestBody = 0
    }

    enum Call: Sendable {
        case query(dataset: String)
        /// The n-th insert, from 1.
        case insert(dataset: String, bytes: Int, number: Int, body: String)
        case version
    }

    /// What to answer instead of doing it. With `isDone`, it is done all the same.
    typealias Fault = @Sendable (Call) -> (reply: LoopbackReply, isDone: Bool)?

    static let key = "sk-bt-0123456789"
    let server: LoopbackServer
    let clock = ManualClock()
    private let state: Shared

    final class Shared: Sendable {
        let state = Mutex(State())
        let fault: Mutex<Fault> = Mutex({ _ in nil })
    }

    init() throws {
        let shared = Shared()
        state = shared
        server = try LoopbackServer { request in FakeBraintrust.answer(request, shared) }
    }

    var rows: [String: [String: String]] { state.state.withLock(\.rows) }
    var inserts: [Int] { state.state.withLock(\.inserts) }
    var asked: [Int] { state.state.withLock(\.asked) }
    var largestBody: Int { state.state.withLock(\.largestBody) }

    func fail(_ fault: @escaping Fault) { state.fault.withLock { $0 = fault } }
    /// Writes that have one of these texts.
    func refuse(_ status: Int, rowsWith texts: [String]) {
        fail { call in
            guard case .insert(_, _, _, let body) = call, texts.contains(where: body.contains) else { return nil }
            return (LoopbackReply(status, text: "bad row"), false)
        }
    }
    func put(_ row: String, id: String, in dataset: String) {
        state.state.withLock { $0.rows[dataset, default: [:]][id] = row }
    }
    func put(interaction: String, in dataset: String) {
        state.state.withLock { _ = $0.interactions[dataset, default: []].insert(interaction) }
    }

    func client() throws -> BraintrustClient {
        BraintrustClient(
            try BraintrustConfiguration(address: server.origin, key: FakeBraintrust.key),
            transport: try CurlTransport(),
            retrying: Retrying(policy: BraintrustClient.retryPolicy, clock: clock, random: { 0.5 }))
    }

    private static func answer(_ request: LoopbackRequest, _ shared: Shared) -> LoopbackReply {
        let body = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any] ?? [:]
        let dataset: String
        let call: Call
        if request.path == "/btql" {
            dataset = between("dataset('", "')", body["query"] as? String ?? "")
            call = .query(dataset: dataset)
        } else if request.path == "/version" {
            (dataset, call) = ("", .version)
        } else {
            dataset = request.path.split(separator: "/").dropLast().last.map(String.init) ?? ""
            let number = shared.state.withLock { state in
                state.largestBody = max(state.largestBody, request.body.count)
                return state.inserts.count + 1
            }
            call = .insert(
                dataset: dataset, bytes: request.body.count, number: number,
                body: String(decoding: request.body, as: UTF8.self))
        }
        let fault = shared.fault.withLock { $0 }(call)
        if let fault, !fault.isDone { return fault.reply }
        let reply =
            switch call {
            case .query: query(body["query"] as? String ?? "", dataset, shared)
            case .insert: insert(body["events"] as? [[String: Any]] ?? [], dataset, shared)
            case .version: LoopbackReply(200, text: "{}")
            }
        return fault?.reply ?? reply
    }

    private static func query(_ query: String, _ dataset: String, _ shared: Shared) -> LoopbackReply {
        let ids = literals(between("(id in (", ")", query))
        let interactions = literals(between("input.id in (", ")", query))
        return shared.state.withLock { state in
            state.asked.append(ids.count)
            var rows = ids.filter { state.rows[dataset]?[$0] != nil }.map { "{\"id\":\"\($0)\",\"input_id\":null}" }
            for interaction in interactions where state.interactions[dataset]?.contains(interaction) == true {
                rows.append("{\"input_id\":\"\(interaction)\",\"id\":\"other\"}")
            }
            return LoopbackReply(200, text: "{\"data\":[\(rows.joined(separator: ","))],\"cursor\":null}")
        }
    }

    private static func insert(_ events: [[String: Any]], _ dataset: String, _ shared: Shared) -> LoopbackReply {
        var ids: [String] = []
        shared.state.withLock { state in
            for event in events {
                let id = event["id"] as? String ?? ""
                let json = try? JSONSerialization.data(withJSONObject: event, options: [.sortedKeys])
                state.rows[dataset, default: [:]][id] = String(decoding: json ?? Data(), as: UTF8.self)
                ids.append(id)
            }
            state.inserts.append(events.count)
        }
        return LoopbackReply(200, text: "{\"row_ids\":[\(ids.map { "\"\($0)\"" }.joined(separator: ","))]}")
    }

    private static func between(_ start: String, _ end: String, _ text: String) -> String {
        guard let first = text.firstRange(of: start) else { return "" }
        let rest = text[first.upperBound...]
        return rest.firstRange(of: end).map { String(rest[..<$0.lowerBound]) } ?? ""
    }

    private static func literals(_ list: String) -> [String] {
        list.split(separator: ", ").map { String($0.dropFirst().dropLast()).replacing("''", with: "'") }
    }
}
