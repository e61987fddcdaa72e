/// Why there is no response.
package struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The request cannot be sent by anyone: its URL or a header is not valid.
        case invalidRequest = "invalid request"
        case resolve = "host name not resolved"
        case connect = "no connection"
        /// The server's certificate, or our own bundle of authorities, was refused.
        case tls = "TLS refused"
        case stall = "transfer stalled"
        case timeout = "timed out"
        case reset = "connection lost"
        case truncated = "response ended early"
        case tooLarge = "response too large"
        /// More requests wait than the transport keeps.
        case queueFull = "too many requests are waiting"
        case cancelled = "cancelled"
        case protocolViolation = "not understood as HTTP"
        case other = "transfer failed"
    }

    package var kind: Kind
    /// Method and URL, without its query.
    package var request: String
    /// What libcurl says of it; may be empty.
    package var detail: String

    package init(_ kind: Kind, request: String, detail: String = "") {
        (self.kind, self.request, self.detail) = (kind, request, detail)
    }

    /// The same request may succeed later.
    package var isTransient: Bool {
        switch kind {
        case .resolve, .connect, .stall, .timeout, .reset, .truncated, .queueFull: true
        case .invalidRequest, .tls, .tooLarge, .cancelled, .protocolViolation, .other: false
        }
    }

    package var description: String { "\(request): \(kind.rawValue)" + (detail.isEmpty ? "" : " (\(detail))") }
}
