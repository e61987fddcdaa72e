/// What became of the rows for one dataset.
package struct DatasetCounts: Sendable, Equatable, Codable {
    /// Records that it wants.
    package var matched = 0
    /// Of these: were there before, or come twice.
    package var existing = 0
    /// Written now; in a dry run: would be.
    package var inserted = 0
    /// Too large or refused, and kept as dead letters.
    package var deadLetters = 0

    package init() {}
}

extension DatasetCounts {
    package static func += (left: inout DatasetCounts, right: DatasetCounts) {
        left.matched += right.matched
        left.existing += right.existing
        left.inserted += right.inserted
        left.deadLetters += right.deadLetters
    }
}
