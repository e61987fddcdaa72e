package import Interactions

/// What went into a chunk; added up over the chunks that were stored.
package struct ChunkCounters: Sendable, Equatable {
    package var records = 0
    package var late = 0
    /// Bytes of the values as Kafka had them.
    package var valueBytes = 0
    package var deadLetters: [DeadLetterReason: Int] = [:]
    package var timeSources: [EventTimeSource: Int] = [:]
    package var byteOrderMarks = 0

    package init() {}

    /// Of an earlier owner's chunk: only what this process adds to it.
    init(completed chunk: Chunk) {
        for file in chunk.plan.files where chunk.contents[file.name] != nil && file.kind != .deadLetter {
            records += file.records
            if file.kind == .late { late += file.records }
        }
    }

    mutating func count(_ written: WrittenRecord, valueBytes bytes: Int) {
        valueBytes += bytes
        switch written.kind {
        case .interaction(let source, let hadByteOrderMark):
            records += 1
            if source != .field { timeSources[source, default: 0] += 1 }
            if hadByteOrderMark { byteOrderMarks += 1 }
        case .deadLetter(let reason):
            deadLetters[reason, default: 0] += 1
        }
    }

    package mutating func add(_ other: ChunkCounters) {
        records += other.records
        late += other.late
        valueBytes += other.valueBytes
        byteOrderMarks += other.byteOrderMarks
        deadLetters.merge(other.deadLetters, uniquingKeysWith: +)
        timeSources.merge(other.timeSources, uniquingKeysWith: +)
    }
}
