package import Support

/// Where a partition's chain ends and how far the partition was read. Written after the files of the last link are all there,
/// so what it says is always true, if perhaps no longer the newest; the chain is the truth.
package struct Progress: Hashable, Sendable, Codable {
    package static let currentVersion = 1

    package var version = Progress.currentVersion
    package var topic: String
    package var partition: Partition
    /// The next link of the chain.
    package var chainEnd: Int64
    package var chainSequence: Int
    /// Where the last link starts; nil before the first one. While it is there, the chain does end where this object says.
    package var lastStart: Int64?
    /// How far the partition was read: beyond `chainEnd` only over offsets that hold no records.
    package var position: Int64
    /// The partition's end when it was last looked at.
    package var logEnd: Int64
    /// When an end offset was captured that the partition was then drained to; on the store's clock.
    package var drainedAtMs: Milliseconds?
    /// Hours before this one are closed for the partition.
    package var closedBefore: Hour?
    package var lost: [LostRange]
    package var updatedAtMs: Milliseconds

    package init(
        topic: String, partition: Partition, next: LinkID, position: Int64, logEnd: Int64, drainedAtMs: Milliseconds?,
        closedBefore: Hour?, lost: [LostRange], updatedAtMs: Milliseconds
    ) {
        self.topic = topic
        self.partition = partition
        chainEnd = next.start
        chainSequence = next.sequence
        self.position = position
        self.logEnd = logEnd
        self.drainedAtMs = drainedAtMs
        self.closedBefore = closedBefore
        self.lost = lost
        self.updatedAtMs = updatedAtMs
    }

    package var next: LinkID { LinkID(start: chainEnd, sequence: chainSequence) }
    package var lag: Int64 { max(0, logEnd - position) }
}

/// Up to which hour every hour has its manifest. A hint that saves looking again.
package struct SealingProgress: Hashable, Sendable, Codable {
    package var version = Progress.currentVersion
    package var sealedBefore: Hour
    /// True from the first sealing on until the hours before its own were looked at once more: files that came to them
    /// meanwhile are in no manifest yet. nil afterwards.
    package var isFirst: Bool?

    package init(sealedBefore: Hour, isFirst: Bool? = nil) {
        (self.sealedBefore, self.isFirst) = (sealedBefore, isFirst)
    }
}
