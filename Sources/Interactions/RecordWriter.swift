package import Bytes
package import Support

/// Turns one Kafka record into one line: of a partition file, or when it is no interaction, of a dead-letter file.
/// Pure but for the buffer; one thread at a time.
package struct RecordWriter {
    private let rule: EventTimeRule
    private let format: RecordFormat
    private let maxRecordBytes: Int
    private let scanner: JSONScanner

    /// - Parameters:
    ///   - maxRecordBytes: a longer value becomes a dead letter, unread.
    ///   - maxDepth: so does one with more open objects and arrays.
    package init(rule: EventTimeRule, format: RecordFormat, maxRecordBytes: Int, maxDepth: Int = 128) {
        (self.rule, self.format, self.maxRecordBytes) = (rule, format, maxRecordBytes)
        scanner = JSONScanner(field: rule.field, maxDepth: maxDepth)
    }

    /// Appends the record's line, with its line feed.
    /// - Parameter headers: called only when a line needs them; twice for an envelope that becomes a dead letter after all.
    package func write(
        _ record: KafkaRecordView, headers: () -> [KafkaHeaderView], to buffer: ByteBuffer
    ) -> WrittenRecord {
        let start = buffer.count
        guard let value = record.value else {
            return deadLetter(record, headers, .nullValue, detail: "", to: buffer)
        }
        guard value.count <= maxRecordBytes else {
            let detail = "\(value.count) bytes, limit \(maxRecordBytes)"
            return deadLetter(record, headers, .tooLarge, detail: detail, to: buffer)
        }
        if format == .envelope {
            buffer.append("{")
            buffer.append(kafkaMember: record, headers: headers())
            buffer.append(",\"value\":")
        }
        let objectStart = buffer.count
        switch scanner.scan(value, into: buffer) {
        case .rejected(let fault):
            buffer.truncate(to: start)
            return deadLetter(
                record, headers, DeadLetterReason(fault.reason), detail: "byte \(fault.offset)", to: buffer)
        case .object(let info):
            let field = info.field.map { UnsafeRawBufferPointer(rebasing: buffer.bytes[$0.range]) }
            let (time, source) = rule.resolve(field: field, kafkaTimestamp: record.timestamp)
            switch format {
            case .value: buffer.append("\n")
            case .envelope: buffer.append("}\n")
            case .annotated:
                let isEmpty = buffer.count - objectStart == 2
                buffer.truncate(to: buffer.count - 1)
                if !isEmpty { buffer.append(",") }
                buffer.append(kafkaMember: record, headers: headers())
                buffer.append("}\n")
            }
            return WrittenRecord(
                kind: .interaction(timeSource: source, hadByteOrderMark: info.hadByteOrderMark), time: time,
                byteCount: buffer.count - start)
        }
    }

    private func deadLetter(
        _ record: KafkaRecordView, _ headers: () -> [KafkaHeaderView], _ reason: DeadLetterReason, detail: String,
        to buffer: ByteBuffer
    ) -> WrittenRecord {
        let start = buffer.count
        buffer.append(deadLetter: record, headers: headers(), reason: reason, detail: detail)
        // The same moment as for an interaction without a readable field.
        let (time, _) = rule.resolve(field: nil, kafkaTimestamp: record.timestamp)
        return WrittenRecord(kind: .deadLetter(reason), time: time, byteCount: buffer.count - start)
    }
}

/// What became of a record.
package struct WrittenRecord: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A line for a partition file.
        case interaction(timeSource: EventTimeSource, hadByteOrderMark: Bool)
        /// A line for a dead-letter file.
        case deadLetter(DeadLetterReason)
    }

    package var kind: Kind
    /// The event time; of a dead letter the Kafka timestamp, or 0 without one.
    package var time: Milliseconds
    /// Length of the line with its line feed.
    package var byteCount: Int

    /// Which hour's file the line belongs into.
    package var hour: Hour { Hour(containing: time) }
}
