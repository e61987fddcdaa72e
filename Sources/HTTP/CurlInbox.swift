internal import CLibcurl
internal import Synchronization

/// Where callers leave transfers for the curl thread.
///
/// `@unchecked Sendable`: `multi` is used by the curl thread alone, except for `curl_multi_wakeup`, which libcurl allows from
/// any thread until `curl_multi_cleanup`: both happen with `state` locked, and nothing after it is closed.
final class CurlInbox: @unchecked Sendable {
    struct Mail {
        var new: [CurlTransfer] = []
        var cancelled: [CurlTransfer] = []
        var isStopped = false
    }

    private struct State {
        var mail = Mail()
        /// Added and not yet finished or running.
        var waiting = 0
        var isOpen = true
    }

    let multi: UnsafeMutableRawPointer
    private let maxWaiting: Int
    private let state = Mutex(State())

    init(multi: UnsafeMutableRawPointer, maxWaiting: Int) {
        self.multi = multi
        self.maxWaiting = maxWaiting
    }

    /// - Returns: why it was not taken.
    func add(_ transfer: CurlTransfer) -> HTTPError? {
        state.withLock { state in
            guard state.waiting < maxWaiting else {
                return HTTPError(.queueFull, request: transfer.request.summary)
            }
            guard state.isOpen else { return HTTPError(.cancelled, request: transfer.request.summary) }
            state.waiting += 1
            state.mail.new.append(transfer)
            curl_multi_wakeup(multi)
            return nil
        }
    }

    func cancel(_ transfer: CurlTransfer) {
        state.withLock { state in
            guard state.isOpen else { return }
            state.mail.cancelled.append(transfer)
            curl_multi_wakeup(multi)
        }
    }

    func stop() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.mail.isStopped = true
            curl_multi_wakeup(multi)
        }
    }

    /// For the curl thread: everything left since the last call.
    func take() -> Mail {
        state.withLock { state in
            let mail = state.mail
            state.mail.new.removeAll()
            state.mail.cancelled.removeAll()
            return mail
        }
    }

    /// For the curl thread: transfers that wait no more.
    func left(_ count: Int) {
        state.withLock { $0.waiting -= count }
    }

    /// For the curl thread: nothing is taken from now on.
    func close() {
        state.withLock { state in
            state.isOpen = false
            curl_multi_cleanup(multi)
        }
    }
}
