package import HTTP
internal import Support

/// Why a call brought no usable answer. Holds neither the key nor the record's content. `CallPolicy` says what to do about it.
package struct AnthropicError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The API, or something before it, answered with this status.
        case status(Int)
        /// The status says success, and the body is not what it should be.
        case unreadable
        /// No answer.
        case unanswered(HTTPError.Kind)
        /// Refused by us before it was sent, or an answer that nobody should act on.
        case refused
    }

    package var kind: Kind
    /// The API's name for it, for example `rate_limit_error`; nil when something else answered.
    package var type: String?
    /// Cut, and without control characters.
    package var message: String
    package var requestID: String?
    /// How long the API asks to wait.
    package var retryAfter: Duration?
    /// What the API itself says about trying again (`x-should-retry`).
    package var shouldRetry: Bool?
    package var limits = RateLimits()

    package init(_ kind: Kind, type: String? = nil, message: String) {
        (self.kind, self.type, self.message) = (kind, type, message)
    }

    package var status: Int? { if case .status(let status) = kind { status } else { nil } }

    /// Whether the API may have done what it was asked for: then a second request may do it twice.
    package var mayHaveActed: Bool {
        switch kind {
        case .status(let status): status >= 500 && status != 529 || status == 408
        case .unreadable: true
        case .unanswered(let kind):
            switch kind {
            case .invalidRequest, .resolve, .connect, .tls, .queueFull: false
            case .stall, .timeout, .reset, .truncated, .tooLarge, .cancelled, .protocolViolation, .other: true
            }
        case .refused: false
        }
    }

    package var description: String {
        let status = status.map { "HTTP status \($0): " } ?? ""
        let type = type.map { "\($0): " } ?? ""
        return "Claude API: \(status)\(type)\(message)" + (requestID.map { " (request \($0))" } ?? "")
    }
}

extension AnthropicError {
    /// An answer that is not success.
    /// - Parameters:
    ///   - key: never shown, should the answer repeat it.
    ///   - content: what was sent that must not be shown either.
    init(_ response: HTTPResponse, key: Secret, content: HTTPBody?) {
        let body = response.decodedBody(ErrorBody.self)
        let text = body?.error.message ?? String(decoding: response.body.prefix(4096), as: UTF8.self)
        self.init(
            .status(response.status), type: body?.error.type.map { printable($0, limit: 60) },
            message: shownText(text, key: key, content: content))
        takeHeaders(of: response)
        if requestID == nil { requestID = body?.request_id.map { printable($0) } }
        retryAfter = wait(askedBy: response)
        shouldRetry = response.headers["x-should-retry"].flatMap { Bool($0) }
    }

    /// The result of a request within a batch, which has no status: the one that the type stands for.
    init(batched body: ErrorBody) {
        let status =
            switch body.error.type {
            case "invalid_request_error": 400
            case "authentication_error": 401
            case "billing_error": 402
            case "permission_error": 403
            case "not_found_error": 404
            case "request_too_large": 413
            case "rate_limit_error": 429
            case "timeout_error": 504
            case "overloaded_error": 529
            default: 500
            }
        self.init(
            .status(status), type: body.error.type.map { printable($0, limit: 60) },
            message: printable(body.error.message ?? "", limit: maxShown))
        requestID = body.request_id.map { printable($0) }
    }

    init(unreadable response: HTTPResponse, _ what: String) {
        self.init(.unreadable, message: "the answer is not \(what) (\(response.body.count) bytes)")
        takeHeaders(of: response)
    }

    init(_ error: HTTPError) {
        self.init(.unanswered(error.kind), message: error.description)
    }

    private mutating func takeHeaders(of response: HTTPResponse) {
        requestID = response.requestID
        limits = RateLimits(response.headers)
    }
}

struct ErrorBody: Decodable {
    struct Problem: Decodable {
        var type: String?
        var message: String?
    }
    var error: Problem
    var request_id: String?
}

extension HTTPResponse {
    var requestID: String? { headers["request-id"].map { printable($0) } }
}
