internal import Support

/// One Kafka partition of the topic's current life. `epoch` grows when a topic is recreated, so that offsets that start
/// anew never meet the old ones.
package struct Partition: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var number: Int32
    package var epoch: Int

    package init(_ number: Int32, epoch: Int = 0) { (self.number, self.epoch) = (number, epoch) }

    /// As in object names: `p00003`, or `p00003e1` from the first recreation on.
    package var description: String { "p\(padded(number, 5))" + (epoch == 0 ? "" : "e\(epoch)") }

    /// The reverse of `description`.
    package init?(_ text: some StringProtocol) {
        guard text.first == "p" else { return nil }
        let parts = text.dropFirst().split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = Int32(parts[0]), number >= 0 else { return nil }
        let epoch = parts.count == 2 ? Int(parts[1]) : 0
        guard let epoch, epoch >= 0, Partition(number, epoch: epoch).description == text else { return nil }
        self.init(number, epoch: epoch)
    }

    package static func < (left: Partition, right: Partition) -> Bool {
        (left.number, left.epoch) < (right.number, right.epoch)
    }
}

/// A half-open range of offsets.
package struct OffsetRange: Hashable, Sendable, Codable {
    package var start: Int64
    package var end: Int64

    package init(_ start: Int64, _ end: Int64) { (self.start, self.end) = (start, end) }
}

/// How folders are named below `raw/<topic>/`.
package enum PartitionLayout: String, Sendable, Codable, CaseIterable {
    /// `2026-11-20/13-p00000-….jsonl.gz`
    case plain
    /// `dt=2026-11-20/hour=13/p00000-….jsonl.gz`, which BigQuery, DuckDB and Spark read as columns.
    case hive
}

/// What a file holds.
package enum FileKind: String, Sendable, Codable, CaseIterable {
    case onTime = "on_time"
    /// Records that came after their hour was closed for their partition.
    case late
    /// Records that could not be read as interactions.
    case deadLetter = "dead_letter"
}
