internal import Interactions
package import Logging
package import ObjectStorage
package import Support

/// Reads the answers of other runs: of those that were killed, to go on; of those that ended, for contents that come again.
package actor AnswerArchive {
    private let store: any ObjectStore
    private let names: TaggedNames
    private let tagCount: Int
    private let oldest: Milliseconds
    /// What the names of this run's own objects begin with.
    private let own: String
    private let readsAtOnce: Int
    private let logger: Logger
    /// Objects that need not be read again.
    private var seen: Set<String> = []
    private var hasWarnedOfLimit = false

    /// A joined object of a run is the largest.
    static let sizeLimit = 64 << 20
    /// Of objects that are joined while they are read.
    private static let mostListings = 5
    /// A run keeps all its answers below the day on which it began.
    private static let longestRun: Milliseconds = 86_400_000

    /// - Parameters:
    ///   - tagCount: of the taxonomy.
    ///   - oldest: answers given before count no more.
    ///   - own: what the names of this run's own objects begin with.
    package init(
        store: any ObjectStore, names: TaggedNames, tagCount: Int, since oldest: Milliseconds, own: String,
        readsAtOnce: Int, logger: Logger
    ) {
        (self.store, self.names, self.tagCount, self.oldest, self.own) = (store, names, tagCount, oldest, own)
        (self.readsAtOnce, self.logger) = (readsAtOnce, logger)
    }

    /// What other runs have stored since the last time; the newest day first, until the desk has enough.
    package func load(into desk: AnswerDesk) async throws(Failure) {
        guard await desk.limit > 0 else { return }
        for _ in 0..<Self.mostListings {
            let first = names.answers(on: oldest - Self.longestRun)
            let found = try await store.list(prefix: names.answers, from: first, delimiter: nil)
                .objects.map(\.name).filter { !seen.contains($0) && !$0.hasPrefix(own) }
            // Another run may join its objects into one that was not listed yet.
            guard try await read(found.reversed(), into: desk) else { return }
        }
    }

    /// Whether some were gone.
    private func read(_ objects: [String], into desk: AnswerDesk) async throws(Failure) -> Bool {
        var areGone = false
        for group in objects.grouped(by: readsAtOnce) {
            guard await !desk.isFull else { break }
            let store = store
            for (name, text) in try await concurrently(
                group, limit: readsAtOnce, { name throws(Failure) in try await readable(name, in: store) })
            {
                seen.insert(name)
                switch text {
                case .success(nil): areGone = true
                case .success(let text?): await take(name, text, into: desk)
                case .failure(let failure): warn(name, failure.description)
                }
            }
        }
        if await desk.isFull, !objects.isEmpty { warnOfLimit() }
        return areGone
    }

    private func take(_ name: String, _ text: [UInt8], into desk: AnswerDesk) async {
        var lines: [AnswerLines.Line] = []
        let isRead = AnswerLines.parse(text, tagCount: tagCount) { line in
            // What the service could not answer then, it may answer now.
            if line.answeredAt >= oldest, line.known.answer.status != .failed { lines.append(line) }
        }
        await desk.addEarlier(lines)
        if !isRead { warn(name, "it is damaged, or a newer program wrote it") }
    }

    private func warnOfLimit() {
        guard !hasWarnedOfLimit else { return }
        hasWarnedOfLimit = true
        logger.warning(
            "more answers are stored than are kept in mind: what is older is asked, and paid, again",
            metadata: ["remedy": "raise --answer-limit, or shorten --answer-age"])
    }

    private func warn(_ name: String, _ reason: String) {
        logger.warning(
            "answers of an earlier run are not readable and are asked again",
            metadata: ["object": "\(store.location)/\(name)", "reason": "\(reason)"])
    }
}

/// What is too large to be ours is a result, not a failure of the run. nil when the object is gone.
private func readable(_ name: String, in store: any ObjectStore) async throws(Failure)
    -> (name: String, text: Result<[UInt8]?, Failure>)
{
    do throws(Failure) {
        let found = try await store.read(name, limit: AnswerArchive.sizeLimit)
        return (name, .success(found?.bytes))
    } catch {
        guard error.status == .protocolError else { throw error }
        return (name, .failure(error))
    }
}

extension Collection {
    /// Runs of at most `size` elements.
    fileprivate func grouped(by size: Int) -> [[Element]] {
        var groups: [[Element]] = []
        var rest = self[...]
        while !rest.isEmpty {
            groups.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return groups
    }
}
