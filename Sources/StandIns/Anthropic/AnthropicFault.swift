/// An error answer of the Claude API.
struct AnthropicFault: Error, Equatable, Sendable {
    var status: Int
    var type: String
    var message: String

    init(status: Int, type: String? = nil, message: String) {
        self.status = status
        self.type = type ?? AnthropicFault.type(of: status)
        self.message = message
    }

    static func invalid(_ message: String) -> AnthropicFault { AnthropicFault(status: 400, message: message) }
    static func notFound(_ message: String) -> AnthropicFault { AnthropicFault(status: 404, message: message) }

    static func type(of status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    func json(requestID: String) -> JSONValue {
        [
            "type": "error", "error": ["type": .string(type), "message": .string(message)],
            "request_id": .string(requestID),
        ]
    }
}
