package import Support

/// A Message Batch: requests that are answered within a day, at half the price.
package struct Batch: Sendable, Equatable {
    package enum Status: Sendable, Equatable {
        case inProgress, canceling, ended
        /// Another name.
        case other(String)
    }

    /// How many requests have come to what; all but `processing` stay 0 until the batch has ended.
    package struct Counts: Sendable, Equatable, Decodable {
        package var processing: Int64
        package var succeeded: Int64
        package var errored: Int64
        package var canceled: Int64
        package var expired: Int64
    }

    package var id: String
    package var status: Status
    package var counts: Counts
    package var createdAt: Milliseconds?
    /// What is not answered by then is expired.
    package var expiresAt: Milliseconds?
    package var endedAt: Milliseconds?
}

extension Batch: Decodable {
    private enum Key: String, CodingKey {
        case id, processing_status, request_counts, created_at, expires_at, ended_at
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func time(_ key: Key) throws -> Milliseconds? {
            try values.decodeIfPresent(String.self, forKey: key).flatMap(parseTimestamp)
        }
        id = try values.decode(String.self, forKey: .id)
        guard Batch.isID(id) else {
            throw DecodingError.dataCorruptedError(forKey: .id, in: values, debugDescription: "not an id")
        }
        switch try values.decode(String.self, forKey: .processing_status) {
        case "in_progress": status = .inProgress
        case "canceling": status = .canceling
        case "ended": status = .ended
        case let name: status = .other(String(name.prefix(60)))
        }
        counts = try values.decode(Counts.self, forKey: .request_counts)
        createdAt = try time(.created_at)
        expiresAt = try time(.expires_at)
        endedAt = try time(.ended_at)
    }

    /// Whether a text may be put into a path as the id of a batch, or into a batch as a `custom_id`.
    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}
