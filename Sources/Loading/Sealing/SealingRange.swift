package import Interactions
package import Support

/// Which hours can be sealed. Pure.
package struct SealingRange: Sendable, Equatable {
    /// How far back hours without any file get a manifest when a topic is sealed for the first time. Hours with files get one
    /// however old they are.
    package static let firstRunHours: Int64 = 7 * 24
    /// Manifests written in one go; the rest follows in the next run.
    package static let hoursAtOnce = 10_000

    /// Hours before this one are closed for every partition that the topic has now; nil: for at least one nothing is.
    package var closedBefore: Hour?
    /// The partitions that keep the next hour open.
    package var openPartitions: [Partition]

    /// - Parameter progress: of every partition that the topic has now; nil where there is none yet.
    package init(progress: [(partition: Partition, progress: Progress?)]) {
        let closed = progress.map { $0.progress?.closedBefore }
        let least = closed.contains(nil) ? nil : closed.compactMap { $0 }.min()
        closedBefore = least
        openPartitions = progress.filter { $0.progress?.closedBefore == least }.map(\.partition)
    }

    /// The hours to seal, oldest first.
    /// - Parameters:
    ///   - sealedBefore: hours that are known to have their manifest.
    ///   - withFiles: hours that have files.
    package func hours(sealedBefore: Hour?, withFiles: Set<Hour>) -> [Hour] {
        guard let closedBefore else { return [] }
        let earliest = withFiles.min()
        let withoutHint = earliest.map { max($0, Hour(index: closedBefore.index - Self.firstRunHours)) } ?? closedBefore
        let first = sealedBefore ?? withoutHint
        let consecutive = first < closedBefore ? (first.index..<closedBefore.index).map { Hour(index: $0) } : []
        let candidates = withFiles.filter { hour in hour < closedBefore && sealedBefore.map { hour >= $0 } ?? true }
        return Array(Set(consecutive).union(candidates).sorted().prefix(Self.hoursAtOnce))
    }
}
