/// A call to the Claude API, checked as far as it can be without knowing what was called before.
enum AnthropicRequest: Sendable {
    case message(MessageRequest)
    case count(MessageRequest)
    case createBatch([MessageBatch.Item])
    /// Everything that has no body.
    case other(AnthropicRoute)

    private static let betas: Set<String> = [
        "structured-outputs-2025-11-13", "message-batches-2024-09-24", "prompt-caching-2024-07-31",
        "extended-cache-ttl-2025-04-11", "token-counting-2024-11-01",
    ]

    init(_ call: Call, route: AnthropicRoute, key: String) throws(AnthropicFault) {
        try AnthropicRequest.authenticate(call, key: key)
        guard let text = call.headers["anthropic-version"] else {
            throw .invalid("anthropic-version: header is required")
        }
        guard let version = APIVersion(rawValue: text) else {
            throw .invalid("anthropic-version: \"\(text)\" is not a valid version")
        }
        let betas = Set(
            (call.headers["anthropic-beta"] ?? "").split(separator: ",").map {
                String($0.drop { $0 == " " })
            })
        if let unknown = betas.subtracting(AnthropicRequest.betas).min() {
            throw .invalid("Unexpected value(s) `\(unknown)` for the `anthropic-beta` header.")
        }
        guard call.body.count <= route.bodyBytesMax else {
            throw AnthropicFault(status: 413, message: "Request exceeds the maximum size")
        }
        switch route {
        case .messages:
            self = .message(try MessageRequest(AnthropicRequest.body(call), version: version, betas: betas))
        case .countTokens:
            self = .count(try MessageRequest(AnthropicRequest.body(call), version: version, betas: betas, use: .count))
        case .createBatch:
            self = .createBatch(try MessageBatches.items(AnthropicRequest.body(call), version: version))
        default: self = .other(route)
        }
    }

    private static func authenticate(_ call: Call, key: String) throws(AnthropicFault) {
        let keys = [call.headers["x-api-key"], call.bearer].compactMap { $0 }
        guard keys.count < 2 else {
            throw AnthropicFault(status: 401, message: "x-api-key and authorization cannot be given together")
        }
        guard !keys.isEmpty else { throw AnthropicFault(status: 401, message: "x-api-key header is required") }
        guard keys == [key] else { throw AnthropicFault(status: 401, message: "invalid x-api-key") }
    }

    private static func body(_ call: Call) throws(AnthropicFault) -> JSONValue {
        guard call.headers["content-type"]?.lowercased().hasPrefix("application/json") == true else {
            throw .invalid("content-type: must be application/json")
        }
        do {
            return try JSONValue(parsing: call.body)
        } catch {
            throw .invalid("The request body is not valid JSON: \(error)")
        }
    }
}
