import Bytes
package import Interactions
import JobSupport
package import ObjectStorage
package import Support

/// Reads and writes the objects of the chains: plans, origins, progress.
package struct ChainStore: Sendable {
    package let store: any ObjectStore
    package let names: ObjectNames
    /// Plans that are read at the same time, where many have to be; the store has a limit of its own.
    private let readsAtOnce: Int

    package init(store: any ObjectStore, names: ObjectNames, readsAtOnce: Int = 16) {
        (self.store, self.names, self.readsAtOnce) = (store, names, readsAtOnce)
    }

    /// The end of a partition's chain; nil when it has none yet.
    /// - Throws: `Failure` of the store, or when an object cannot be understood, or when the plan is gone that progress
    ///   names. A damaged progress object is only a lost hint: the chain is listed from its beginning instead.
    package func tail(of partition: Partition) async throws(Failure) -> ChainTail? {
        let (progress, generation) = try await progress(of: partition)
        let links = try await links(of: partition, from: progress.map { $0.lastStart ?? $0.chainEnd })
        if let start = progress?.lastStart, !links.contains(where: { $0.start == start }) {
            // It was written behind the link that it names. What the link announced would be stored once more.
            throw gone(names.plan(of: partition, at: LinkID(start: start)))
        }
        let unread = ChainTail.unread(of: links, progress: progress)
        if let last = unread.last {
            let plan = try await plan(of: partition, at: last)
            let earlier = try await loss(in: unread.dropLast(), of: partition)
            return ChainTail(last: plan, progress: progress, earlier: earlier, generation: generation)
        }
        if let progress, let generation { return ChainTail(progress: progress, generation: generation) }
        guard let origin = try await origin(of: partition) else { return nil }
        return ChainTail(origin: origin, progressGeneration: generation)
    }

    /// What links announce as lost. They are many only when the progress object, which says the same, is gone.
    private func loss(in links: ArraySlice<LinkID>, of partition: Partition) async throws(Failure) -> [LostRange] {
        let lost = try await concurrently(Array(links), limit: readsAtOnce) { link throws(Failure) in
            try await plan(of: partition, at: link).lost
        }
        return [].merged(with: lost.flatMap(\.self))
    }

    private func links(of partition: Partition, from start: Int64?) async throws(Failure) -> [LinkID] {
        let prefix = names.plans(of: partition)
        let from = start.map { prefix + padded($0, 20) }
        return try await store.list(prefix: prefix, from: from, delimiter: nil).objects
            .compactMap { names.link(fromPlanName: $0.name, of: partition) }
    }

    /// Makes sure that this topic's objects are named by this layout; the first run settles it.
    /// - Throws: `Failure(.usage)` when they are named by another one.
    package func settleLayout() async throws(Failure) {
        guard try await names.settledFacts(in: store) == nil else { return }
        let content = ByteRope(ObjectCoding.encode(TopicFacts(topic: names.topic, layout: names.layout)))
        guard case .created = try await store.create(names.topicFacts, content: content, contentType: jsonType) else {
            _ = try await names.settledFacts(in: store)
            return
        }
    }

    /// Begins a chain. Two first runs may propose different offsets: the first one's holds for both.
    package func begin(_ partition: Partition, at start: Int64) async throws(Failure) -> ChainTail {
        let content = ByteRope(ObjectCoding.encode(ChainOrigin(start: start)))
        let outcome = try await store.create(names.origin(of: partition), content: content, contentType: jsonType)
        if case .taken = outcome, let origin = try await origin(of: partition) { return ChainTail(origin: origin) }
        return ChainTail(origin: ChainOrigin(start: start))
    }

    package func origin(of partition: Partition) async throws(Failure) -> ChainOrigin? {
        let name = names.origin(of: partition)
        guard let (_, bytes) = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
        return try ObjectCoding.decode(
            ChainOrigin.self, bytes, what: "chain origin", location: url(name), version: Plan.currentVersion)
    }

    /// Writes a link if nobody has. False: somebody else's stands there, and this owner's chunk is void.
    package func create(_ plan: Plan) async throws(Failure) -> Bool {
        let name = names.plan(of: plan.partition, at: plan.link)
        let content = ByteRope(ObjectCoding.encode(plan))
        return switch try await store.create(name, content: content, contentType: jsonType) {
        case .created: true
        case .taken: false
        }
    }

    /// - Throws: `Failure(.protocolError)` also when the object is gone: a link that was listed is never deleted.
    package func plan(of partition: Partition, at link: LinkID) async throws(Failure) -> Plan {
        let name = names.plan(of: partition, at: link)
        guard let (_, bytes) = try await store.read(name, limit: ObjectCoding.sizeLimit) else { throw gone(name) }
        let plan = try ObjectCoding.decode(
            Plan.self, bytes, what: "plan", location: url(name), version: Plan.currentVersion)
        guard plan.link == link, plan.partition == partition, plan.topic == names.topic, isPlausible(plan) else {
            throw Failure(
                .protocolError, "\(url(name)): the plan is not the one that its name says",
                remedy: "restore the object that was written under this name")
        }
        return plan
    }

    private func gone(_ plan: String) -> Failure {
        Failure(.protocolError, "\(url(plan)): the plan is gone", remedy: "restore it; plans must never be deleted")
    }

    /// Offsets and names are what this program could have written: hostile ones must neither overflow nor reach other objects.
    private func isPlausible(_ plan: Plan) -> Bool {
        let largest = Int64.max / 2
        return 0 <= plan.start && plan.start <= plan.end && plan.end <= largest && plan.sequence < 1 << 40
            && plan.amendment < 1 << 20
            && plan.files.allSatisfy { file in
                let layout = ObjectNames(topic: plan.topic, layout: plan.rules.layout)
                let range = plan.range
                return layout.file(file.kind, hour: file.hour, partition: plan.partition, range: range) == file.name
                    && (0...largest).contains(Int64(file.records)) && (0...largest).contains(file.lineBytes)
            }
    }

    /// The links of the chunk that starts at `start`, oldest first: the plan and its amendments, and those that only closed
    /// hours.
    package func links(of partition: Partition, startingAt start: Int64) async throws(Failure) -> [LinkID] {
        let prefix = names.plans(of: partition) + padded(start, 20)
        return try await store.list(prefix: prefix, from: nil, delimiter: nil).objects
            .compactMap { names.link(fromPlanName: $0.name, of: partition) }.sorted()
    }

    /// The links of the chunks that start at these offsets, oldest first.
    package func links(of partition: Partition, startingAtAnyOf starts: Set<Int64>) async throws(Failure) -> [LinkID] {
        guard let first = starts.min(), starts.count > 1 else {
            return if let start = starts.first { try await links(of: partition, startingAt: start) } else { [] }
        }
        return try await links(of: partition, from: first).filter { starts.contains($0.start) }.sorted()
    }

    /// The progress object with its generation; both nil when there is none, the progress alone when it is damaged.
    package func progress(of partition: Partition) async throws(Failure) -> (progress: Progress?, generation: Int64?) {
        let name = names.progress(of: partition)
        guard let (info, bytes) = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return (nil, nil) }
        let progress: Progress
        do {
            progress = try ObjectCoding.decode(
                Progress.self, bytes, what: "progress", location: url(name), version: Progress.currentVersion)
        } catch {
            if ObjectCoding.isNewer(bytes, than: Progress.currentVersion) { throw error }
            return (nil, info.generation)
        }
        guard progress.partition == partition, progress.topic == names.topic else { return (nil, info.generation) }
        return (progress, info.generation)
    }

    /// What is known of every partition that has a progress object which can be read.
    package func allProgress() async throws(Failure) -> [Partition: Progress] {
        let partitions = try await store.list(prefix: names.allProgress, from: nil, delimiter: nil).objects
            .compactMap { object -> Partition? in
                let file = object.name.dropFirst(names.allProgress.count)
                return file.hasSuffix(".json") ? Partition(file.dropLast(".json".count)) : nil
            }
        let found = try await concurrently(partitions, limit: readsAtOnce) { partition throws(Failure) in
            try await progress(of: partition).progress
        }
        return Dictionary(found.compactMap { $0 }.map { ($0.partition, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Overwrites the progress object unless somebody wrote it since `generation`.
    /// - Returns: its new generation; nil when somebody did: their chain is at least as far, so nothing is lost.
    package func replace(_ progress: Progress, ifGeneration generation: Int64?) async throws(Failure) -> Int64? {
        let content = ByteRope(ObjectCoding.encode(progress))
        let outcome = try await store.replace(
            names.progress(of: progress.partition), content: content, contentType: jsonType, ifGeneration: generation)
        return switch outcome {
        case .replaced(let info): info.generation
        case .changed: nil
        }
    }

    package func url(_ name: String) -> String { "\(store.location)/\(name)" }
}
