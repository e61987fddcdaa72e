import Gzip
package import Interactions
import ObjectStorage
package import Support

/// What `loader verify` found.
package struct VerifyReport: Sendable, Encodable {
    package var store: String
    package var topic: String
    package var links = 0
    package var files = 0
    /// On time and late.
    package var records = 0
    package var lateRecords = 0
    package var deadLetters = 0
    package var manifests = 0
    package var lost: [LostRange] = []
    package var findings: [Finding] = []

    package init(store: String, topic: String) { (self.store, self.topic) = (store, topic) }

    package var status: ExitStatus {
        if findings.contains(where: { $0.kind != .pending }) { return .dataLoss }
        return findings.isEmpty ? .success : .notDrained
    }
}

/// Compares the objects with what plans and manifests say of them.
package struct StoreVerifier: Sendable {
    package let chains: ChainStore
    package let sealer: Sealer
    /// Files read at the same time.
    package let readsAtOnce: Int

    package init(chains: ChainStore, sealer: Sealer, readsAtOnce: Int) {
        (self.chains, self.sealer, self.readsAtOnce) = (chains, sealer, readsAtOnce)
    }

    private var names: ObjectNames { chains.names }

    /// - Parameter date: check the files of one date only; the chains are always followed whole.
    package func verify(date: CivilDate?) async throws(Failure) -> VerifyReport {
        var report = VerifyReport(store: chains.store.location, topic: names.topic)
        let wanted = date?.description
        let checks = try await followChains(date: wanted, into: &report)
        guard !checks.isEmpty else {
            throw Failure(
                .noInput, "there is no chain of \(names.topic) in \(chains.store.location)",
                remedy: "check the storage URL and the topic; before the first load there is nothing to verify")
        }
        let present = try await presentFiles(date: wanted)
        var announced = Announced()
        for check in checks {
            announced.planned.merge(check.files) { first, _ in first }
            announced.before.merge(check.beforeAmendment) { $0 + $1 }
            announced.pending.formUnion(check.lastFiles)
        }
        for (name, _) in announced.planned where present[name] == nil {
            report.findings.append(
                announced.pending.contains(name)
                    ? Finding(.pending, name, "planned, not written yet; the next run writes it")
                    : Finding(.missingFile, name, "a plan announces it, but it is not there"))
        }
        let unknown = present.keys.filter { announced.planned[$0] == nil && announced.before[$0] == nil }
        let newer = try await announcements(of: unknown)
        for name in unknown where newer[name, default: []].isEmpty {
            report.findings.append(Finding(.unplannedFile, name, "no plan announces it"))
        }
        try await readFiles(present, &announced, into: &report)
        try await checkManifests(date: wanted, announced, into: &report)
        report.findings.sort { ($0.subject, $0.detail) < ($1.subject, $1.detail) }
        return report
    }

    /// What the chains say of files, by name.
    private struct Announced {
        /// With what amendments changed.
        var planned: [String: PlannedFile] = [:]
        /// Before they were amended.
        var before: [String: [PlannedFile]] = [:]
        /// Of the last links: they may not be there yet.
        var pending: Set<String> = []
        /// What the files that are there turned out to be.
        var settled: [String: PlannedFile] = [:]

        /// Whether this is what is to be said of the file that is there.
        func agrees(with file: PlannedFile) -> Bool {
            if let settled = settled[file.name] { return settled == file }
            return planned[file.name] == file || before[file.name]?.contains(file) == true
        }
    }

    /// A loader may be at work: what plans announce by now of files that are not what plans announced when the chains were
    /// followed.
    private func announcements(of names: [String]) async throws(Failure) -> [String: [PlannedFile]] {
        try await HourContents(chains: chains, requestsAtOnce: readsAtOnce).announcements(of: names)
    }

    // MARK: Chains

    private func followChains(date: String?, into report: inout VerifyReport) async throws(Failure) -> [ChainCheck] {
        // Read first: the links that it speaks of are then in the listing, whoever writes meanwhile.
        let progress = try await chains.allProgress()
        var checks: [ChainCheck] = []
        let listed = try await links(below: names.allPlans)
        // Of a partition whose plans are all gone only progress is left.
        for partition in Set(listed.keys).union(progress.keys).sorted() {
            var (check, unreadable) = try await check(
                listed[partition] ?? [], of: partition, date: date, progress: progress[partition])
            if !check.findings.isEmpty {
                // A listing is not of one moment, and a link's name may sort before the name of the one that it follows: of two
                // that were written meanwhile it can have the second one only.
                let again = try await self.links(below: names.plans(of: partition))[partition] ?? []
                (check, unreadable) = try await self.check(
                    again, of: partition, date: date, progress: progress[partition])
            }
            report.links += check.links
            report.findings += check.findings + unreadable
            report.lost = report.lost + check.lost
            checks.append(check)
        }
        return checks
    }

    /// The links in a folder of plans, in their order.
    private func links(below folder: String) async throws(Failure) -> [Partition: [LinkID]] {
        var links: [Partition: [LinkID]] = [:]
        for object in try await chains.store.list(prefix: folder, from: nil, delimiter: nil).objects {
            let parts = object.name.dropFirst(names.allPlans.count).split(separator: "/")
            guard parts.count == 2, let partition = Partition(parts[0]) else { continue }
            links[partition, default: []] += LinkID(fileName: parts[1]).map { [$0] } ?? []
        }
        return links.mapValues { $0.sorted() }
    }

    /// - Returns: the chain that these links make, and the objects of it that cannot be understood.
    private func check(
        _ links: [LinkID], of partition: Partition, date: String?, progress: Progress?
    ) async throws(Failure) -> (ChainCheck, unreadable: [Finding]) {
        var part = VerifyReport(store: "", topic: "")
        let origin = try await readable(names.origin(of: partition), &part) { () async throws(Failure) in
            try await chains.origin(of: partition)
        }
        var check = ChainCheck(partition: partition, origin: origin ?? nil) { file in
            date.map { file.hour.date == $0 } ?? true
        }
        try await follow(links, of: partition, &check, into: &part)
        check.finish(progress: progress)
        return (check, part.findings)
    }

    /// Reads the links in portions, so that neither time nor memory grows with the length of a chain more than it must.
    private func follow(
        _ links: [LinkID], of partition: Partition, _ check: inout ChainCheck, into report: inout VerifyReport
    ) async throws(Failure) {
        for begin in stride(from: 0, to: links.count, by: 100) {
            let portion = Array(links[begin..<min(begin + 100, links.count)])
            let found = try await concurrently(portion, limit: readsAtOnce) { link throws(Failure) in
                var part = VerifyReport(store: "", topic: "")
                let plan = try await readable(names.plan(of: partition, at: link), &part) { () async throws(Failure) in
                    try await chains.plan(of: partition, at: link)
                }
                return (plan, part.findings)
            }
            for (plan, findings) in found {
                report.findings += findings
                if let plan { check.follow(plan) }
            }
        }
    }

    /// What `read` gives; nil, with a finding, when the object cannot be understood.
    private func readable<Value>(
        _ name: String, _ report: inout VerifyReport, _ read: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value? {
        do {
            return try await read()
        } catch  where error.status == .protocolError {
            report.findings.append(Finding(.unreadable, name, error.message))
            return nil
        }
    }

    private func presentFiles(date: String?) async throws(Failure) -> [String: ObjectInfo] {
        var present: [String: ObjectInfo] = [:]
        for root in [names.root, names.deadLetterRoot] {
            let folder = date.map { names.layout == .plain ? "\(root)\($0)/" : "\(root)dt=\($0)/" } ?? root
            for object in try await chains.store.list(prefix: folder, from: nil, delimiter: nil).objects
            where object.name.hasSuffix(".jsonl.gz") { present[object.name] = object }
        }
        return present
    }

    // MARK: Files

    private func readFiles(
        _ present: [String: ObjectInfo], _ announced: inout Announced, into report: inout VerifyReport
    ) async throws(Failure) {
        // A file that an amendment gave up may have been written after all.
        let candidates = announced.before.compactMapValues(\.last).merging(announced.planned) { _, planned in planned }
        let files = candidates.values.filter { present[$0.name] != nil }.sorted { $0.name < $1.name }
        let before = announced.before
        let checked = try await concurrently(files, limit: readsAtOnce) { file throws(Failure) in
            try await check(file, info: present[file.name], alternatives: before[file.name] ?? [])
        }
        let doubtful = checked.filter { $0.finding?.kind == .wrongLines }.map(\.file.name)
        let newer = try await announcements(of: doubtful)
        for check in checked {
            var (file, finding) = (check.file, check.finding)
            if let other = newer[file.name]?.first(where: { check.found?.matches($0) == true }) {
                (file, finding) = (other, nil)
            }
            announced.settled[file.name] = file
            report.files += 1
            if file.kind == .deadLetter { report.deadLetters += file.records } else { report.records += file.records }
            if file.kind == .late { report.lateRecords += file.records }
            if let finding { report.findings.append(finding) }
        }
    }

    private struct CheckedFile {
        /// What was planned of the file that is there.
        var file: PlannedFile
        /// What it holds, where that is not it.
        var found: LineDigest?
        var finding: Finding?
    }

    private func check(
        _ file: PlannedFile, info: ObjectInfo?, alternatives: [PlannedFile]
    ) async throws(Failure) -> CheckedFile {
        guard let info else { return CheckedFile(file: file) }
        do {
            let found = try await LineDigest.ofObject(info, in: chains.store)
            if let planned = ([file] + alternatives).first(where: { found.matches($0) }) {
                return CheckedFile(file: planned)
            }
            let detail = "\(found.lines) lines, crc32c \(found.crc32c); planned \(file.records), \(file.crc32c)"
            return CheckedFile(file: file, found: found, finding: Finding(.wrongLines, file.name, detail))
        } catch  where error.status == .protocolError {
            return CheckedFile(file: file, finding: Finding(.damagedFile, file.name, error.message))
        }
    }

    // MARK: Manifests

    private func checkManifests(
        date: String?, _ announced: Announced, into report: inout VerifyReport
    ) async throws(Failure) {
        var listed: [Hour: Set<String>] = [:]
        for file in announced.planned.values { listed[file.hour, default: []].insert(file.name) }
        let sealing = try await sealer.sealing().progress
        var unsealed = Set(listed.keys.filter { hour in sealing.map { hour < $0.sealedBefore } ?? false })
        for hour in try await sealedHours(date: date) {
            let name = names.manifest(of: hour)
            unsealed.remove(hour)
            let found = try await readable(name, &report) { () async throws(Failure) in
                try await sealer.manifest(of: hour)?.manifest
            }
            guard let found, let manifest = found else { continue }
            report.manifests += 1
            let files = manifest.parts.flatMap(\.files)
            let doubtful = files.filter { !announced.agrees(with: $0) }
            // Of files that were read it is known what they are.
            let newer = try await announcements(of: doubtful.map(\.name).filter { announced.settled[$0] == nil })
            for file in doubtful where newer[file.name]?.contains(file) != true {
                report.findings.append(
                    Finding(.wrongManifest, name, "what it says of \(file.name) is not what the plan says"))
            }
            for missing in (listed[hour] ?? []).subtracting(files.map(\.name)) {
                report.findings.append(
                    announced.pending.contains(missing)
                        ? Finding(.pending, name, "\(missing) is not in it yet; the next run adds it")
                        : Finding(.wrongManifest, name, "\(missing) is not in it"))
            }
            let total = files.filter { $0.kind != .deadLetter }.map(\.records).reduce(0, +)
            if total != manifest.records {
                report.findings.append(
                    Finding(.wrongManifest, name, "its files hold \(total) records, it says \(manifest.records)"))
            }
        }
        for hour in unsealed {
            // An hour before those of the first sealing gets its manifest after its first file.
            let isPending = sealing?.isFirst == true || (listed[hour] ?? []).isSubset(of: announced.pending)
            report.findings.append(
                isPending
                    ? Finding(.pending, names.manifest(of: hour), "not written yet; the next run writes it")
                    : Finding(
                        .wrongManifest, names.manifest(of: hour),
                        "it is gone; to have it written again, delete \(names.sealing) and load"))
        }
    }

    private func sealedHours(date: String?) async throws(Failure) -> [Hour] {
        var hours: [Hour] = []
        for folder in try await chains.store.list(prefix: names.root, from: nil, delimiter: "/").prefixes {
            guard let day = names.date(fromFolder: folder), date.map({ day.description == $0 }) ?? true else {
                continue
            }
            let objects = Set(
                try await chains.store.list(prefix: folder, from: nil, delimiter: nil).objects.map(\.name))
            hours += (0..<24).map { Hour(index: day.daysSince1970 * 24 + $0) }.filter {
                objects.contains(names.manifest(of: $0))
            }
        }
        return hours
    }
}
