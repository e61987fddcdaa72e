package import Interactions
package import Support

/// What a new owner of a partition has to know of its chain: where it ends, and whether its last chunk may lack files.
package struct ChainTail: Sendable, Equatable {
    /// The link to be written next.
    package var next: LinkID
    /// Hours before this one are closed: their records are late from now on.
    package var closedBefore: Hour?
    /// All loss that is known, oldest first.
    package var lost: [LostRange]
    /// Where the last link starts; nil before the first one.
    package var lastStart: Int64?
    /// How far the partition was read; never before `next.start`.
    package var position: Int64
    /// The last link, when nothing says yet that its files are all there.
    package var unconfirmed: Plan?
    /// The precondition of the next progress object; nil: there is none yet.
    package var progressGeneration: Int64?

    /// A chain that has only an origin.
    package init(origin: ChainOrigin, progressGeneration: Int64? = nil) {
        next = LinkID(start: origin.start)
        lost = []
        position = origin.start
        self.progressGeneration = progressGeneration
    }

    /// The chain as far as its progress object tells it, when no plan goes further.
    package init(progress: Progress, generation: Int64) {
        next = progress.next
        closedBefore = progress.closedBefore
        lost = progress.lost
        lastStart = progress.lastStart
        position = max(progress.position, progress.chainEnd)
        progressGeneration = generation
    }

    /// The chain from its last link. The links before it are complete: nobody writes a link before all files of the one
    /// before it are there.
    /// - Parameter earlier: what links announced as lost that `progress` does not speak of.
    package init(last plan: Plan, progress: Progress?, earlier: [LostRange] = [], generation: Int64?) {
        next = plan.next
        closedBefore = plan.closedBefore
        lost = (progress?.lost ?? []).merged(with: earlier).merged(with: plan.lost)
        lastStart = plan.start
        position = plan.end
        unconfirmed = plan
        progressGeneration = generation
    }

    /// Follows a link that this owner wrote and completed.
    package mutating func follow(_ plan: Plan) {
        next = plan.next
        closedBefore = plan.closedBefore
        lost = lost.merged(with: plan.lost)
        lastStart = plan.start
        position = max(position, plan.end)
        unconfirmed = nil
    }

    /// Those of the listed links that the progress object does not speak of yet, in their order.
    package static func unread(of listed: [LinkID], progress: Progress?) -> [LinkID] {
        let floor = progress?.next
        return listed.filter { link in floor.map { link >= $0 } ?? true }.sorted()
    }
}

extension [LostRange] {
    /// Both without repetition, by offset.
    package func merged(with other: [LostRange]) -> [LostRange] {
        var known = Set<OffsetRange>()
        return (self + other).filter { known.insert(OffsetRange($0.start, $0.end)).inserted }
            .sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }
}
