internal import CLibcurl

/// What the curl thread does: takes transfers from the inbox, runs some of them at once, gives out their results.
final class CurlLoop: Sendable {
    /// By their easy handles.
    private typealias Running = [UnsafeMutableRawPointer: CurlHandle]

    private let inbox: CurlInbox
    private let configuration: CurlTransport.Configuration

    init(inbox: CurlInbox, configuration: CurlTransport.Configuration) {
        self.inbox = inbox
        self.configuration = configuration
    }

    /// Everything here stays on the curl thread.
    func run() {
        let multi = inbox.multi
        shim_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxConcurrent)
        var waiting: [CurlTransfer] = []
        var running: Running = [:]
        while true {
            let mail = inbox.take()
            if mail.isStopped {
                finishAll(waiting: waiting + mail.new, running: running)
                return
            }
            waiting += mail.new
            // A mark set before a transfer was added came with no mail that finds it; one set after comes with some.
            let cancelled = mail.cancelled + mail.new.filter(\.isCancelled)
            if !cancelled.isEmpty { drop(cancelled, waiting: &waiting, running: &running) }
            start(&waiting, &running)
            var active: Int32 = 0
            curl_multi_perform(multi, &active)
            if collect(&running) { continue }
            // Bounded: curl 8.21's curl_multi_perform can swallow a wakeup.
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }

    private func start(_ waiting: inout [CurlTransfer], _ running: inout Running) {
        while running.count < configuration.maxConcurrent, !waiting.isEmpty {
            let transfer = waiting.removeFirst()
            inbox.left(1)
            do throws(HTTPError) {
                let handle = try CurlHandle(transfer, configuration: configuration)
                guard curl_multi_add_handle(inbox.multi, handle.easy) == CURLM_OK else {
                    transfer.fail(.other, "curl_multi_add_handle")
                    continue
                }
                running[handle.easy] = handle
            } catch {
                transfer.finish(.failure(error))
            }
        }
    }

    /// - Returns: whether a transfer ended, so that another may start.
    private func collect(_ running: inout Running) -> Bool {
        var isAnyDone = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(inbox.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = shim_message_result(message)
            guard let handle = running.removeValue(forKey: easy) else { continue }
            handle.transfer.finish(handle.outcome(code))
            curl_multi_remove_handle(inbox.multi, easy)
            isAnyDone = true
        }
        return isAnyDone
    }

    private func drop(
        _ cancelled: [CurlTransfer], waiting: inout [CurlTransfer], running: inout Running
    ) {
        let gone = Set(cancelled.map(ObjectIdentifier.init))
        for (easy, handle) in running where gone.contains(ObjectIdentifier(handle.transfer)) {
            curl_multi_remove_handle(inbox.multi, easy)
            running[easy] = nil
            handle.transfer.fail(.cancelled)
        }
        let kept = waiting.filter { !gone.contains(ObjectIdentifier($0)) }
        inbox.left(waiting.count - kept.count)
        for transfer in waiting where gone.contains(ObjectIdentifier(transfer)) { transfer.fail(.cancelled) }
        waiting = kept
    }

    private func finishAll(waiting: [CurlTransfer], running: Running) {
        for (easy, handle) in running {
            curl_multi_remove_handle(inbox.multi, easy)
            handle.transfer.fail(.cancelled)
        }
        for transfer in waiting { transfer.fail(.cancelled) }
        inbox.close()
    }
}
