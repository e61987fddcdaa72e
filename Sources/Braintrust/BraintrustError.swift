package import HTTP
package import Support

/// Why a call brought no usable answer. Braintrust promises no form of its errors, so their text is kept as it is.
package struct BraintrustError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// An answer of a status that is not success.
        case status(Int)
        /// The status says success, and the answer makes no sense.
        case unreadable
        /// A row nests deeper than any reader follows.
        case tooDeep
        /// The answer was to be fetched from storage, which answered with this status.
        case notStored(Int)
        /// No answer.
        case unanswered(HTTPError.Kind)
    }

    package var kind: Kind
    /// Cut, and without control characters.
    package var message: String
    package var requestID: String?
    /// How long the service asks to wait.
    package var retryAfter: Duration?
    /// With status 421: which address the organization's data is at, if the service said it in a form that can be one.
    package var otherAddress: String?

    package init(_ kind: Kind, message: String) { (self.kind, self.message) = (kind, message) }

    package var description: String {
        let status = if case .status(let status) = kind { "HTTP status \(status): " } else { "" }
        return "Braintrust: \(status)\(message)" + (requestID.map { " (request \($0))" } ?? "")
    }

    /// The same call may succeed later.
    package var isTransient: Bool {
        switch kind {
        case .status(let status): [408, 429, 500, 502, 503, 504].contains(status)
        case .unreadable, .tooDeep: false
        // Addresses of storage are signed for a time: asked again, there is a new one.
        case .notStored: true
        case .unanswered(let kind): HTTPError(kind, request: "").isTransient
        }
    }

    package var failure: Failure {
        switch kind {
        case .status(401):
            Failure(.noPermission, description, remedy: "check \(BraintrustConfiguration.keyVariable)")
        case .status(403):
            Failure(
                .noPermission, description,
                remedy: "give the key of \(BraintrustConfiguration.keyVariable) access, or name the organization in "
                    + BraintrustConfiguration.organizationVariable)
        case .status(404), .status(300..<400):
            Failure(
                .usage, description,
                remedy: "check \(BraintrustConfiguration.addressVariable): it names the API, not the web site")
        case .status(421):
            Failure(
                .usage, description,
                remedy: "the organization's data is elsewhere: set \(BraintrustConfiguration.addressVariable)"
                    + (otherAddress.map { " to \($0)" } ?? ""))
        case .status(400..<500) where !isTransient:
            Failure(.usage, description, remedy: "check what was asked for, the project's id for instance")
        case .unanswered(.cancelled): Failure(.notDrained, "stopped before Braintrust answered")
        case .unanswered(.tls):
            Failure(
                .unavailable, description,
                remedy: "if a proxy here signs certificates itself, name its authority in SSL_CERT_FILE")
        case .unreadable, .tooDeep, .unanswered(.tooLarge): Failure(.protocolError, description)
        case .status, .notStored, .unanswered:
            Failure(.unavailable, description, remedy: "running again continues where this stopped")
        }
    }
}

extension BraintrustError {
    private static let maxShown = 4000
    private static let idHeaders = ["x-bt-internal-trace-id", "x-request-id", "request-id", "x-vercel-id"]

    /// - Parameters:
    ///   - key: never shown, should the answer repeat it.
    ///   - content: people's texts, likewise.
    init(_ response: HTTPResponse, key: Secret, content: HTTPBody?) {
        let text = String(decoding: response.body.prefix(16_384), as: UTF8.self)
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var shown = line.isEmpty ? "no explanation" : printable(line, limit: BraintrustError.maxShown)
        if line.contains(key.value) {
            shown = "its explanation repeats the key, and is left out"
        } else if let content, repeats(shown, content) {
            shown = "its explanation repeats what was sent, and is left out"
        }
        self.init(.status(response.status), message: shown)
        takeID(of: response)
        retryAfter = response.retryAfter
        otherAddress = BraintrustError.otherAddress(response)
    }

    init(unreadable response: HTTPResponse, _ what: String) {
        self.init(.unreadable, message: "\(what) (\(response.body.count) bytes)")
        takeID(of: response)
    }

    init(stored response: HTTPResponse, asSaidBy redirection: HTTPResponse) {
        self.init(.notStored(response.status), message: "its storage answered with HTTP status \(response.status)")
        takeID(of: redirection)
        retryAfter = response.retryAfter
    }

    init(_ error: HTTPError) { self.init(.unanswered(error.kind), message: error.description) }

    private mutating func takeID(of response: HTTPResponse) {
        requestID = BraintrustError.idHeaders.lazy.compactMap { response.headers[$0] }.first.map { printable($0) }
    }

    private static func otherAddress(_ response: HTTPResponse) -> String? {
        struct Body: Decodable { var RedirectUrl: String }
        guard response.status == 421, let body = response.decodedBody(Body.self) else { return nil }
        return HTTPURL(body.RedirectUrl)?.origin
    }
}
