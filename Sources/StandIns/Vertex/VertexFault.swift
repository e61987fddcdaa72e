/// An error answer of Vertex AI: google.rpc.Status as JSON.
struct VertexFault: Error, Equatable, Sendable {
    /// The HTTP status.
    var status: Int
    var message: String
    /// FAILED_PRECONDITION, which as HTTP is 400, too.
    var isPrecondition = false

    static func invalid(_ message: String) -> VertexFault { VertexFault(status: 400, message: message) }
    static func notFound(_ message: String) -> VertexFault { VertexFault(status: 404, message: message) }

    /// What is wrong with the state of things, not with the call.
    static func precondition(_ message: String) -> VertexFault {
        VertexFault(status: 400, message: message, isPrecondition: true)
    }

    private var rpc: (code: Int, name: String) {
        switch status {
        case 400 where isPrecondition: (9, "FAILED_PRECONDITION")
        case 400: (3, "INVALID_ARGUMENT")
        case 401: (16, "UNAUTHENTICATED")
        case 403: (7, "PERMISSION_DENIED")
        case 404: (5, "NOT_FOUND")
        case 409: (10, "ABORTED")
        case 429: (8, "RESOURCE_EXHAUSTED")
        case 499: (1, "CANCELLED")
        case 501: (12, "UNIMPLEMENTED")
        case 503: (14, "UNAVAILABLE")
        case 504: (4, "DEADLINE_EXCEEDED")
        case 500...: (13, "INTERNAL")
        default: (2, "UNKNOWN")
        }
    }

    /// https://cloud.google.com/apis/design/errors#handling_errors
    var code: Int { rpc.code }

    /// The body of an answer.
    var json: JSONValue {
        var error = JSONObject([
            ("code", .integer(status)), ("message", .string(message)), ("status", .string(rpc.name)),
        ])
        if status == 401 {
            error["details"] = [
                [
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
                    "domain": "googleapis.com", "metadata": ["service": "aiplatform.googleapis.com"],
                ]
            ]
        }
        return ["error": .object(error)]
    }

    var answer: Answer { Answer(status: status, json: json) }

    /// In the place where a job says why it failed.
    var jobError: JSONValue { ["code": .integer(code), "message": .string(message)] }
}
