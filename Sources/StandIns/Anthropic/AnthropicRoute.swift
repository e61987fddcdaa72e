/// What the stand-in for the Claude API serves. The raw values are the names in scripts and counts.
enum AnthropicRoute: String, Sendable, CaseIterable {
    case messages = "messages"
    case countTokens = "count_tokens"
    case createBatch = "batches.create"
    case listBatches = "batches.list"
    case getBatch = "batches.get"
    case cancelBatch = "batches.cancel"
    case deleteBatch = "batches.delete"
    case batchResults = "batches.results"
    case listModels = "models.list"
    case getModel = "models.get"

    init?(_ call: Call) {
        let path = call.path
        switch (call.method, path.count) {
        case ("POST", 2) where path == ["v1", "messages"]: self = .messages
        case ("POST", 3) where path == ["v1", "messages", "count_tokens"]: self = .countTokens
        case ("POST", 3) where path == ["v1", "messages", "batches"]: self = .createBatch
        case ("GET", 3) where path == ["v1", "messages", "batches"]: self = .listBatches
        case ("GET", 4) where path.starts(with: ["v1", "messages", "batches"]): self = .getBatch
        case ("DELETE", 4) where path.starts(with: ["v1", "messages", "batches"]): self = .deleteBatch
        case ("POST", 5) where path.starts(with: ["v1", "messages", "batches"]) && path[4] == "cancel":
            self = .cancelBatch
        case ("GET", 5) where path.starts(with: ["v1", "messages", "batches"]) && path[4] == "results":
            self = .batchResults
        case ("GET", 2) where path == ["v1", "models"]: self = .listModels
        case ("GET", 3) where path.starts(with: ["v1", "models"]): self = .getModel
        default: return nil
        }
    }

    /// Larger bodies are refused with 413.
    var bodyBytesMax: Int { self == .createBatch ? 256 << 20 : 32 << 20 }
}
