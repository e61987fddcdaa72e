import Support

/// A Message Batch. Its requests are answered one after the other over the delay, and shown when all are.
struct MessageBatch: Sendable {
    struct Item: Sendable {
        var customID: String
        var params: JSONValue
        /// Of the call that made the batch.
        var version = APIVersion.october2026
    }

    enum Outcome: Sendable, Equatable {
        case succeeded(JSONValue)
        case errored(JSONValue)
        case canceled, expired

        fileprivate var name: String {
            switch self {
            case .succeeded: "succeeded"
            case .errored: "errored"
            case .canceled: "canceled"
            case .expired: "expired"
            }
        }
    }

    let id: String
    let created: Milliseconds
    let delay: Milliseconds
    let count: Int
    /// Empty when it has ended.
    fileprivate var items: [Item]
    fileprivate var cancelInitiated: Milliseconds?
    fileprivate var ended: Milliseconds?
    fileprivate var outcomes: [(customID: String, outcome: Outcome)] = []

    /// When processing ends; a cancellation takes a tenth of the delay, or what is left of it.
    private var end: Milliseconds {
        min(created + delay, cancelInitiated.map { $0 + delay / 10 } ?? .max)
    }

    var hasEnded: Bool { ended != nil }

    fileprivate func isDue(now: Milliseconds) -> Bool { ended == nil && now >= end }

    /// The requests that a cancellation came too late for, if there was one.
    var itemsToAnswer: ArraySlice<Item> {
        guard let cancelInitiated, delay > 0 else { return items[...] }
        return items.prefix(Int(Int64(count) * max(0, cancelInitiated - created) / delay))
    }

    fileprivate mutating func finish(_ answers: [Outcome]) {
        ended = end
        outcomes = items.enumerated().map { ($1.customID, $0 < answers.count ? answers[$0] : .canceled) }
        items = []
    }

    func json(base: String) -> JSONValue {
        func tally(_ name: String) -> JSONValue { .integer(outcomes.count { $0.outcome.name == name }) }
        let status = ended != nil ? "ended" : cancelInitiated != nil ? "canceling" : "in_progress"
        return [
            "id": .string(id), "type": "message_batch", "processing_status": .string(status),
            "request_counts": [
                "processing": .integer(ended == nil ? count : 0), "succeeded": tally("succeeded"),
                "errored": tally("errored"), "canceled": tally("canceled"), "expired": tally("expired"),
            ],
            "created_at": .string(rfc3339(created)), "expires_at": .string(rfc3339(created + 86_400_000)),
            "ended_at": .optional(ended.map(rfc3339)), "archived_at": nil,
            "cancel_initiated_at": .optional(cancelInitiated.map(rfc3339)),
            "results_url": .optional(ended.map { _ in "\(base)/v1/messages/batches/\(id)/results" }),
        ]
    }

