/// Whether all hours of a day are sealed: what the hour manifests say, not the clock.
package struct Completeness: Sendable, Equatable, Codable {
    /// An hour that is not sealed.
    package struct MissingHour: Sendable, Equatable, Codable {
        /// UTC, 0 to 23.
        package var hour: Int
        /// Kafka partitions that were not read past the hour's end yet; empty when none is known at all.
        package var partitions: [Int]

        package init(hour: Int, partitions: [Int]) { (self.hour, self.partitions) = (hour, partitions) }
    }

    /// Ascending.
    package var sealedHours: [Int]
    package var missing: [MissingHour]
    /// The day is judged although hours are missing: `--allow-incomplete`.
    package var isAllowed: Bool

    package init(sealedHours: [Int], missing: [MissingHour], isAllowed: Bool) {
        (self.sealedHours, self.missing, self.isAllowed) = (sealedHours, missing, isAllowed)
    }

    package var isComplete: Bool { missing.isEmpty }

    /// `13 (partitions 0, 4), 14`; empty when nothing is missing.
    package var missingText: String {
        missing.map { hour in
            let partitions = hour.partitions.map(String.init).joined(separator: ", ")
            return "\(hour.hour)" + (partitions.isEmpty ? "" : " (partitions \(partitions))")
        }.joined(separator: ", ")
    }
}
