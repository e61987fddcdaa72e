internal import Interactions
package import Logging
package import ObjectStorage
package import Support

/// Reads the answers of earlier runs: of those that were killed, to go on; of those that ended, for contents that come again.
package struct AnswerArchive: Sendable {
    private let store: any ObjectStore
    private let names: TaggedNames
    private let tagCount: Int
    private let readsAtOnce: Int
    private let logger: Logger

    /// A joined object of a run is the largest.
    static let sizeLimit = 256 << 20

    package init(store: any ObjectStore, names: TaggedNames, tagCount: Int, readsAtOnce: Int, logger: Logger) {
        (self.store, self.names, self.tagCount) = (store, names, tagCount)
        (self.readsAtOnce, self.logger) = (readsAtOnce, logger)
    }

    /// What was answered since `oldest`, the newest first, until the table is full.
    package func load(into table: inout AnswerTable, since oldest: Milliseconds, now: Milliseconds)
        async throws(Failure)
    {
        let days = Hour(containing: oldest).date...Hour(containing: now).date
        let found = try await store.list(
            prefix: names.answers, from: names.answers + days.lowerBound, delimiter: nil
        ).objects
        for group in found.reversed().grouped(by: readsAtOnce) where !table.isFull {
            let texts = try await concurrently(group, limit: readsAtOnce) { object throws(Failure) in
                (object.name, try await store.read(object.name, limit: Self.sizeLimit)?.bytes)
            }
            for (name, text) in texts {
                guard let text else { continue }  // joined meanwhile: its answers come again elsewhere
                let isRead = AnswerLines.parse(text, tagCount: tagCount) { line in
                    // What the service could not answer then, it may answer now.
                    guard line.answeredAt >= oldest, line.known.answer.status != .failed else { return }
                    table.add(line.key, line.known)
                }
                if !isRead {
                    logger.warning(
                        "answers of an earlier run are not readable and are asked again",
                        metadata: ["object": "\(store.location)/\(name)"])
                }
            }
        }
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
