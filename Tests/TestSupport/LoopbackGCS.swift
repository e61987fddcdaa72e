import HTTP
package import Support
import Synchronization

/// Cloud Storage's JSON API on loopback, as far as `GCSStore` uses it, with faults on demand. Unlike the emulators it keeps the
/// rules: preconditions on every kind of upload, evaluated at its end; chunks in multiples of 256 KiB without gaps; checksums.
package final class LoopbackGCS: Sendable {
    package enum Operation: Sendable, Equatable {
        case multipart, startSession, chunk, status, cancelSession, remove, info, read, list
    }

    /// What goes wrong with one request.
    package enum Fault: Sendable {
        /// This answer, and nothing is done.
        case answer(LoopbackReply)
        /// Nothing is done, and nothing answered.
        case lost(LoopbackReply.Fault)
        /// It is done, and the answer does not arrive as it was sent.
        case answerLost(LoopbackReply.Fault)
        /// Of a chunk, only so many bytes stay.
        case persistOnly(Int)
        /// The bytes of an upload change on the way.
        case damage
        /// The connection is lost; what was asked for is done when `applyLate` is called.
        case late
        /// The session is forgotten.
        case loseSession
        /// Nothing goes wrong.
        case none
    }

    package struct Object: Sendable, Equatable {
        package var bytes: [UInt8]
        package var contentType: String
        package var generation: Int64
        package var contentEncoding: String?
    }

    struct Session: Sendable {
        var upload: PendingUpload
        /// nil until it is known.
        var total: Int?
        var bytes: [UInt8] = []
    }

    struct PendingUpload: Sendable {
        var name: String
        var contentType: String
        var crc32c: String?
        var ifGeneration: Int64?
    }

    struct State {
        var objects: [String: Object] = [:]
        var sessions: [String: Session] = [:]
        var faults: [(Operation, Fault)] = []
        var late: [@Sendable (inout State) -> Void] = []
        var operations: [Operation] = []
        var lastGeneration: Int64 = 1_700_000_000_000_000
        var lastSession = 0
        var date = "Thu, 01 Jan 2026 00:00:00 GMT"
        var token: String?
        var pageSize = 1000
        var compressesOnTheFly = false
    }

    package static let bucket = "bucket-of-tests"

    let state = Mutex(State())
    private let server: Mutex<LoopbackServer?> = Mutex(nil)

    package init() throws(Failure) {
        let server = try LoopbackServer { [weak self] request in
            self?.answer(request) ?? .fault(.reset)
        }
        self.server.withLock { $0 = server }
    }

    package var origin: String { server.withLock { $0?.origin ?? "" } }
    package var requests: [LoopbackRequest] { server.withLock { $0?.requests ?? [] } }
    /// Every request that was answered or not, in order.
    package var operations: [Operation] { state.withLock(\.operations) }
    /// By their full names.
    package var objects: [String: Object] { state.withLock(\.objects) }

    /// Faults for the next requests of a kind, in the order of calls.
    package func inject(_ operation: Operation, _ fault: Fault, count: Int = 1) {
        state.withLock { $0.faults += Array(repeating: (operation, fault), count: count) }
    }

    package func clearFaults() { state.withLock { $0.faults = [] } }

    package func put(_ name: String, _ bytes: [UInt8], contentEncoding: String? = nil) {
        state.withLock { state in
            state.lastGeneration += 1
            state.objects[name] = Object(
                bytes: bytes, contentType: "application/json", generation: state.lastGeneration,
                contentEncoding: contentEncoding)
        }
    }

    /// Sessions that neither ended nor were cancelled.
    package var openSessions: Int { state.withLock(\.sessions.count) }

    package func remove(_ name: String) { state.withLock { $0.objects[name] = nil } }
    /// Does what `late` faults kept back.
    package func applyLate() {
        state.withLock { state in
            let late = state.late
            state.late = []
            for action in late { action(&state) }
        }
    }

    package func setDate(_ date: String) { state.withLock { $0.date = date } }
    /// From now on, requests without this token are refused.
    package func require(token: String) { state.withLock { $0.token = token } }
    package func set(pageSize: Int) { state.withLock { $0.pageSize = pageSize } }
    /// As Google's front ends do with clients that accept it.
    package func compressOnTheFly() { state.withLock { $0.compressesOnTheFly = true } }

    // MARK: - Answering

    private func answer(_ request: LoopbackRequest) -> LoopbackReply {
        state.withLock { state in
            var reply = state.answer(request, origin: origin)
            if reply.headers["Date"] == nil { reply.headers.add("Date", state.date) }
            return reply
        }
    }
}

