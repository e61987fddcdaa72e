package import Interactions
package import ObjectStorage
package import Support

extension ObjectNames {
    /// What the first run of `load` settled for this topic; nil: nothing is settled yet.
    /// - Throws: `Failure(.usage)` when this topic's objects are named by another layout.
    package func settledFacts(in store: any ObjectStore) async throws(Failure) -> TopicFacts? {
        guard let (_, bytes) = try await store.read(topicFacts, limit: ObjectCoding.sizeLimit) else { return nil }
        let facts = try ObjectCoding.decode(
            TopicFacts.self, bytes, what: "description of the topic", location: "\(store.location)/\(topicFacts)",
            version: TopicFacts.currentVersion)
        guard facts.layout == layout else {
            throw Failure(
                .usage,
                "\(topic) is stored in \(store.location) with --partition-layout \(facts.layout.rawValue), not "
                    + layout.rawValue,
                remedy: "give --partition-layout \(facts.layout.rawValue), or another prefix in --storage-url for the "
                    + "other layout; nothing was written")
        }
        return facts
    }

    /// Makes sure that there is something of this topic in the store: with a name misspelt, there would seem to be nothing to do.
    /// - Throws: `Failure(.noInput)` when there is nothing, `Failure(.usage)` as `settledFacts`.
    package func requireStored(in store: any ObjectStore) async throws(Failure) {
        guard try await settledFacts(in: store) == nil else { return }
        let folders = try await store.list(prefix: root, from: nil, delimiter: "/").prefixes
        guard !folders.contains(where: { date(fromFolder: $0) != nil }) else { return }
        throw Failure(
            .noInput,
            "nothing of the topic \(topic) is stored in \(store.location) with --partition-layout \(layout.rawValue)",
            remedy: "check the names of store and topic, and the layout; loader load is what stores")
    }
}
