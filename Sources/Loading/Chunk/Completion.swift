package import Bytes
package import Interactions
package import Support

/// Decides what becomes of an announced chunk that was read again because files of it are missing. Pure.
package enum Completion: Sendable {
    /// Every missing file came out as announced.
    case asPlanned(Chunk)
    /// Kafka no longer has all of it: this amendment announces what is left, and which offsets are lost.
    case amended(Chunk)

    /// - Parameters:
    ///   - plan: what was announced, with amendments.
    ///   - missing: names of its files that are not in the store.
    ///   - found: the files that the re-read made.
    ///   - earliest: the first offset that Kafka still has.
    package init(
        of plan: Plan, missing: Set<String>, found: [(file: PlannedFile, content: ByteRope)], earliest: Int64,
        writer: String, now: Milliseconds
    ) {
        let made = Dictionary(found.map { ($0.file.name, $0) }, uniquingKeysWith: { first, _ in first })
        let contents = made.filter { missing.contains($0.key) }.mapValues(\.content)
        let changed = plan.files.filter { missing.contains($0.name) && made[$0.name]?.file != $0 }
        guard !changed.isEmpty else {
            self = .asPlanned(Chunk(plan: plan, contents: contents))
            return
        }
        var amended = plan
        amended.amendment += 1
        (amended.writer, amended.writtenAtMs) = (writer, now)
        amended.files = plan.files.compactMap { missing.contains($0.name) ? made[$0.name]?.file : $0 }
        // Beyond what retention took, only the files that changed tell where records are gone (compaction).
        let first = changed.map(\.firstOffset).min() ?? plan.start
        let last = changed.map(\.lastOffset).max() ?? plan.start
        let end = earliest > first ? min(earliest, plan.end) : last + 1
        let lost = LostRange(start: first, end: end, reason: .planned, openFrom: plan.rules.lateBefore, foundAtMs: now)
        amended.lost = plan.lost.merged(with: [lost])
        self = .amended(Chunk(plan: amended, contents: contents))
    }
}
