import Support
package import Bytes
package import Interactions

/// A cut chunk: its plan, and the content of the files that this process holds.
package struct Chunk: Sendable {
    package var plan: Plan
    /// By name; all files of the plan, or, when an earlier owner's chunk is completed, only those that were missing.
    package var contents: [String: ByteRope]

    package init(plan: Plan, contents: [String: ByteRope]) { (self.plan, self.contents) = (plan, contents) }

    /// Compressed bytes held.
    package var bytes: Int { contents.values.reduce(0) { $0 + $1.count } }
}

/// The order in which a chunk becomes durable. Pure; `ChunkCommitter` performs the steps one after another.
///
/// Each order matters: nothing is visible before the plan (the fence); a link is followed by another only after its files are
/// all there; a sealed hour's manifest names a late file before the progress object says that there is nothing left to do.
package enum CommitStep: Equatable, Sendable {
    case createPlan
    case createFiles
    case reviseManifests([HourKey])
    case replaceProgress
    case commitOffset

    /// Hours by their index, so that steps compare.
    package typealias HourKey = Int64

    /// - Parameter isPlanned: the plan is there already: an earlier owner's chunk is being completed.
    package static func steps(for plan: Plan, isPlanned: Bool) -> [CommitStep] {
        var steps: [CommitStep] = isPlanned ? [] : [.createPlan]
        if !plan.files.isEmpty { steps.append(.createFiles) }
        let hours = hoursToRevise(plan)
        if !hours.isEmpty { steps.append(.reviseManifests(hours)) }
        return steps + [.replaceProgress, .commitOffset]
    }

    /// Hours that may have their manifest already: closed for this partition, or any hour: in a partition's first chunk, since
    /// the partition may be younger than the manifest, and in an amended one, since others may have gone on from it.
    private static func hoursToRevise(_ plan: Plan) -> [HourKey] {
        let late = plan.amendment > 0 ? nil : plan.rules.lateBefore
        return Set(plan.files.filter { file in late.map { file.hour < $0 } ?? true }.map(\.hour.index)).sorted()
    }
}

/// How committing a chunk ended.
package enum ChunkOutcome: Sendable {
    /// Everything is stored; the chain goes on from this tail.
    case committed(ChainTail)
    /// Another owner's link stands where this one should: the chunk is void, and its records are the other's.
    case superseded
}
