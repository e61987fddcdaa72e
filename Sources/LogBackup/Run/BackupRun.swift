package import Braintrust
internal import Bytes
package import Gzip
internal import Interactions
package import Logging
package import ObjectStorage
package import Support

/// One backup: reads the logs into the spool, makes the files out of it, reads them back, and says in the manifest that they
/// are whole. Whatever ends it early, the next run of the same goes on.
package struct BackupRun: Sendable {
    package struct Order: Sendable {
        /// By id or by name.
        package var project: String
        package var window: BackupWindow
        /// A folder with its slash, or empty.
        package var prefix: String
        package var formats: [BackupFormat]
        package var csv: CSVOptions
        package var maxColumns: Int
        package var replaces: Bool

        package init(
            project: String, window: BackupWindow, prefix: String, formats: [BackupFormat], csv: CSVOptions,
            maxColumns: Int, replaces: Bool
        ) {
            (self.project, self.window, self.prefix, self.formats) = (project, window, prefix, formats)
            (self.csv, self.maxColumns, self.replaces) = (csv, maxColumns, replaces)
        }
    }

    private let store: any ObjectStore
    private let working: any ObjectStore
    private let client: BraintrustClient
    private let order: Order
    private let gzip: GzipSettings
    private let stop: StopSwitch
    private let clock: any WallClock
    private let logger: Logger

    /// - Parameter working: where the spool and notes of rows lie, which are removed; the store may forbid that.
    package init(
        store: any ObjectStore, working: any ObjectStore, client: BraintrustClient, order: Order, gzip: GzipSettings,
        stop: StopSwitch,
        clock: any WallClock, logger: Logger
    ) {
        (self.store, self.working, self.client) = (store, working, client)
        (self.order, self.gzip) = (order, gzip)
        (self.stop, self.clock, self.logger) = (stop, clock, logger)
    }

    package func run(_ report: inout BackupReport) async throws(Failure) {
        let project = try await client.project(named: order.project)
        report.project = project.id
        let names = BackupNames(prefix: order.prefix, window: order.window, projectID: project.id)
        let unreadable = UnreadableRows(store: working, prefix: names.unreadable, logger: logger)
        try await backUp(project, names, unreadable, &report)
        if let failure = unreadable.failure(report.unreadableRows) { throw failure }
    }

    private func backUp(
        _ project: Project, _ names: BackupNames, _ unreadable: UnreadableRows, _ report: inout BackupReport
    ) async throws(Failure) {
        let wanted = BackupManifest.Order(
            projectID: project.id, window: order.window, formats: order.formats, csv: order.csv,
            maxColumns: order.maxColumns)
        let earlier = try await BackupManifest.read(names, in: store)
        let spool = Spool(
            store: working, folder: names.spool, replacing: order.replaces ? earlier?.generation ?? 0 : nil)
        var there = Objects(manifest: earlier?.generation)
        if order.replaces {
            for name in order.formats.map(names.file) { there.files[name] = try await store.info(name)?.generation }
        } else if let earlier {
            let manifest = try ours(earlier.content, wanted, names)
            there.files = try await files(of: manifest)
            if there.files.count == manifest.files.count {
                report.unchanged(manifest)
                logger.info("the backup is there already, and unchanged", metadata: ["manifest": "\(names.manifest)"])
                // Who made it may have been killed before this.
                return await clear(spool)
            }
        }
        do throws(Failure) {
            try await make(wanted, names, spool, unreadable, over: there, &report)
        } catch {
            // Another run of the same may have been faster, and have cleared the spool.
            guard earlier == nil, error.status != .notDrained,
                let other = try await BackupManifest.read(names, in: store)?.content.get(), other.order == wanted
            else { throw error }
            logger.warning("another run has made the backup", metadata: ["error": "\(error)"])
            report.unchanged(other)
        }
        await clear(spool)
    }

    /// The backup is whole. What is left of the spool costs its storage, and is tried again by the next run of the same.
    private func clear(_ spool: Spool) async {
        do throws(Failure) {
            try await spool.clear()
        } catch {
            logger.warning(
                "the spool is left, and --spool can name a bucket that lets it be removed",
                metadata: ["folder": "\(working.location)/\(spool.prefix)", "error": "\(error)"])
        }
    }

    /// What is there and may be replaced, by generation.
    private struct Objects {
        var manifest: Int64?
        var files: [String: Int64] = [:]
    }

    private func make(
        _ wanted: BackupManifest.Order, _ names: BackupNames, _ spool: Spool, _ unreadable: UnreadableRows,
        over there: Objects, _ report: inout BackupReport
    ) async throws(Failure) {
        let isFirst = there.manifest == nil && !order.replaces
        let reader = try await read(wanted, names, spool, unreadable, isFirst: isFirst, &report)
        report.unreadableRows = try await unreadable.count()
        if reader.rows == 0 {
            logger.warning("there are no logs from \(report.since) to \(report.until); the files have no rows")
        }
        try await tellGap(names)
        let tree = reader.columns
        tree.finish()
        let columns = order.formats.contains(where: \.isTable) ? order.csv.header(of: tree) : []
        (report.columns, report.hasMore) = (columns.count, tree.hasMore)
        if tree.hasMore {
            logger.warning(
                "values that have no place are in the column \(ColumnTree.moreName)",
                metadata: ["columns": "\(columns.count)", "max_columns": "\(order.maxColumns)"])
        }
        let writer = FileWriter(
            store: store, working: working, parts: reader.parts, rows: reader.rows, columns: tree, csv: order.csv,
            gzip: gzip)
        report.files = try await write(writer, names, columns, over: there.files)
        var manifest = BackupManifest(
            order: wanted, rows: reader.rows, columns: columns, files: report.files, writtenAtMs: clock.now())
        if report.unreadableRows > 0 { manifest.unreadableRows = report.unreadableRows }
        try await manifest.write(names, over: there.manifest, in: store)
    }

    /// Reads the logs to their end, which is noted: from then on no run adds a row.
    /// - Parameter isFirst: there must be no files yet.
    private func read(
        _ wanted: BackupManifest.Order, _ names: BackupNames, _ spool: Spool, _ unreadable: UnreadableRows,
        isFirst: Bool, _ report: inout BackupReport
    ) async throws(Failure) -> LogReader {
        let found = try await spool.parts()
        let end = try await spool.end()
        if found.isEmpty, end == nil {
            if isFirst { try await ensureFree(names) }
            // Of an earlier reading: of this one there are none yet, or they are found again.
            try await unreadable.clear()
        }
        var reader = LogReader(
            client: client, spool: spool, unreadable: unreadable, projectID: wanted.projectId, window: order.window,
            columns: ColumnTree(ColumnTree.Limits(columns: order.maxColumns)), gzip: gzip, stop: stop, logger: logger)
        let isRead: Result<Bool, Failure>
        do throws(Failure) {
            isRead = .success(try await reader.read(after: found, to: end))
        } catch {
            isRead = .failure(error)
        }
        (report.rows, report.resumedRows, report.pages) = (reader.rows, reader.resumedRows, reader.pages)
        report.partialPages = reader.partialPages
        guard try isRead.get() else { throw Failure(.notDrained, "stopped while the logs were read") }
        if end == nil {
            let isNoted = try await spool.note(reader.end)
            guard isNoted else {
                logger.warning("another run is making the same backup, and has read other rows; it is followed")
                return try await read(wanted, names, spool, unreadable, isFirst: isFirst, &report)
            }
        }
        return reader
    }

    /// - Throws: when there is a backup of something else, or a damaged one.
    private func ours(
        _ content: Result<BackupManifest, Failure>, _ wanted: BackupManifest.Order, _ names: BackupNames
    ) throws(Failure) -> BackupManifest {
        guard let manifest = try? content.get() else { throw taken(names.manifest, "cannot be read as a manifest") }
        guard manifest.order == wanted else {
            throw taken(names.manifest, "is the manifest of a backup with other settings")
        }
        return manifest
    }

    /// - Returns: the generations of those that are there.
    /// - Throws: when one is no longer what it was.
    private func files(of manifest: BackupManifest) async throws(Failure) -> [String: Int64] {
        var files: [String: Int64] = [:]
        for file in manifest.files {
            guard let object = try await store.info(file.name) else {
                logger.warning("a file of the backup is gone and is made again", metadata: ["file": "\(file.name)"])
                continue
            }
            guard object.size == file.bytes, object.crc32c ?? file.crc32c == file.crc32c else {
                throw taken(file.name, "is not what its manifest says")
            }
            files[file.name] = object.generation
        }
        return files
    }

    private func tellGap(_ names: BackupNames) async throws(Failure) {
        let objects = try await store.list(prefix: order.prefix, from: nil, delimiter: "/").objects
        guard let end = names.gap(after: objects.map(\.name)) else { return }
        logger.warning(
            "days are in no backup: the one before ends earlier than this one begins",
            metadata: ["from": "\(end)", "until": "\(rfc3339(order.window.since))"])
    }

    /// Before an hour is spent on reading.
    private func ensureFree(_ names: BackupNames) async throws(Failure) {
        for format in order.formats where try await store.info(names.file(format)) != nil {
            throw taken(names.file(format), "is there already, without a manifest")
        }
    }

    private func taken(_ name: String, _ what: String) -> Failure {
        Failure(
            .cannotCreate, "\(store.location)/\(name) \(what)",
            remedy: "--overwrite replaces it; --prefix puts the backup elsewhere")
    }

    private func write(
        _ writer: FileWriter, _ names: BackupNames, _ columns: [String], over generations: [String: Int64]
    ) async throws(Failure) -> [BackupManifest.File] {
        var files: [BackupManifest.File] = []
        for format in order.formats {
            let name = names.file(format)
            let file = try await writer.write(format, to: name, over: generations[name])
            if let problem = try await FileVerifier(store: store, columns: columns).problem(of: file) {
                throw Failure(
                    .dataLoss, "\(store.location)/\(name) was written, and then \(problem)",
                    remedy: "run again with --overwrite")
            }
            logger.info(
                "written, and read back",
                metadata: ["file": "\(name)", "rows": "\(file.rows)", "bytes": "\(file.bytes)"])
            files.append(file)
        }
        return files
    }
}