extension LoopbackGCS.State {
    mutating func answer(_ request: LoopbackRequest, origin: String) -> LoopbackReply {
        guard let operation = LoopbackGCS.operation(of: request) else { return LoopbackReply(400, text: "Bad Request") }
        operations.append(operation)
        if let token, request.headers["Authorization"] != "Bearer \(token)" {
            return .problem(401, "Invalid Credentials", reason: "authError")
        }
        guard request.path.contains("/b/\(LoopbackGCS.bucket)/") else {
            return .problem(404, "The specified bucket does not exist.", reason: "notFound")
        }
        let fault = faults.firstIndex { $0.0 == operation }.map { faults.remove(at: $0).1 }
        switch fault {
        case nil, .some(.none): return perform(operation, request, origin)
        case .answer(let reply): return reply
        case .lost(let fault): return .fault(fault)
        case .answerLost(let fault):
            var reply = perform(operation, request, origin)
            reply.fault = fault
            return reply
        case .persistOnly(let count):
            var request = request
            request.body = Array(request.body.prefix(count))
            return perform(operation, request, origin)
        case .damage:
            var request = request
            // Before the last boundary of a multipart body, and in any chunk.
            request.body[request.body.count > 200 ? request.body.count - 100 : request.body.count / 2] ^= 1
            return perform(operation, request, origin)
        case .late:
            late.append { _ = $0.perform(operation, request, origin) }
            return .fault(.reset)
        case .loseSession:
            sessions[request.query["upload_id"] ?? ""] = nil
            return perform(operation, request, origin)
        }
    }

    private mutating func perform(
        _ operation: LoopbackGCS.Operation, _ request: LoopbackRequest, _ origin: String
    ) -> LoopbackReply {
        switch operation {
        case .multipart: multipart(request)
        case .startSession: startSession(request, origin)
        case .chunk, .status: chunk(request)
        case .cancelSession: cancelSession(request)
        case .remove: remove(request)
        case .info: info(request)
        case .read: read(request)
        case .list: list(request)
        }
    }
}

extension LoopbackGCS {
    static func operation(of request: LoopbackRequest) -> Operation? {
        let query = request.query
        if request.path.hasPrefix("/upload/") {
            switch (request.method, query["uploadType"]) {
            case ("POST", "multipart"): return .multipart
            case ("POST", "resumable"): return .startSession
            case ("PUT", "resumable"):
                return request.headers["Content-Range"]?.hasPrefix("bytes */") == true ? .status : .chunk
            case ("DELETE", "resumable"): return .cancelSession
            default: return nil
            }
        }
        if request.method == "DELETE" { return .remove }
        guard request.method == "GET" else { return nil }
        if request.path.hasSuffix("/o") { return .list }
        return query["alt"] == "media" ? .read : .info
    }
}

extension LoopbackReply {
    package static func problem(_ status: Int, _ message: String, reason: String) -> LoopbackReply {
        let quoted = message.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        return LoopbackReply(
            status, headers: ["Content-Type": "application/json; charset=UTF-8"],
            text: """
                {"error":{"code":\(status),"message":"\(quoted)",\
                "errors":[{"message":"\(quoted)","domain":"global","reason":"\(reason)"}]}}
                """)
    }
}
