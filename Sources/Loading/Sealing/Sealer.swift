import Bytes
package import Interactions
package import Logging
import ObjectStorage
package import Support

/// Writes the hour manifests: once an hour is closed for every partition, and again when something comes late.
package struct Sealer: Sendable {
    package let chains: ChainStore
    package let failpoints: Failpoints
    package let clock: any WallClock
    package let logger: Logger
    /// Hours that are looked at at the same time.
    package let requestsAtOnce: Int
    /// A manifest is written so often before others are let go first.
    private static let revisionAttempts = 16

    package init(
        chains: ChainStore, failpoints: Failpoints, clock: any WallClock, logger: Logger, requestsAtOnce: Int
    ) {
        (self.chains, self.failpoints, self.clock, self.logger) = (chains, failpoints, clock, logger)
        self.requestsAtOnce = requestsAtOnce
    }

    private var store: any ObjectStore { chains.store }
    private var names: ObjectNames { chains.names }

    /// Seals every hour that can be.
    /// - Parameter partitions: all that the topic has now.
    /// - Returns: the hours whose manifest was written now.
    package func seal(_ partitions: [Partition]) async throws(Failure) -> [Hour] {
        let found = try await concurrently(partitions, limit: requestsAtOnce) { [chains] partition throws(Failure) in
            let progress = try await chains.progress(of: partition).progress
            return (partition, progress)
        }
        let range = SealingRange(progress: found.map { (partition: $0.0, progress: $0.1) })
        guard let closedBefore = range.closedBefore else { return [] }
        var (sealing, generation) = try await sealing()
        if let first = sealing, first.isFirst == true { generation = try await finish(first, generation, without: []) }
        let hint = sealing?.sealedBefore
        if let hint, hint >= closedBefore { return [] }
        // Behind the hint, hours are sealed one after the other, with files or without.
        let filled = hint == nil ? try await hoursWithFiles(to: closedBefore) : []
        let hours = range.hours(sealedBefore: hint, withFiles: filled)
        let progress = Dictionary(
            found.compactMap { partition, progress in progress.map { (partition, $0) } },
            uniquingKeysWith: { first, _ in first })
        var written: [Hour] = []
        for (_, hours) in Dictionary(grouping: hours, by: \.date).sorted(by: { $0.value[0] < $1.value[0] }) {
            written += try await seal(hours, progress)
        }
        let next = hours.count < SealingRange.hoursAtOnce ? closedBefore : hours.last.map(\.next) ?? closedBefore
        sealing = SealingProgress(sealedBefore: next, isFirst: hint == nil ? true : nil)
        generation = try await write(sealing, over: generation)
        // Of several at once, the one whose hint stands goes on.
        if let first = sealing, first.isFirst == true, generation != nil {
            _ = try await finish(first, generation, without: Set(hours))
        }
        return written
    }

    /// A late file before the first hour, whose writer saw no hint yet, is in the listing now at the latest.
    /// - Returns: the generation of the hint.
    private func finish(
        _ first: SealingProgress, _ generation: Int64?, without hours: Set<Hour>
    ) async throws(Failure) -> Int64? {
        try await revise(try await hoursWithFiles(to: first.sealedBefore).subtracting(hours).sorted())
        return try await write(SealingProgress(sealedBefore: first.sealedBefore), over: generation)
    }

    /// nil when another sealer was faster.
    private func write(_ sealing: SealingProgress?, over generation: Int64?) async throws(Failure) -> Int64? {
        let outcome = try await store.replace(
            names.sealing, content: ByteRope(ObjectCoding.encode(sealing)), contentType: jsonType,
            ifGeneration: generation)
        guard case .replaced(let info) = outcome else { return nil }
        return info.generation
    }

    /// Seals hours of one date: their files are listed together, so that an hour costs little more than its manifest.
    private func seal(_ hours: [Hour], _ progress: [Partition: Progress]) async throws(Failure) -> [Hour] {
        let contents = HourContents(chains: chains, requestsAtOnce: requestsAtOnce)
        let listed = try await contents.list(hours)
        try await contents.readPlans(of: hours.flatMap { listed[$0] ?? [] }.map(\.name))
        let isNew = try await concurrently(hours, limit: requestsAtOnce) { [self] hour throws(Failure) in
            failpoints.hit(.beforeSeal)
            let files = try await contents.files(among: listed[hour] ?? [])
            let parts = parts(of: hour, files: files, progress: progress)
            let manifest = HourManifest(topic: names.topic, hour: hour, parts: parts, sealedAtMs: clock.now())
            let isNew = try await create(manifest)
            failpoints.hit(.afterSeal)
            return isNew
        }
        // A late file whose writer saw no manifest yet is in the listing now at the latest.
        let listedAfter = try await contents.list(hours)
        func fileNames(_ files: [ListedFile]?) -> [String] { (files ?? []).map(\.info.name) }
        let revisable = zip(hours, isNew).filter { hour, isNew in
            !isNew || fileNames(listed[hour]) != fileNames(listedAfter[hour])
        }
        try await revise(revisable.map(\.0))
        return zip(hours, isNew).filter(\.1).map(\.0)
    }

    /// Writes a new revision of the manifests of hours that have one, if they hold more than it says. An hour without one
    /// gets its first if the sealer does not come back to it.
    package func revise(_ hours: [Hour]) async throws(Failure) {
        guard !hours.isEmpty else { return }
        let hint = try await sealing().progress?.sealedBefore
        _ = try await concurrently(hours, limit: requestsAtOnce) { [self] hour throws(Failure) in
            for _ in 0..<Self.revisionAttempts where try await reviseOnce(hour, sealedBefore: hint) { return }
            throw Failure(
                .unavailable, "\(chains.url(names.manifest(of: hour))) is written by others again and again",
                remedy: "run again; nothing is lost")
        }
    }

    /// - Returns: false when somebody else revised it meanwhile: look again.
    private func reviseOnce(_ hour: Hour, sealedBefore: Hour?) async throws(Failure) -> Bool {
        // Of its own: the plans, too, must be read after the hour's files were listed.
        let contents = HourContents(chains: chains, requestsAtOnce: requestsAtOnce)
        guard let (manifest, generation) = try await manifest(of: hour) else {
            // Hours before those of the first sealing have a manifest only from their first file on.
            guard let sealedBefore, hour < sealedBefore else { return true }
            let files = try await contents.files(of: hour)
            let parts = parts(of: hour, files: files)
            if files.isEmpty { return true }
            return try await create(
                HourManifest(topic: names.topic, hour: hour, parts: parts, sealedAtMs: clock.now()))
        }
        // Listed after the manifest was read: whoever revises it later lists later still.
        let files = try await contents.files(of: hour, known: manifest.parts.flatMap(\.files))
        guard let revised = manifest.revised(with: parts(of: hour, files: files), at: clock.now()) else { return true }
        let outcome = try await store.replace(
            names.manifest(of: hour), content: ByteRope(ObjectCoding.encode(revised)), contentType: jsonType,
            ifGeneration: generation)
        guard case .replaced = outcome else { return false }
        logger.info(
            "hour revised",
            metadata: [
                "hour": "\(hour)", "revision": "\(revised.revision)", "records": "\(revised.records)",
                "late": "\(revised.lateRecords)",
            ])
        return true
    }

    /// The manifest of an hour; nil: it is not sealed.
    package func manifest(of hour: Hour) async throws(Failure) -> (manifest: HourManifest, generation: Int64)? {
        let name = names.manifest(of: hour)
        guard let (info, bytes) = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
        let manifest = try ObjectCoding.decode(
            HourManifest.self, bytes, what: "manifest", location: chains.url(name),
            version: HourManifest.currentVersion)
        return (manifest, info.generation)
    }

    private func create(_ manifest: HourManifest) async throws(Failure) -> Bool {
        let content = ByteRope(ObjectCoding.encode(manifest))
        let name = names.manifest(of: manifest.hour)
        guard case .created = try await store.create(name, content: content, contentType: jsonType) else {
            return false
        }
        logger.info("hour sealed", metadata: ["hour": "\(manifest.hour)", "records": "\(manifest.records)"])
        return true
    }

    /// Up to which hour every hour was sealed, as far as the hint knows.
    func sealing() async throws(Failure) -> (progress: SealingProgress?, generation: Int64?) {
        guard let (info, bytes) = try await store.read(names.sealing, limit: ObjectCoding.sizeLimit) else {
            return (nil, nil)
        }
        let hint = try? ObjectCoding.decode(
            SealingProgress.self, bytes, what: "sealing progress", location: chains.url(names.sealing),
            version: Progress.currentVersion)
        return (hint, info.generation)
    }

    /// Hours before `to` that have files of whatever kind.
    private func hoursWithFiles(to: Hour) async throws(Failure) -> Set<Hour> {
        let folders = try await store.list(prefix: names.root, from: nil, delimiter: "/").prefixes
        let deadFolders = try await store.list(prefix: names.deadLetterRoot, from: nil, delimiter: "/").prefixes
        let relevant = (folders + deadFolders).filter { folder in
            names.date(fromFolder: folder).map { Hour(index: $0.daysSince1970 * 24) < to } ?? false
        }
        let hours = try await concurrently(relevant, limit: requestsAtOnce) { [store, names] folder throws(Failure) in
            Set(
                try await store.list(prefix: folder, from: nil, delimiter: nil).objects.compactMap { object in
                    names.parse(file: object.name).flatMap { $0.hour < to ? $0.hour : nil }
                })
        }
        return hours.reduce(into: []) { $0.formUnion($1) }
    }

    private func parts(
        of hour: Hour, files: [Partition: [PlannedFile]], progress: [Partition: Progress] = [:]
    ) -> [HourManifest.Part] {
        Set(files.keys).union(progress.keys).sorted().map { partition in
            let files = files[partition] ?? []
            let progress = progress[partition]
            let lost = (progress?.lost ?? []).filter { $0.mayConcern(hour) }
            return HourManifest.Part(
                partition: partition, chainEnd: progress?.chainEnd ?? endOfFiles(files), files: files, lost: lost)
        }
    }

    private func endOfFiles(_ files: [PlannedFile]) -> Int64 {
        files.compactMap { names.parse(file: $0.name)?.range.end }.max() ?? 0
    }
}
