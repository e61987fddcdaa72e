internal import Bytes
internal import JobSupport
internal import ObjectStorage
internal import Records
internal import Support

/// The records of a raw file, a batch of lines at a time.
struct RawRecords {
    /// Made right after a line was read, while the reader holds its texts.
    typealias Look = (RawRecord, RecordReader) -> Void

    private let name: String
    private let reader: RecordReader
    private var lines: StoredLines
    /// Read so far.
    private(set) var count = 0

    init(_ raw: RawFile, in store: any ObjectStore, _ rules: TaggingRules) {
        name = raw.object.name
        reader = rules.reader()
        lines = StoredLines(raw.object, in: store)
    }

    /// nil at the end.
    /// - Throws: with the raw file as `object`. `Failure(.protocolError)` for a line that is no record: a raw file holds
    ///   minified JSON objects only, unless somebody else wrote it. `Failure(.notDrained)` once the task is cancelled.
    mutating func next(_ look: Look = { _, _ in }) async throws(Failure) -> (batch: LineBatch, records: [RawRecord])? {
        do throws(Failure) { return try await read(look) } catch {
            var failure = error
            failure.object = name
            throw failure
        }
    }

    private mutating func read(_ look: Look) async throws(Failure) -> (batch: LineBatch, records: [RawRecord])? {
        guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(name) was read") }
        guard let batch = try await lines.next() else { return nil }
        var records: [RawRecord] = []
        records.reserveCapacity(batch.count)
        try batch.forEach { line throws(Failure) in
            guard let record = reader.read(line) else {
                throw Failure(
                    .protocolError, "\(name), line \(count + records.count + 1): not a minified JSON object",
                    remedy: damageRemedy(name))
            }
            records.append(record)
            look(record, reader)
        }
        count += records.count
        return (batch, records)
    }
}
