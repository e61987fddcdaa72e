internal import Bytes
internal import Interactions
package import ObjectStorage
package import Support

/// The batches of one topic, in the store.
package struct BatchStates: Sendable {
    package struct Stored: Sendable, Equatable {
        package var name: String
        package var generation: Int64
        package var state: BatchState
    }

    package let store: any ObjectStore
    package let names: TaggedNames

    package init(store: any ObjectStore, names: TaggedNames) { (self.store, self.names) = (store, names) }

    package func all() async throws(Failure) -> [Stored] { try await below(names.batches) { _ in true } }

    /// Those of the same topic that were submitted for another model, prompt or taxonomy.
    package func ofOthers() async throws(Failure) -> [Stored] {
        try await below(names.allBatches) { !$0.hasPrefix(names.batches) }
    }

    private func below(_ prefix: String, where isWanted: (String) -> Bool) async throws(Failure) -> [Stored] {
        var found: [Stored] = []
        // Beside them lie their leases.
        for object in try await store.list(prefix: prefix, from: nil, delimiter: nil).objects
        where object.name.hasSuffix(".json") && isWanted(object.name) {
            if let stored = try await read(object.name) { found.append(stored) }
        }
        return found
    }

    /// nil when another run has collected it.
    package func read(_ name: String) async throws(Failure) -> Stored? {
        guard let found = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
        let state = try ObjectCoding.decode(
            BatchState.self, found.bytes, what: "batch", location: "\(store.location)/\(name)",
            version: BatchState.currentVersion)
        return Stored(name: name, generation: found.info.generation, state: state)
    }

    /// Who is at work on a batch.
    package static func lease(_ name: String) -> String { "\(name).lease" }

    package func create(_ name: String, _ state: BatchState) async throws(Failure) -> Stored {
        try await write(Stored(name: name, generation: 0, state: state), over: nil)
    }

    package func update(_ stored: Stored) async throws(Failure) -> Stored {
        try await write(stored, over: stored.generation)
    }

    package func remove(_ stored: Stored) async throws(Failure) {
        _ = try await store.remove(stored.name, ifGeneration: stored.generation)
    }

    private func write(_ stored: Stored, over generation: Int64?) async throws(Failure) -> Stored {
        let outcome = try await store.replace(
            stored.name, content: ByteRope(ObjectCoding.encode(stored.state)), contentType: jsonType,
            ifGeneration: generation)
        guard case .replaced(let info) = outcome else {
            throw Failure(.conflict, "\(store.location)/\(stored.name) was changed by another run", remedy: "run again")
        }
        return Stored(name: stored.name, generation: info.generation, state: stored.state)
    }
}