    /// JSON Lines, shuffled.
    func results(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for (customID, outcome) in outcomes.shuffled(using: &generator) {
            var result = JSONObject([("type", .string(outcome.name))])
            switch outcome {
            case .succeeded(let message): result["message"] = message
            case .errored(let error): result["error"] = error
            case .canceled, .expired: break
            }
            let line: JSONValue = ["custom_id": .string(customID), "result": .object(result)]
            line.write(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}

/// All batches, the newest last.
struct MessageBatches: Sendable {
    static let requestsMax = 100_000
    /// More are refused: a stand-in keeps everything in memory.
    private static let batchesMax = 1000

    private let delay: Milliseconds
    private var batches: [MessageBatch] = []
    private var made = 0

    init(delay: Milliseconds) { self.delay = delay }

    /// Checks the body of `POST /v1/messages/batches`; what the requests themselves hold is checked when they are answered.
    static func items(
        _ json: JSONValue, version: APIVersion
    ) throws(AnthropicFault) -> [MessageBatch.Item] {
        let body = try FieldReader(json, at: "")
        try body.only(["requests"])
        guard let array = try body.array("requests") else { throw body.fault("requests", "Field required") }
        guard !array.isEmpty else { throw body.fault("requests", "List should have at least 1 item") }
        guard array.count <= requestsMax else {
            throw body.fault("requests", "List should have at most \(requestsMax) items")
        }
        var seen: Set<String> = []
        var items: [MessageBatch.Item] = []
        for (index, element) in array.enumerated() {
            let request = try FieldReader(element, at: "requests.\(index)")
            try request.only(["custom_id", "params"])
            let id = try request.requiredString("custom_id")
            guard (1...64).contains(id.utf8.count), id.utf8.allSatisfy(isNameCharacter) else {
                throw request.fault("custom_id", "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'")
            }
            guard seen.insert(id).inserted else {
                throw request.fault("custom_id", "custom_id '\(id)' is not unique in the batch")
            }
            let params = try request.required("params")
            guard params.object != nil else { throw request.fault("params", "Input should be an object") }
            items.append(MessageBatch.Item(customID: id, params: params, version: version))
        }
        return items
    }

    mutating func create(_ items: [MessageBatch.Item], now: Milliseconds) throws(AnthropicFault) -> MessageBatch {
        guard batches.count < MessageBatches.batchesMax else {
            throw AnthropicFault(
                status: 429, message: "the stand-in keeps \(MessageBatches.batchesMax) batches at most")
        }
        made += 1
        let batch = MessageBatch(
            id: "msgbatch_" + padded(made, 24), created: now, delay: delay, count: items.count, items: items)
        batches.append(batch)
        return batch
    }

    /// The batches whose time has come: `end` each.
    func due(now: Milliseconds) -> [MessageBatch] { batches.filter { $0.isDue(now: now) } }

    /// - Parameter answers: to its `itemsToAnswer`.
    mutating func end(_ due: MessageBatch, answers: [MessageBatch.Outcome]) {
        guard let index = batches.firstIndex(where: { $0.id == due.id }) else { return }
        batches[index].finish(answers)
    }

    private func index(of id: String) throws(AnthropicFault) -> Int {
        guard let index = batches.firstIndex(where: { $0.id == id }) else {
            throw .notFound("Message Batch with id \(id) not found.")
        }
        return index
    }

    func batch(_ id: String) throws(AnthropicFault) -> MessageBatch { batches[try index(of: id)] }

    mutating func cancel(_ id: String, now: Milliseconds) throws(AnthropicFault) -> MessageBatch {
        let index = try index(of: id)
        guard !batches[index].hasEnded else {
            throw .invalid("Message Batch \(id) has already ended and cannot be canceled.")
        }
        if batches[index].cancelInitiated == nil { batches[index].cancelInitiated = now }
        return batches[index]
    }

    mutating func delete(_ id: String) throws(AnthropicFault) {
        let index = try index(of: id)
        guard batches[index].hasEnded else {
            throw .invalid("Message Batch \(id) is still processing and cannot be deleted.")
        }
        batches.remove(at: index)
    }

    /// A page of the list, newest first.
    func page(of call: Call) throws(AnthropicFault) -> JSONValue {
        try Page(call).list(batches.reversed(), id: \.id) { $0.json(base: call.base) }
    }
}

/// `limit`, `after_id` and `before_id` of a list of the Claude API.
struct Page {
    private let limit: Int
    private let after: String?
    private let before: String?

    init(_ call: Call) throws(AnthropicFault) {
        for name in call.query.map(\.name) where !["limit", "after_id", "before_id", "beta"].contains(name) {
            throw .invalid("\(name): Extra inputs are not permitted")
        }
        guard let limit = Int(call.values("limit").last ?? "20"), (1...1000).contains(limit) else {
            throw .invalid("limit: Input should be from 1 to 1000")
        }
        self.limit = limit
        (after, before) = (call.values("after_id").last, call.values("before_id").last)
        if after != nil, before != nil { throw .invalid("after_id and before_id cannot be given together") }
    }

    func list<Element>(
        _ all: [Element], id: (Element) -> String, json: (Element) -> JSONValue
    ) throws(AnthropicFault) -> JSONValue {
        var range = all.indices
        if let cursor = after ?? before {
            guard let index = all.firstIndex(where: { id($0) == cursor }) else {
                throw .invalid("\(after != nil ? "after_id" : "before_id"): \(cursor) not found")
            }
            range = after != nil ? index + 1..<all.endIndex : all.startIndex..<index
        }
        let found = all[range]
        let page = before != nil ? found.suffix(limit) : found.prefix(limit)
        return [
            "data": .array(page.map(json)), "has_more": .bool(page.count < found.count),
            "first_id": .optional(page.first.map(id)), "last_id": .optional(page.last.map(id)),
        ]
    }
}
