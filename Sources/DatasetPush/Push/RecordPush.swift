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
    private let row = ByteBuffer()
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
            var tooLarge: [(row: PendingRow, target: Int)] = []
            batch.forEach { line in
                place.line += 1
                take(line, at: place, writer, verdicts[place], &tooLarge)
            }
            for (row, target) in tooLarge { try await pusher.keep(tooLarge: row, of: target) }
            if outbox.isFull { try await pusher.push(outbox.takeLargest()) }
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

    private mutating func take(
        _ line: UnsafeRawBufferPointer, at place: RecordPlace, _ writer: RowWriter, _ verdict: [UInt8],
        _ tooLarge: inout [(row: PendingRow, target: Int)]
    ) {
        counts.records += 1
        let record: TaggedRecord
        do throws(RecordFault) { record = try reader.read(line) } catch { return note(error, at: place) }
        guard case .list(let others) = index.match(line, tags: record.tags) else { return note(.otherTags, at: place) }
        counts.otherTags += others
        guard !index.matches.isEmpty else { return }
        interaction.removeAll(keepingCapacity: 1 << 16)
        interaction.append(unescaping: UnsafeRawBufferPointer(rebasing: line[record.id]))
        let name = String(decoding: interaction.bytes, as: UTF8.self)
        for target in index.matches {
            let id = RowID.make(dataset: pusher.targets[target].dataset.id, interaction: interaction.bytes)
            row.removeAll(keepingCapacity: 4 << 20)
            writer.append(
                id: id, record, of: line, at: place, verdict: verdict,
                tags: { index.forEachTag(wantedBy: target, $0) }, to: row)
            let pending = PendingRow(id: id, interaction: name, bytes: [UInt8](row.bytes))
            if pending.bytes.count >= pusher.payloadLimit {
                pusher.note(matchOf: target)
                tooLarge.append((pending, target))
            } else {
                pusher.note(matchOf: target, isRepeated: !outbox.add(pending, to: target))
            }
        }
    }

    private mutating func note(_ fault: RecordFault, at place: RecordPlace) {
        counts.faults[fault.rawValue, default: 0] += 1
        guard counts.faults.values.reduce(0, +) <= Self.faultsLogged else { return }
        logger.warning(
            "a record cannot be pushed",
            metadata: ["reason": "\(fault.rawValue)", "file": "\(place.file)", "line": "\(place.line)"])
    }
}
