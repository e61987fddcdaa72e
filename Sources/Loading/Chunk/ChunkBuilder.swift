package import Bytes
package import Gzip
package import Interactions
package import Support

/// Fills the files of one chunk. Knows no store and no broker; not Sendable: one thread fills it.
package final class ChunkBuilder {
    package let partition: Partition
    /// Where the chunk stands in the chain.
    package let link: LinkID
    package let rules: PlanRules
    package private(set) var counters = ChunkCounters()
    package var lost: [LostRange] = []
    private let names: ObjectNames
    private let memory: ChunkMemory
    private let writer: RecordWriter
    private let lateBefore: Int64
    /// nil: all.
    private let wanted: Set<FileKey>?
    private var files: [FileKey: FileBuffer] = [:]
    /// The file of the last record: mostly also that of the next one.
    private var latest: (key: FileKey, file: FileBuffer)?

    private struct FileKey: Hashable {
        var kind: FileKind
        var hour: Hour
    }

    /// - Parameter only: the files to fill, if others are stored already: what belongs there costs no memory then.
    /// - Throws: `Failure(.protocolError)` when the rules, which may come from a plan, cannot be followed.
    package init(
        topic: String, partition: Partition, link: LinkID, rules: PlanRules, memory: ChunkMemory,
        only files: [PlannedFile]? = nil
    ) throws(Failure) {
        guard rules.version <= PlanRules.currentVersion, let field = JSONPointer(rules.eventTimeField) else {
            throw Failure(
                .protocolError,
                "the plan \(link.fileName) of \(topic)/\(partition) has rules that this program does not know "
                    + "(version \(rules.version), known: \(PlanRules.currentVersion))",
                remedy: "run the version that wrote it")
        }
        (self.partition, self.link, self.rules, self.memory) = (partition, link, rules, memory)
        names = ObjectNames(topic: topic, layout: rules.layout)
        writer = RecordWriter(
            rule: EventTimeRule(field: field, maxSkew: rules.eventTimeMaxSkewMs), format: rules.recordFormat,
            maxRecordBytes: rules.maxRecordBytes, maxDepth: rules.maxDepth)
        lateBefore = rules.lateBefore?.index ?? .min
        wanted = files.map { files in Set(files.map { FileKey(kind: $0.kind, hour: $0.hour) }) }
    }

    /// Nothing to store: neither a record nor the news of a loss.
    package var isEmpty: Bool { files.isEmpty && lost.isEmpty }
    /// Bytes of memory held, in whole blocks.
    package var bytesHeld: Int { files.values.reduce(0) { $0 + $1.bytesHeld } }
    package var rawBytesHeld: Int { files.values.reduce(0) { $0 + $1.rawBytesHeld } }
    /// Compressed bytes of the largest file so far.
    package var largestFile: Int { files.values.reduce(0) { max($0, $1.compressedBytes) } }

    /// Adds one record.
    package func add(_ record: KafkaRecordView, headers: () -> [KafkaHeaderView]) throws(GzipError) {
        let line = memory.line
        line.removeAll(keepingCapacity: 1 << 20)
        let written = writer.write(record, headers: headers, to: line)
        let hour = written.hour
        var kind = FileKind.onTime
        if case .deadLetter = written.kind {
            kind = .deadLetter
        } else if hour.index < lateBefore {
            kind = .late
            counters.late += 1
        }
        counters.count(written, valueBytes: record.value?.count ?? 0)
        if let wanted, !wanted.contains(FileKey(kind: kind, hour: hour)) { return }
        try file(kind, hour).append(line.bytes, offset: record.offset, time: written.time)
    }

    /// Compresses what is still raw, so that its memory is free for others.
    package func compressAll() throws(GzipError) {
        for file in files.values { try file.compress() }
    }

    /// Cuts the chunk: its files with their content, by name. The builder is of no use afterwards.
    package func finish(end: Int64) throws(GzipError) -> [(file: PlannedFile, content: ByteRope)] {
        var finished: [(file: PlannedFile, content: ByteRope)] = []
        for buffer in files.values {
            let name = names.file(
                buffer.kind, hour: buffer.hour, partition: partition, range: OffsetRange(link.start, end))
            finished.append(try buffer.finish(name: name))
        }
        return finished.sorted { $0.file.name < $1.file.name }
    }

    private func file(_ kind: FileKind, _ hour: Hour) -> FileBuffer {
        let key = FileKey(kind: kind, hour: hour)
        if let latest, latest.key == key { return latest.file }
        let file = files[key] ?? FileBuffer(kind: kind, hour: hour, memory: memory)
        files[key] = file
        latest = (key, file)
        return file
    }
}
