internal import Synchronization

/// A request on its way to and from the curl thread.
final class CurlTransfer: Sendable {
    typealias Outcome = Result<HTTPResponse, HTTPError>

    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var isCancelled = false
    }

    let request: HTTPRequest
    private let state = Mutex(State())

    init(_ request: HTTPRequest) { self.request = request }

    var isCancelled: Bool { state.withLock(\.isCancelled) }

    /// The caller waits from now on.
    func wait(_ continuation: CheckedContinuation<Outcome, Never>) {
        state.withLock { $0.continuation = continuation }
    }

    /// Only a mark: the curl thread finishes the transfer.
    func cancel() {
        state.withLock { $0.isCancelled = true }
    }

    /// Gives the caller the outcome; the first one counts.
    func finish(_ outcome: Outcome) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: outcome)
    }

    func fail(_ kind: HTTPError.Kind, _ detail: String = "") {
        finish(.failure(HTTPError(kind, request: request.summary, detail: detail)))
    }
}
