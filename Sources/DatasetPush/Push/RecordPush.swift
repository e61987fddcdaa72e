internal import Braintrust
internal import Bytes
package import JobSupport
package import Logging
package import Records
package import Support

/// What was read of records, whatever datasets want of it.
package struct RecordCounts: Sendable, Equatable, Codable {
    package var records = 0
    /// By `RecordFault`.
    package var faults: [String: Int] = [:]
    /// Elements of lists of tags that are no text.
    package var otherTags = 0
    /// Records that a dataset wants and that have no verdict.
    package var withoutVerdict = 0

    package init() {}
}

/// Takes records from files to the datasets that want them. One thread at a time.
package struct RecordPush {
    /// Bytes of rows that wait, over all datasets.
    static let outboxBytes = 48 << 20
    private static let faultsLogged = 10

    package private(set) var counts = RecordCounts()
    private let pusher: DatasetPusher
    private let index: TagIndex
    private let reader: TaggedRecordReader
    private let logger: Logger
    private let interaction = ByteBuffer()
    private let content = ByteBuffer()
    private var outbox: Outbox

    /// - Parameter wanting: which of the pusher's targets get something; nil: all.
    package init(_ pusher: DatasetPusher, fields: RecordFields, wanting: Set<Int>? = nil, logger: Logger) {
        (self.pusher, self.logger) = (pusher, logger)
        index = TagIndex(
            pusher.targets.enumerated().map { wanting?.contains($0.offset) ?? true ? $0.element.marker.tags : [] })
        reader = TaggedRecordReader(fields: fields)
        outbox = Outbox(datasets: pusher.targets.count, limit: Self.outboxBytes)
    }

    /// Reads a file, and pushes what waits whenever it is much.
    /// - Parameters:
    ///   - file: as rows name it.
    ///   - hour: of the day, where the file has one.
    /// - Throws: with the file as `object` when it is this file that cannot be read.
    package mutating func push(
        _ lines: inout some LineSource, file: String, hour: Int?, origin: RowOrigin, verdicts: VerdictTable
    ) async throws(Failure) {
        let writer = RowWriter(origin: origin)
        var place = RecordPlace(file: file, hour: hour, line: 0)
        while let batch = try await next(&lines, of: file) {
            for number in 0..<batch.count {
                place.line += 1
                guard let record = batch.withLine(number, { match($0, at: place) }) else { continue }
                let verdict = verdicts[place]
                if verdict.isEmpty { counts.withoutVerdict += 1 }
                // A record may be large, and wanted by many: so room is made between its rows, too.
                for target in index.matches {
                    let pending = batch.withLine(number) { row(record, of: $0, at: place, writer, verdict, target) }
                    if pending.bytes.count >= pusher.payloadLimit {
                        pusher.note(matchOf: target)
                        try await pusher.keep(tooLarge: pending, of: target)
                    } else {
                        pusher.note(matchOf: target, isRepeated: !outbox.add(pending, to: target))
                        if outbox.isFull { try await pusher.push(outbox.takeLargest()) }
                    }
                }
            }
        }
    }

    private func next(_ lines: inout some LineSource, of file: String) async throws(Failure) -> LineBatch? {
        do throws(Failure) {
            return try await lines.next()
        } catch {
            var failure = error
            failure.object = file
            throw failure
        }
    }

    /// Pushes what still waits.
    package mutating func finish() async throws(Failure) { try await pusher.push(outbox.takeAll()) }

    /// Finds who wants the record: `index.matches`.
    /// - Returns: nil when nobody does.
    private mutating func match(_ line: UnsafeRawBufferPointer, at place: RecordPlace) -> TaggedRecord? {
        counts.records += 1
        let record: TaggedRecord
        do throws(RecordFault) {
            record = try reader.read(line)
        } catch {
            note(error, at: place)
            return nil
        }
        guard case .list(let others) = index.match(line, tags: record.tags) else {
            note(.otherTags, at: place)
            return nil
        }
        counts.otherTags += others
        return index.matches.isEmpty ? nil : record
    }

    private func row(
        _ record: TaggedRecord, of line: UnsafeRawBufferPointer, at place: RecordPlace, _ writer: RowWriter,
        _ verdict: [UInt8], _ target: Int
    ) -> PendingRow {
        interaction.removeAll(keepingCapacity: 1 << 16)
        // A place in a file tells records of one topic apart only.
        if let topic = writer.topic, record.isNamed(byPlace: place, in: line) { interaction.append(text: "\(topic)/") }
        interaction.append(unescaping: UnsafeRawBufferPointer(rebasing: line[record.id]))
        let id = RowID.make(dataset: pusher.targets[target].dataset.id, interaction: interaction.bytes)
        content.removeAll(keepingCapacity: 4 << 20)
        writer.append(
            id: id, record, of: line, at: place, verdict: verdict,
            tags: { index.forEachTag(wantedBy: target, $0) }, to: content)
        return PendingRow(
            id: id, interaction: String(decoding: interaction.bytes, as: UTF8.self), bytes: [UInt8](content.bytes))
    }

    private mutating func note(_ fault: RecordFault, at place: RecordPlace) {
        counts.faults[fault.rawValue, default: 0] += 1
        guard counts.faults.values.reduce(0, +) <= Self.faultsLogged else { return }
        logger.warning(
            "a record cannot be pushed",
            metadata: ["reason": "\(fault.rawValue)", "file": "\(place.file)", "line": "\(place.line)"])
    }
}

extension LineBatch {
    /// A line without its line feed, by its number from 0.
    fileprivate func withLine<Value>(_ number: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let start = number == 0 ? 0 : ends[number - 1]
        return bytes[start..<(ends[number] - 1)].withUnsafeBytes(body)
    }
}
