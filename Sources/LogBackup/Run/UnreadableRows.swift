package import Braintrust
internal import Bytes
internal import Interactions
package import Logging
package import ObjectStorage
package import Support

/// Notes of rows that Braintrust has and that cannot be read: an object each, so that whoever counts them counts those of
/// earlier runs, too.
package struct UnreadableRows: Sendable {
    private let store: any ObjectStore
    private let prefix: String
    private let logger: Logger

    /// - Parameter prefix: a folder of their own, with its slash.
    package init(store: any ObjectStore, prefix: String, logger: Logger) {
        (self.store, self.prefix, self.logger) = (store, prefix, logger)
    }

    package func note(_ rows: [UnreadableRow]) async throws(Failure) {
        for row in rows {
            logger.error(
                "a row cannot be read and is left out",
                metadata: [
                    "key": "\(printable(row.key))", "id": "\(printable(row.id ?? ""))", "reason": "\(row.reason)",
                ])
            let name = "\(prefix)\(String(CRC32C.of(Array(row.key.utf8)), radix: 16)).json"
            // Taken: an earlier run has noted it.
            _ = try await store.create(name, content: ByteRope(ObjectCoding.encode(row)), contentType: jsonType)
        }
    }

    package func count() async throws(Failure) -> Int { try await objects().count }

    package func clear() async throws(Failure) {
        for note in try await objects() { _ = try await store.remove(note.name, ifGeneration: note.generation) }
    }

    /// How a run ends that has left out rows.
    package func failure(_ count: Int) -> Failure? {
        guard count > 0 else { return nil }
        return Failure(
            .dataLoss, "\(count) rows cannot be read and are left out",
            remedy: "see \(store.location)/\(prefix) for which; all others are there")
    }

    private func objects() async throws(Failure) -> [ObjectInfo] {
        try await store.list(prefix: prefix, from: nil, delimiter: nil).objects
    }
}
