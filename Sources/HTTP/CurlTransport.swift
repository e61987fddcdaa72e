internal import CLibcurl
package import Support

/// HTTP/1.1 by libcurl. One thread of its own, named `curl`, performs all transfers; connections are kept and used again.
///
/// TLS is always verified. Proxies come from the environment, as everywhere with curl. Cancelling the task that waits for a
/// response ends its transfer.
package final class CurlTransport: HTTPTransport {
    package struct Configuration: Sendable {
        /// Transfers at once; more wait their turn.
        package var maxConcurrent: Int
        /// Requests that may wait; more fail with `queueFull`.
        package var maxWaiting: Int
        package var userAgent: String
        /// A file of certificate authorities in PEM instead of the system's.
        package var authoritiesPath: String?

        package init(
            maxConcurrent: Int = 16, maxWaiting: Int = 4096, userAgent: String = "stream-worker",
            authoritiesPath: String? = nil
        ) {
            self.maxConcurrent = max(1, maxConcurrent)
            self.maxWaiting = maxWaiting
            self.userAgent = userAgent
            self.authoritiesPath = authoritiesPath
        }

        /// - Parameter environment: the process's: `SSL_CERT_FILE` names the authorities, as for OpenSSL's programs.
        package init(maxConcurrent: Int, environment: [String: String]) {
            let authorities = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
            self.init(maxConcurrent: maxConcurrent, authoritiesPath: authorities)
        }
    }

    private let inbox: CurlInbox

    package init(_ configuration: Configuration = Configuration()) throws(Failure) {
        guard CurlTransport.isInitialised, let multi = curl_multi_init() else {
            throw Failure(.failure, "libcurl cannot be initialised")
        }
        let inbox = CurlInbox(multi: multi, maxWaiting: configuration.maxWaiting)
        self.inbox = inbox
        let loop = CurlLoop(inbox: inbox, configuration: configuration)
        do throws(Failure) {
            try startThread(named: "curl") { loop.run() }
        } catch {
            inbox.close()
            throw error
        }
    }

    deinit { inbox.stop() }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let transfer = CurlTransfer(request)
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.wait(continuation)
                if let refusal = inbox.add(transfer) { transfer.finish(.failure(refusal)) }
            }
        } onCancel: {
            transfer.cancel()
            inbox.cancel(transfer)
        }.get()
    }

    /// curl_global_init is not thread-safe everywhere and wanted once in a process.
    private static let isInitialised = shim_global_init() == CURLE_OK
}
