import Interactions
import Loading
import Support

/// Parts of chains, as tests need them. Hour 0 is 2026-01-01T00.
enum Sample {
    static let topic = "t"
    static let partition = Partition(0)

    static func hour(_ number: Int64) -> Hour { Hour(index: 490_896 + number) }
    static func optionalHour(_ number: Int64?) -> Hour? { number.map(hour) }

    static func rules(layout: PartitionLayout = .plain, lateBefore: Int64? = nil) -> PlanRules {
        PlanRules(
            eventTimeField: "/timestamp", eventTimeMaxSkewMs: 30 * 24 * 3_600_000, layout: layout, recordFormat: .value,
            maxRecordBytes: 1 << 20, maxDepth: 32, lateBefore: optionalHour(lateBefore))
    }

    static func loss(_ start: Int64, _ end: Int64, openFrom: Int64? = nil, foundIn hour: Int64 = 0) -> LostRange {
        LostRange(
            start: start, end: end, reason: .retention, openFrom: optionalHour(openFrom),
            foundAtMs: Sample.hour(hour).start)
    }

    static func file(
        _ kind: FileKind = .onTime, hour number: Int64 = 0, _ start: Int64, _ end: Int64, records: Int? = nil,
        partition: Partition = Sample.partition
    ) -> PlannedFile {
        let name = ObjectNames(topic: topic, layout: .plain).file(
            kind, hour: hour(number), partition: partition, range: OffsetRange(start, end))
        return PlannedFile(
            name: name, kind: kind, hour: hour(number), records: records ?? Int(end - start), firstOffset: start,
            lastOffset: end - 1, eventTimeMinMs: 0, eventTimeMaxMs: 0, lineBytes: 1, crc32c: 0)
    }

    static func plan(
        _ start: Int64, _ end: Int64, sequence: Int = 0, amendment: Int = 0, files: [PlannedFile] = [],
        lost: [LostRange] = [], lateBefore: Int64? = nil, closedBefore: Int64? = nil,
        partition: Partition = Sample.partition, writer: String = "w"
    ) -> Plan {
        Plan(
            topic: topic, partition: partition, link: LinkID(start: start, sequence: sequence, amendment: amendment),
            end: end, reason: .drained, rules: rules(lateBefore: lateBefore), files: files, lost: lost,
            closedBefore: optionalHour(closedBefore), writer: writer, writtenAtMs: 1)
    }

    static func progress(
        _ end: Int64, sequence: Int = 0, position: Int64? = nil, closedBefore: Int64? = nil, lost: [LostRange] = [],
        partition: Partition = Sample.partition
    ) -> Progress {
        Progress(
            topic: topic, partition: partition, next: LinkID(start: end, sequence: sequence), position: position ?? end,
            logEnd: position ?? end, drainedAtMs: nil, closedBefore: optionalHour(closedBefore), lost: lost,
            updatedAtMs: 1)
    }
}

/// A record that owns its bytes, five minutes into its hour.
struct SampleRecord {
    var offset: Int64
    var timestamp: Milliseconds?
    var value: [UInt8]?

    init(_ offset: Int64, hour: Int64 = 0) {
        let time = Sample.hour(hour).start + 300_000
        self.init(offset, timestamp: time, value: #"{"id": \#(offset), "timestamp": \#(time)}"#)
    }

    init(_ offset: Int64, timestamp: Milliseconds?, value: String?) {
        (self.offset, self.timestamp, self.value) = (offset, timestamp, value.map { Array($0.utf8) })
    }

    /// Calls `body` with a view whose bytes live as long as the call.
    func withView<R>(partition: Int32, _ body: (KafkaRecordView) throws -> R) rethrows -> R {
        var topic = Array(Sample.topic.utf8)
        var bytes = value ?? []
        return try topic.withUnsafeMutableBytes { topic in
            try bytes.withUnsafeMutableBytes { bytes in
                try body(
                    KafkaRecordView(
                        topic: UnsafeRawBufferPointer(topic), partition: partition, offset: offset,
                        timestamp: timestamp,
                        timestampType: .create, key: nil, value: value == nil ? nil : UnsafeRawBufferPointer(bytes)))
            }
        }
    }
}

extension ChunkBuilder {
    func add(_ record: SampleRecord) throws {
        try record.withView(partition: partition.number) { try add($0, headers: { [] }) }
    }
}
