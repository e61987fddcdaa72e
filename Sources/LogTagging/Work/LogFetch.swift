internal import Braintrust
internal import Bytes
internal import Gzip
internal import Interactions
internal import JobSupport
internal import LogBackup
internal import Logging
internal import ObjectStorage
internal import Support

/// Writes a project's logs as raw files, as `loader load` would: tagging then finds them. Rows are counted as offsets are.
/// Each file goes on behind the last key of the one before, so a killed run has lost one file at most.
struct LogFetch {
    /// A raw file, and which rows it has.
    typealias File = (object: ObjectInfo, range: OffsetRange)

    /// Compressed bytes of a file.
    private static let fileBytes = 4 << 20

    let client: BraintrustClient
    let store: any ObjectStore
    let unreadable: UnreadableRows
    let names: ObjectNames
    let projectID: String
    let state: WorkState
    let gzip: GzipSettings
    let stop: StopSwitch
    let logger: Logger

    private(set) var rows = 0
    /// Of them, those that an earlier run had read.
    private(set) var resumedRows = 0
    private(set) var pages = 0
    private(set) var partialPages = 0
    private var lastKey: String?

    init(
        client: BraintrustClient, store: any ObjectStore, names: ObjectNames, projectID: String, state: WorkState,
        gzip: GzipSettings, stop: StopSwitch, logger: Logger
    ) {
        (self.client, self.store, self.names, self.projectID) = (client, store, names, projectID)
        unreadable = Self.unreadable(state, in: store, logger)
        (self.state, self.gzip, self.stop, self.logger) = (state, gzip, stop, logger)
    }

    /// Notes of the window's rows that cannot be read.
    static func unreadable(_ state: WorkState, in store: any ObjectStore, _ logger: Logger) -> UnreadableRows {
        UnreadableRows(store: store, prefix: "unreadable/\(state.sinceMs)/", logger: logger)
    }

    /// Where all raw files of the window are.
    static func hour(of state: WorkState) -> Hour { Hour(containing: state.sinceMs) }

    /// In the order of their rows.
    static func files(_ state: WorkState, _ names: ObjectNames, in store: any ObjectStore)
        async throws(Failure) -> [File]
    {
        let objects = try await store.list(prefix: names.files(of: hour(of: state)), from: nil, delimiter: nil).objects
        return objects.compactMap { object in names.parse(file: object.name).map { (object, $0.range) } }
            .sorted { $0.range.start < $1.range.start }
    }

    /// - Returns: false when it was stopped before the end; what was read is stored.
    mutating func run() async throws(Failure) -> Bool {
        try await resume()
        var logs = LogPages(
            client, projectID: projectID, since: state.sinceMs, until: state.untilMs, after: lastKey)
        defer { partialPages += logs.tellPartialPages(logger) }
        var lines = LogLines(try gzipWriter())
        while !stop.isAsked {
            guard let page = try await logs.next(noting: unreadable) else {
                try await close(&lines)
                return true
            }
            pages += 1
            try append(page, to: &lines)
            if lines.size >= Self.fileBytes { try await close(&lines) }
        }
        try await close(&lines)
        return false
    }

    private mutating func resume() async throws(Failure) {
        let remedy = "remove \(store.location) and run again"
        for (object, range) in try await Self.files(state, names, in: store) {
            guard range.start == Int64(rows) else {
                throw Failure(
                    .conflict, "\(store.location)/\(object.name) does not follow the file before it",
                    remedy: remedy)
            }
            rows = Int(range.end)
            var file = StoredLines(object, in: store, ifDamaged: remedy)
            while let batch = try await file.next() { lastKey = batch.lastKey }
        }
        resumedRows = rows
        if rows > 0 { logger.info("going on behind the logs that were read", metadata: ["rows": "\(rows)"]) }
    }

    private func append(_ page: BTQLPage, to lines: inout LogLines) throws(Failure) {
        for range in page.rows {
            let fault: GzipError? = page.body.withUnsafeBytes { body in
                do throws(GzipError) {
                    try lines.append(UnsafeRawBufferPointer(rebasing: body[range]))
                    return nil
                } catch {
                    return error
                }
            }
            if let fault { throw fault.failure(names.root) }
        }
    }

    private mutating func close(_ lines: inout LogLines) async throws(Failure) {
        let count = lines.rows
        guard count > 0 else { return }
        let content: ByteRope
        do throws(GzipError) { content = try lines.finish() } catch { throw error.failure(names.root) }
        let range = OffsetRange(Int64(rows), Int64(rows + count))
        let name = names.file(.onTime, hour: Self.hour(of: state), partition: Partition(0), range: range)
        guard case .created = try await store.create(name, content: content, contentType: gzipType) else {
            throw Failure(.conflict, "\(store.location)/\(name) was written by another run", remedy: "run again")
        }
        rows += count
        logger.info("logs read", metadata: ["rows": "\(rows)", "pages": "\(pages)"])
    }

    private func gzipWriter() throws(Failure) -> GzipWriter {
        do throws(GzipError) { return try GzipWriter(gzip) } catch { throw error.failure(names.root) }
    }
}
