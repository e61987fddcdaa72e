internal import Braintrust
internal import Bytes
internal import Gzip
internal import JobSupport
internal import Logging
internal import ObjectStorage
internal import Support

/// Reads a window of a project's logs into the spool, and learns the table's columns from them.
struct LogReader {
    /// Compressed bytes of a part: no more is lost by a kill.
    private static let partBytes = 4 << 20

    let client: BraintrustClient
    let spool: Spool
    let unreadable: UnreadableRows
    let projectID: String
    let window: BackupWindow
    let columns: ColumnTree
    let gzip: GzipSettings
    let stop: StopSwitch
    let logger: Logger

    private(set) var parts: [ObjectInfo] = []
    private(set) var rows = 0
    /// Of them, those that an earlier run had read.
    private(set) var resumedRows = 0
    private(set) var pages = 0
    private(set) var partialPages = 0
    private var lastKey: String?

    init(
        client: BraintrustClient, spool: Spool, unreadable: UnreadableRows, projectID: String, window: BackupWindow,
        columns: ColumnTree, gzip: GzipSettings, stop: StopSwitch, logger: Logger
    ) {
        (self.client, self.spool, self.unreadable) = (client, spool, unreadable)
        (self.projectID, self.window) = (projectID, window)
        (self.columns, self.gzip, self.stop, self.logger) = (columns, gzip, stop, logger)
    }

    private var nextName: String { spool.name(parts.count, after: lastKey) }

    /// How far it has come.
    var end: Spool.End { Spool.End(parts: parts.count, rows: rows) }

    /// - Parameters:
    ///   - found: the parts that are there.
    ///   - end: where a run has ended the reading.
    /// - Returns: false when it was stopped before the end; what was read is in the spool.
    mutating func read(after found: [String: ObjectInfo], to end: Spool.End?) async throws(Failure) -> Bool {
        while parts.count < end?.parts ?? .max, let part = found[nextName] { try await take(part) }
        resumedRows = rows
        if let end {
            guard end == self.end else {
                throw Failure(
                    .protocolError, "parts of \(spool.store.location)/\(spool.prefix) are gone",
                    remedy: "remove the folder and run again")
            }
            logger.info("all was read before", metadata: ["rows": "\(rows)"])
            return true
        }
        if rows > 0 { logger.info("going on behind what was read", metadata: ["rows": "\(rows)"]) }
        while true {
            switch try await fetch() {
            case .end: return true
            case .stopped: return false
            case .overtaken: continue
            }
        }
    }

    private enum End { case end, stopped, overtaken }

    /// Pages from the last key on, until another run turns out to have written the next part.
    private mutating func fetch() async throws(Failure) -> End {
        var logs = LogPages(client, projectID: projectID, since: window.since, until: window.until, after: lastKey)
        defer { partialPages += logs.tellPartialPages(logger) }
        var part = LogLines(try gzipWriter())
        while !stop.isAsked {
            guard let page = try await logs.next(noting: unreadable) else {
                return try await close(&part, logs.lastKey) ? .end : .overtaken
            }
            pages += 1
            try append(page, to: &part)
            if part.size >= Self.partBytes {
                guard try await close(&part, logs.lastKey) else { return .overtaken }
                logger.info("read", metadata: ["rows": "\(rows)", "pages": "\(pages)"])
            }
        }
        _ = try await close(&part, logs.lastKey)
        return .stopped
    }

    private func append(_ page: BTQLPage, to part: inout LogLines) throws(Failure) {
        for range in page.rows {
            let fault: GzipError? = page.body.withUnsafeBytes { body in
                do throws(GzipError) {
                    try part.append(UnsafeRawBufferPointer(rebasing: body[range]))
                    return nil
                } catch {
                    return error
                }
            }
            if let fault { throw fault.failure(spool.prefix) }
            guard page.body.withUnsafeBytes({ columns.read(UnsafeRawBufferPointer(rebasing: $0[range])) }) else {
                throw Failure(.protocolError, "Braintrust answered a row that is not readable")
            }
        }
    }

    /// Stores what was gathered. False: another run has stored the same rows, and maybe some more.
    private mutating func close(_ part: inout LogLines, _ key: String?) async throws(Failure) -> Bool {
        let count = part.rows
        guard count > 0 else { return true }
        let content: ByteRope
        do throws(GzipError) { content = try part.finish() } catch { throw error.failure(spool.prefix) }
        let (stored, isOurs) = try await spool.write(nextName, content)
        guard isOurs else {
            logger.warning("another run is making the same backup; going on behind what it has read")
            try await take(stored)
            return false
        }
        parts.append(stored)
        rows += count
        lastKey = key
        return true
    }

    /// A part that is there already.
    private mutating func take(_ part: ObjectInfo) async throws(Failure) {
        var lines = StoredLines(part, in: spool.store, ifDamaged: remedy)
        while let batch = try await lines.next() {
            try batch.forEach { line throws(Failure) in
                guard columns.read(line) else { throw unreadable(part) }
                rows += 1
            }
            guard let last = batch.lastKey else { throw unreadable(part) }
            lastKey = last
        }
        parts.append(part)
    }

    private func unreadable(_ part: ObjectInfo) -> Failure {
        Failure(
            .protocolError, "\(spool.store.location)/\(part.name) is not what a backup has read",
            remedy: remedy)
    }

    private var remedy: String { "remove the folder \(spool.prefix) and run again" }

    private func gzipWriter() throws(Failure) -> GzipWriter {
        do throws(GzipError) { return try GzipWriter(gzip) } catch { throw error.failure(spool.prefix) }
    }
}
