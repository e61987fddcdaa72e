internal import Bytes
internal import Interactions
internal import JobSupport
internal import ObjectStorage
internal import Records
internal import Support

/// One tagged file, made line by line and sent to the store as it grows, where nothing of it is to be seen before `finish`. One
/// thread at a time.
final class TaggedContent {
    private let rules: TaggingRules
    private let line: TaggedLine
    private let lines: LineUpload
    private var file: TaggedFile
    private var statuses: [TagStatus: Int] = [:]
    private var tags: [Int]

    init(_ raw: RawFile, rules: TaggingRules, in store: any ObjectStore) throws(Failure) {
        let names = rules.names
        self.rules = rules
        let range = "\(padded(raw.name.range.start, 20))-\(padded(raw.name.range.end, 20))"
        line = TaggedLine(
            taxonomy: rules.taxonomy, model: rules.model, prompt: rules.prompt.label,
            file: "\(names.raw.topic)-\(raw.name.hour)-\(raw.name.partition)-\(range)")
        lines = try LineUpload(names.tagged(raw.object.name), in: store, gzip: rules.gzip)
        tags = [Int](repeating: 0, count: rules.taxonomy.tags.count)
        file = TaggedFile(
            raw: raw.object.name, rawChecksum: raw.object.crc32c, tagged: names.tagged(raw.object.name),
            config: names.config, model: rules.model, prompt: rules.prompt.label, taxonomy: rules.taxonomy.hash)
    }

    /// - Parameters:
    ///   - records: what was read of each line.
    ///   - answers: for each record with a content, in their order.
    func append(_ batch: LineBatch, _ records: [RawRecord], _ answers: some Sequence<KnownAnswer>) async throws(Failure)
    {
        var answers = answers.makeIterator()
        var number = 0
        batch.forEach { raw in
            let record = records[number]
            number += 1
            file.records += 1
            if !record.dropped.isEmpty { file.replaced += 1 }
            if record.isShortened { file.shortened += 1 }
            let known = record.key == nil ? nil : answers.next()
            let answer = known?.answer ?? TagAnswer(.noContent)
            count(answer)
            lines.append {
                line.append(raw, record, number: file.records, answer, from: known?.source ?? .nobody, to: $0)
            }
        }
        try await lines.flush()
    }

    /// What is told of the file, once everything was added.
    var summary: TaggedFile {
        var file = file
        for (status, count) in statuses { file.statuses[status.rawValue] = count }
        // Names of other scalars that look the same are one key of a Swift dictionary: they are counted together.
        for (place, count) in tags.enumerated() where count > 0 {
            file.tags[rules.taxonomy.tags[place].name, default: 0] += count
        }
        return file
    }

    /// False: somebody else wrote it, with other content.
    func finish() async throws(Failure) -> Bool {
        // Also of a file without records a reader finds a member.
        if case .written = try await lines.finish(keepsEmpty: true) { true } else { false }
    }

    /// Leaves nothing.
    func cancel() async { await lines.cancel() }

    private func count(_ answer: TagAnswer) {
        statuses[answer.status, default: 0] += 1
        for place in answer.tags { tags[place] += 1 }
    }
}
