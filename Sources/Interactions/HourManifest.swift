package import Support

/// The object that says that an hour is complete, with every file, count and offset range in it.
package struct HourManifest: Hashable, Sendable, Codable {
    package static let currentVersion = 1

    /// One Kafka partition's part of the hour.
    package struct Part: Hashable, Sendable, Codable {
        package var partition: Partition
        /// Up to where the partition's chain reached when the manifest was written.
        package var chainEnd: Int64
        /// On time and late.
        package var records: Int
        package var lateRecords: Int
        package var deadLetters: Int
        /// On-time, late and dead-letter files, by name.
        package var files: [PlannedFile]
        /// Offsets lost while this hour was open: some of them may have belonged to it.
        package var lost: [LostRange]

        package init(partition: Partition, chainEnd: Int64, files: [PlannedFile], lost: [LostRange]) {
            func records(_ kind: FileKind) -> Int { files.lazy.filter { $0.kind == kind }.map(\.records).reduce(0, +) }
            self.partition = partition
            self.chainEnd = chainEnd
            lateRecords = records(.late)
            self.records = records(.onTime) + lateRecords
            deadLetters = records(.deadLetter)
            self.files = files.sorted { $0.name < $1.name }
            self.lost = lost
        }
    }

    package var version = HourManifest.currentVersion
    package var topic: String
    package var hour: Hour
    /// 1 when the hour was sealed; one more each time something arrived afterwards.
    package var revision: Int
    /// On time and late.
    package var records: Int
    package var lateRecords: Int
    package var deadLetters: Int
    package var parts: [Part]
    package var sealedAtMs: Milliseconds
    package var revisedAtMs: Milliseconds?

    package init(topic: String, hour: Hour, parts: [Part], sealedAtMs: Milliseconds) {
        self.topic = topic
        self.hour = hour
        revision = 1
        self.parts = parts.sorted { $0.partition < $1.partition }
        records = parts.map(\.records).reduce(0, +)
        lateRecords = parts.map(\.lateRecords).reduce(0, +)
        deadLetters = parts.map(\.deadLetters).reduce(0, +)
        self.sealedAtMs = sealedAtMs
    }

    /// This hour with what is known now; nil when that is the same. Nothing that was listed ever goes; of a file that was
    /// listed, what is known now counts.
    package func revised(with parts: [Part], at now: Milliseconds) -> HourManifest? {
        var merged = Dictionary(self.parts.map { ($0.partition, $0) }, uniquingKeysWith: { first, _ in first })
        for part in parts {
            guard let old = merged[part.partition] else {
                merged[part.partition] = part
                continue
            }
            let files = Dictionary((old.files + part.files).map { ($0.name, $0) }, uniquingKeysWith: { _, new in new })
            merged[part.partition] = Part(
                partition: part.partition, chainEnd: max(old.chainEnd, part.chainEnd), files: Array(files.values),
                lost: Array(Set(old.lost + part.lost)).sorted { ($0.start, $0.end) < ($1.start, $1.end) })
        }
        struct Content: Equatable {
            var files: Set<PlannedFile>
            var lost: Set<OffsetRange>
        }
        func content(_ parts: some Sequence<Part>) -> [Partition: Content] {
            Dictionary(
                parts.filter { !$0.files.isEmpty || !$0.lost.isEmpty }.map { part in
                    let lost = part.lost.map { OffsetRange($0.start, $0.end) }
                    return (part.partition, Content(files: Set(part.files), lost: Set(lost)))
                }, uniquingKeysWith: { first, _ in first })
        }
        guard content(merged.values) != content(self.parts) else { return nil }
        var manifest = HourManifest(topic: topic, hour: hour, parts: Array(merged.values), sealedAtMs: sealedAtMs)
        manifest.revision = revision + 1
        manifest.revisedAtMs = now
        return manifest
    }
}