extension BackupManifest {
    /// nil when there is none. What is there may be damaged, or of a newer version.
    static func read(_ names: BackupNames, in store: any ObjectStore)
        async throws(Failure) -> (content: Result<BackupManifest, Failure>, generation: Int64)?
    {
        let location = "\(store.location)/\(names.manifest)"
        guard let info = try await store.info(names.manifest) else { return nil }
        guard info.size <= ObjectCoding.sizeLimit else {
            return (
                .failure(Failure(.protocolError, "\(location): \(info.size) bytes are no manifest")), info.generation
            )
        }
        guard let found = try await store.read(names.manifest, limit: ObjectCoding.sizeLimit) else { return nil }
        do throws(Failure) {
            let manifest = try ObjectCoding.decode(
                BackupManifest.self, found.bytes, what: "backup's manifest", location: location,
                version: currentVersion)
            return (.success(manifest), found.info.generation)
        } catch {
            return (.failure(error), found.info.generation)
        }
    }

    func write(_ names: BackupNames, over generation: Int64?, in store: any ObjectStore) async throws(Failure) {
        let outcome = try await store.replace(
            names.manifest, content: ByteRope(ObjectCoding.encode(self)), contentType: jsonType,
            ifGeneration: generation)
        guard case .replaced = outcome else {
            throw Failure(
                .conflict, "\(store.location)/\(names.manifest) was written by another run", remedy: "run again")
        }
    }
}
