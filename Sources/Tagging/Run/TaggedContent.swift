internal import Bytes
internal import Gzip
internal import Interactions
internal import JobSupport
internal import ObjectStorage
internal import Records
internal import Support

/// The content of one tagged file, made line by line. One thread at a time.
final class TaggedContent {
    /// Lines of one gzip member, at least.
    private static let memberBytes = 256 << 10

    private let rules: TaggingRules
    private let line: TaggedLine
    private let gzip: GzipWriter
    private let rope = RopeWriter(pool: BlockPool())
    private let lines = ByteBuffer()
    private(set) var file: TaggedFile
    private var statuses: [TagStatus: Int] = [:]
    private var tags: [Int]

    init(_ raw: RawFile, rules: TaggingRules) throws(Failure) {
        let names = rules.names
        self.rules = rules
        let range = "\(padded(raw.name.range.start, 20))-\(padded(raw.name.range.end, 20))"
        line = TaggedLine(
            taxonomy: rules.taxonomy, model: rules.model, prompt: rules.prompt.label,
            file: "\(names.raw.topic)-\(raw.name.hour)-\(raw.name.partition)-\(range)")
        do { gzip = try GzipWriter(rules.gzip) } catch { throw error.failure(raw.object.name) }
        tags = [Int](repeating: 0, count: rules.taxonomy.tags.count)
        file = TaggedFile(
            raw: raw.object.name, rawChecksum: raw.object.crc32c, tagged: names.tagged(raw.object.name),
            config: names.config, model: rules.model, prompt: rules.prompt.label, taxonomy: rules.taxonomy.hash)
    }

    /// - Parameters:
    ///   - records: what was read of each line.
    ///   - answers: for each record with a content, in their order.
    func append(_ batch: LineBatch, _ records: [RawRecord], _ answers: some Sequence<KnownAnswer>) throws(Failure) {
        var answers = answers.makeIterator()
        var number = 0
        try batch.forEach { raw throws(Failure) in
            let record = records[number]
            number += 1
            file.records += 1
            if !record.dropped.isEmpty { file.replaced += 1 }
            if record.isShortened { file.shortened += 1 }
            let known = record.key == nil ? nil : answers.next()
            let answer = known?.answer ?? TagAnswer(.noContent)
            count(answer)
            line.append(raw, record, number: file.records, answer, from: known?.source ?? .nobody, to: lines)
            if lines.count >= Self.memberBytes { try compress() }
        }
    }

    func finish() throws(Failure) -> ByteRope {
        // Also of a file without records a reader finds a member.
        if lines.count > 0 || rope.count == 0 { try compress() }
        for (status, count) in statuses { file.statuses[status.rawValue] = count }
        // Names of other scalars that look the same are one key of a Swift dictionary: they are counted together.
        for (place, count) in tags.enumerated() where count > 0 {
            file.tags[rules.taxonomy.tags[place].name, default: 0] += count
        }
        return rope.finish()
    }

    private func count(_ answer: TagAnswer) {
        statuses[answer.status, default: 0] += 1
        for place in answer.tags { tags[place] += 1 }
    }

    private func compress() throws(Failure) {
        do { try gzip.appendMember(of: lines.bytes, to: rope) } catch { throw error.failure(file.tagged) }
        lines.removeAll(keepingCapacity: 2 * Self.memberBytes)
    }
}
