internal import Braintrust
internal import Bytes
internal import Interactions
package import ObjectStorage
internal import Support

/// Where rows go that Braintrust does not take: an object each, so that nothing is lost. A row has one name, so that it is
/// there once, however often it is tried.
package struct RowDeadLetters: Sendable {
    enum Reason {
        /// Than the bytes that a request may have.
        case tooLarge(Int)
        /// As it is explained.
        case refused(String)
    }

    private let store: any ObjectStore
    private let prefix: String

    /// - Parameter prefix: of the objects' names, with a slash at its end.
    package init(store: any ObjectStore, prefix: String) { (self.store, self.prefix) = (store, prefix) }

    func keep(_ row: PendingRow, of dataset: Dataset, _ reason: Reason) async throws(Failure) {
        let content = ByteBuffer(capacity: row.bytes.count + 512)
        content.append("{\"reason\":")
        switch reason {
        case .tooLarge(let limit):
            content.append("\"too_large\",\"limit\":")
            content.append(decimal: Int64(limit))
        case .refused(let message):
            content.append("\"refused\",\"message\":")
            content.append(jsonText: message)
        }
        content.append(",\"bytes\":")
        content.append(decimal: Int64(row.bytes.count))
        content.append(",\"dataset_id\":")
        content.append(jsonText: dataset.id)
        content.append(",\"row\":")
        row.bytes.withUnsafeBytes { content.append($0) }
        content.append("}\n")
        // Taken: the same row, refused with another limit or verdict.
        _ = try await store.create(
            "\(names(of: dataset))\(row.id).json", content: ByteRope(content.bytes), contentType: jsonType)
    }

    /// Ids of the rows that are kept.
    func rows(of dataset: Dataset) async throws(Failure) -> Set<String> {
        let objects = try await store.list(prefix: names(of: dataset), from: nil, delimiter: nil).objects
        return Set(objects.map { String($0.name.dropFirst(names(of: dataset).count).dropLast(".json".count)) })
    }

    private func names(of dataset: Dataset) -> String { "\(prefix)\(safeName(dataset.id))-" }

    /// Ids are the service's: what could lead elsewhere in names is replaced.
    private func safeName(_ id: String) -> String {
        let kept = id.utf8.prefix(64).map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): byte
            default: UInt8(ascii: "_")
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
