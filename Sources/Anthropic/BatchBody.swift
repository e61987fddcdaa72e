internal import Bytes

/// The requests of a batch that is to be made, as the body of the call; shares the memory of their templates.
package struct BatchBody: Sendable {
    package enum Addition: Sendable, Equatable {
        case added
        /// It belongs into the next batch.
        case full
        /// It is too large for any batch.
        case tooLarge
        /// Not 1 to 64 letters, digits, hyphens and underscores.
        case invalidID
        /// Its id is in the batch already.
        case duplicateID
    }

    package static let maxBytes = 256_000_000
    package static let maxRequests = 100_000

    private let maxBytes: Int
    private let maxRequests: Int
    private var rope = ByteRope(#"{"requests":["#.utf8)
    private var ids: Set<String> = []

    private static let end = ByteRope("]}".utf8)
    private static let endOfRequest = ByteRope("}".utf8)

    /// - Parameters: smaller limits than the API's, if wished for.
    package init(maxBytes: Int = BatchBody.maxBytes, maxRequests: Int = BatchBody.maxRequests) {
        self.maxBytes = min(maxBytes, BatchBody.maxBytes)
        self.maxRequests = min(maxRequests, BatchBody.maxRequests)
    }

    package var count: Int { ids.count }
    package var isEmpty: Bool { ids.isEmpty }
    /// Bytes of the body.
    package var byteCount: Int { rope.count + BatchBody.end.count }

    package mutating func add(_ id: String, _ request: MessageRequest) -> Addition {
        guard Batch.isID(id) else { return .invalidID }
        guard !ids.contains(id) else { return .duplicateID }
        let start = ByteRope((isEmpty ? "" : ",").utf8 + Array(#"{"custom_id":"\#(id)","params":"#.utf8))
        let added = start.count + request.body.count + BatchBody.endOfRequest.count
        guard byteCount + added <= maxBytes, count < maxRequests else { return isEmpty ? .tooLarge : .full }
        ids.insert(id)
        rope.append(contentsOf: start)
        rope.append(contentsOf: request.body)
        rope.append(contentsOf: BatchBody.endOfRequest)
        return .added
    }

    /// The whole body.
    var finished: ByteRope {
        var body = rope
        body.append(contentsOf: BatchBody.end)
        return body
    }
}
