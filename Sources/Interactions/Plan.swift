package import Support

/// Names one link of a chain: where it starts, and how many links before it start at the same offset (those that only closed
/// hours and moved no offset). Whoever creates a link's object first has written it: that is the fence.
package struct LinkID: Hashable, Comparable, Sendable {
    package var start: Int64
    package var sequence: Int
    /// 0 for the plan itself; n for its n-th amendment after data loss.
    package var amendment: Int

    package init(start: Int64, sequence: Int = 0, amendment: Int = 0) {
        (self.start, self.sequence, self.amendment) = (start, sequence, amendment)
    }

    package var fileName: String {
        padded(start, 20) + (sequence == 0 ? "" : "-\(padded(sequence, 4))")
            + (amendment == 0 ? "" : ".amended-\(padded(amendment, 3))") + ".json"
    }

    package init?(fileName: some StringProtocol) {
        guard fileName.hasSuffix(".json"), fileName.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        var rest = fileName.dropLast(5)[...]
        guard let start = Int64(rest.prefix(20)), start >= 0 else { return nil }
        rest = rest.dropFirst(20)
        var (sequence, amendment) = (0, 0)
        if rest.first == "-" {
            let digits = rest.dropFirst().prefix { $0 != "." }
            guard let number = Int(digits) else { return nil }
            sequence = number
            rest = rest.dropFirst(1 + digits.count)
        }
        if rest.hasPrefix(".amended-") {
            guard let number = Int(rest.dropFirst(9)) else { return nil }
            amendment = number
        }
        self.init(start: start, sequence: sequence, amendment: amendment)
        guard self.fileName == fileName else { return nil }
    }

    package static func < (left: LinkID, right: LinkID) -> Bool {
        (left.start, left.sequence, left.amendment) < (right.start, right.sequence, right.amendment)
    }
}

/// How the records of a chunk were turned into lines: all that a re-read needs to make the same files.
package struct PlanRules: Hashable, Sendable, Codable {
    /// Grows when this program makes another line, hour or kind of the same record under the same rules.
    package static let currentVersion = 1

    package var version = PlanRules.currentVersion
    package var eventTimeField: String
    package var eventTimeMaxSkewMs: Int64
    package var layout: PartitionLayout
    package var recordFormat: RecordFormat
    package var maxRecordBytes: Int
    package var maxDepth: Int
    /// Records of earlier hours are late: those hours were closed by a link before this one.
    package var lateBefore: Hour?

    package init(
        eventTimeField: String, eventTimeMaxSkewMs: Int64, layout: PartitionLayout, recordFormat: RecordFormat,
        maxRecordBytes: Int, maxDepth: Int, lateBefore: Hour?
    ) {
        self.eventTimeField = eventTimeField
        self.eventTimeMaxSkewMs = eventTimeMaxSkewMs
        self.layout = layout
        self.recordFormat = recordFormat
        self.maxRecordBytes = maxRecordBytes
        self.maxDepth = maxDepth
        self.lateBefore = lateBefore
    }
}

/// One file that a plan announces.
package struct PlannedFile: Hashable, Sendable, Codable {
    package var name: String
    package var kind: FileKind
    package var hour: Hour
    package var records: Int
    package var firstOffset: Int64
    package var lastOffset: Int64
    package var eventTimeMinMs: Int64
    package var eventTimeMaxMs: Int64
    /// Of the lines before compression, with their newlines: another compressor must still make the same lines.
    package var lineBytes: Int64
    package var crc32c: UInt32

    package init(
        name: String, kind: FileKind, hour: Hour, records: Int, firstOffset: Int64, lastOffset: Int64,
        eventTimeMinMs: Int64, eventTimeMaxMs: Int64, lineBytes: Int64, crc32c: UInt32
    ) {
        self.name = name
        self.kind = kind
        self.hour = hour
        self.records = records
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.eventTimeMinMs = eventTimeMinMs
        self.eventTimeMaxMs = eventTimeMaxMs
        self.lineBytes = lineBytes
        self.crc32c = crc32c
    }
}

/// Offsets that Kafka no longer had when they were to be stored.
package struct LostRange: Hashable, Sendable, Codable {
    package var start: Int64
    package var end: Int64
    package var reason: Reason
    /// Hours before this one were closed when the loss was found: it does not concern them.
    package var openFrom: Hour?
    package var foundAtMs: Milliseconds

    package enum Reason: String, Sendable, Codable {
        /// Deleted by retention (or DeleteRecords) before the loader read them.
        case retention
        /// Announced by a plan, and gone or changed when the plan had to be completed (retention, compaction).
        case planned
    }

    package init(start: Int64, end: Int64, reason: Reason, openFrom: Hour?, foundAtMs: Milliseconds) {
        (self.start, self.end, self.reason) = (start, end, reason)
        (self.openFrom, self.foundAtMs) = (openFrom, foundAtMs)
    }

    /// Whether records of this hour may be among the lost ones: it was open, and had begun.
    package func mayConcern(_ hour: Hour) -> Bool {
        hour.start <= foundAtMs && (openFrom.map { hour >= $0 } ?? true)
    }
}

/// Why a chunk was cut.
package enum CutReason: String, Sendable, Codable {
    case drained, fileSize = "file_size", memory, interval, revoked, deadline, signal
}

/// The immutable object that announces a chunk before its files are written: one link of a partition's chain.
package struct Plan: Hashable, Sendable, Codable {
    package static let currentVersion = 1

    package var version = Plan.currentVersion
    package var topic: String
    package var partition: Partition
    package var start: Int64
    package var end: Int64
    package var sequence: Int
    package var amendment = 0
    package var reason: CutReason
    package var rules: PlanRules
    package var files: [PlannedFile]
    package var lost: [LostRange]
    /// Hours before this one are closed for the partition from this link on; never smaller than in the link before.
    package var closedBefore: Hour?
    /// Distinguishes writers, so that one who retries knows its own plan again.
    package var writer: String
    package var writtenAtMs: Milliseconds

    package init(
        topic: String, partition: Partition, link: LinkID, end: Int64, reason: CutReason, rules: PlanRules,
        files: [PlannedFile], lost: [LostRange], closedBefore: Hour?, writer: String, writtenAtMs: Milliseconds
    ) {
        self.topic = topic
        self.partition = partition
        start = link.start
        sequence = link.sequence
        amendment = link.amendment
        self.end = end
        self.reason = reason
        self.rules = rules
        self.files = files
        self.lost = lost
        self.closedBefore = closedBefore
        self.writer = writer
        self.writtenAtMs = writtenAtMs
    }

    package var link: LinkID { LinkID(start: start, sequence: sequence, amendment: amendment) }
    package var range: OffsetRange { OffsetRange(start, end) }
    /// The link that comes after this one.
    package var next: LinkID { end > start ? LinkID(start: end) : LinkID(start: start, sequence: sequence + 1) }
}

/// What holds for all objects of a topic, in every epoch: settled by the first run.
package struct TopicFacts: Hashable, Sendable, Codable {
    package static let currentVersion = 1

    package var version = TopicFacts.currentVersion
    package var topic: String
    package var layout: PartitionLayout

    package init(topic: String, layout: PartitionLayout) { (self.topic, self.layout) = (topic, layout) }
}

/// Where a partition's chain begins: settled once, so that two first runs cannot begin at different offsets.
package struct ChainOrigin: Hashable, Sendable, Codable {
    package var version = Plan.currentVersion
    package var start: Int64

    package init(start: Int64) { self.start = start }
}
