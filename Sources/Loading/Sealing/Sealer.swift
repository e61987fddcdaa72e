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
        var progress: [(partition: Partition, progress: Progress?)] = []
        for partition in partitions {
            progress.append((partition, try await chains.progress(of: partition).progress))
        }
        let range = SealingRange(progress: progress)
        guard let closedBefore = range.closedBefore else { return [] }
        let (hint, generation) = try await sealedBefore()
        if let hint, hint >= closedBefore { return [] }
        let filled = try await hoursWithFiles(from: hint, to: closedBefore)
        let hours = range.hours(sealedBefore: hint, withFiles: filled)
        let contents = HourContents(chains: chains)
        let written = try await concurrently(hours, limit: requestsAtOnce) { [self, progress] hour throws(Failure) in
            failpoints.hit(.beforeSeal)
            let parts = parts(of: hour, files: try await contents.files(of: hour), progress: progress)
            let manifest = HourManifest(topic: names.topic, hour: hour, parts: parts, sealedAtMs: clock.now())
            let isNew = try await create(manifest)
            failpoints.hit(.afterSeal)
            // A late file whose writer saw no manifest yet is in the listing now at the latest.
            try await revise(hour, contents)
            return isNew ? hour : nil
        }
        let next = hours.count < SealingRange.hoursAtOnce ? closedBefore : hours.last.map(\.next) ?? closedBefore
        let content = ByteRope(ObjectCoding.encode(SealingProgress(sealedBefore: next)))
        _ = try await store.replace(names.sealing, content: content, contentType: jsonType, ifGeneration: generation)
        if hint == nil {
            // A late file before the first hour, whose writer saw no hint yet, is in the listing now at the latest.
            try await revise(try await hoursWithFiles(from: nil, to: next).subtracting(hours).sorted())
        }
        return written.compactMap { $0 }
    }

    /// Writes a new revision of the manifests of hours that have one, if they hold more than it says. An hour without one
    /// gets its first if the sealer does not come back to it.
    package func revise(_ hours: [Hour]) async throws(Failure) {
        let contents = HourContents(chains: chains)
        _ = try await concurrently(hours, limit: requestsAtOnce) { [self] hour throws(Failure) in
            try await revise(hour, contents)
        }
    }

    private func revise(_ hour: Hour, _ contents: HourContents) async throws(Failure) {
        for _ in 0..<Self.revisionAttempts where try await reviseOnce(hour, contents) { return }
        throw Failure(
            .unavailable, "\(chains.url(names.manifest(of: hour))) is written by others again and again",
            remedy: "run again; nothing is lost")
    }

    /// - Returns: false when somebody else revised it meanwhile: look again.
    private func reviseOnce(_ hour: Hour, _ contents: HourContents) async throws(Failure) -> Bool {
        guard let (manifest, generation) = try await manifest(of: hour) else {
            return try await sealBelatedly(hour, contents)
        }
        // Listed after the manifest was read: whoever revises it later lists later still.
        let files = try await contents.files(of: hour)
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

    /// Hours before those of the first sealing have a manifest only from their first file on.
    /// - Returns: false when somebody else sealed it meanwhile.
    private func sealBelatedly(_ hour: Hour, _ contents: HourContents) async throws(Failure) -> Bool {
        guard let before = try await sealedBefore().hour, hour < before else { return true }
        let files = try await contents.files(of: hour)
        guard !files.isEmpty else { return true }
        let parts = parts(of: hour, files: files)
        return try await create(
            HourManifest(topic: names.topic, hour: hour, parts: parts, sealedAtMs: clock.now()))
    }

    /// The manifest of an hour; nil: it is not sealed.
    package func manifest(of hour: Hour) async throws(Failure) -> (manifest: HourManifest, generation: Int64)? {
        let name = names.manifest(of: hour)
        guard let (info, bytes) = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
        let manifest = try ObjectCoding.decode(
            HourManifest.self, bytes, what: "hour manifest", location: chains.url(name),
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
    func sealedBefore() async throws(Failure) -> (hour: Hour?, generation: Int64?) {
        guard let (info, bytes) = try await store.read(names.sealing, limit: ObjectCoding.sizeLimit) else {
            return (nil, nil)
        }
        let hint = try? ObjectCoding.decode(
            SealingProgress.self, bytes, what: "sealing progress", location: chains.url(names.sealing),
            version: Progress.currentVersion)
        return (hint?.sealedBefore, info.generation)
    }

    /// Hours in `from..<to` that have files of whatever kind.
    private func hoursWithFiles(from: Hour?, to: Hour) async throws(Failure) -> Set<Hour> {
        var hours: Set<Hour> = []
        let folders = try await store.list(prefix: names.root, from: nil, delimiter: "/").prefixes
        let deadFolders = try await store.list(prefix: names.deadLetterRoot, from: nil, delimiter: "/").prefixes
        for folder in folders + deadFolders {
            guard let date = names.date(fromFolder: folder) else { continue }
            let first = Hour(index: date.daysSince1970 * 24)
            guard first < to, from.map({ first.index + 24 > $0.index }) ?? true else { continue }
            for object in try await store.list(prefix: folder, from: nil, delimiter: nil).objects {
                guard let file = names.parse(file: object.name) else { continue }
                if file.hour < to, from.map({ file.hour >= $0 }) ?? true { hours.insert(file.hour) }
            }
        }
        return hours
    }

    private func parts(
        of hour: Hour, files: [Partition: [PlannedFile]], progress: [(partition: Partition, progress: Progress?)] = []
    ) -> [HourManifest.Part] {
        let current = Dictionary(progress.map { ($0.partition, $0.progress) }, uniquingKeysWith: { first, _ in first })
        return Set(files.keys).union(current.keys).sorted().map { partition in
            let files = files[partition] ?? []
            let progress = current[partition] ?? nil
            let lost = (progress?.lost ?? []).filter { $0.mayConcern(hour) }
            return HourManifest.Part(
                partition: partition, chainEnd: progress?.chainEnd ?? endOfFiles(files), files: files, lost: lost)
        }
    }

    private func endOfFiles(_ files: [PlannedFile]) -> Int64 {
        files.compactMap { names.parse(file: $0.name)?.range.end }.max() ?? 0
    }
}
