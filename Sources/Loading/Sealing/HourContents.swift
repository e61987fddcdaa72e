import Gzip
import Interactions
import ObjectStorage
import Support
import Synchronization

/// A partition file or dead-letter file that is there.
struct ListedFile: Sendable {
    var info: ObjectInfo
    var name: FileName
}

/// Finds what hours hold: lists their files and reads the plans that announced them, once. Whoever lists again takes a new
/// one, since files that came meanwhile may be announced by links that came meanwhile. Several hours may be asked for at once.
final class HourContents: Sendable {
    private let chains: ChainStore
    private let requestsAtOnce: Int
    /// The links read so far that announce files: for each chunk the plan, then its amendments.
    private let links: Mutex<[ChunkKey: [Plan]]> = Mutex([:])

    private struct ChunkKey: Hashable {
        var partition: Partition
        var start: Int64
    }

    init(chains: ChainStore, requestsAtOnce: Int) { (self.chains, self.requestsAtOnce) = (chains, requestsAtOnce) }

    /// The files of hours of one date, planned or not.
    func list(_ hours: [Hour]) async throws(Failure) -> [Hour: [ListedFile]] {
        guard let first = hours.min() else { return [:] }
        let names = chains.names
        let (onTime, dead) = (names.files(of: first), names.deadLetters(of: first))
        let prefixes =
            hours.count == 1 ? [onTime, dead] : [names.folder(of: first.date), names.deadLetterFolder(of: first.date)]
        var listed: [Hour: [ListedFile]] = [:]
        for (prefix, start) in zip(prefixes, [onTime, dead]) {
            for object in try await chains.store.list(prefix: prefix, from: start, delimiter: nil).objects {
                guard let name = names.parse(file: object.name) else { continue }
                listed[name.hour, default: []].append(ListedFile(info: object, name: name))
            }
        }
        return listed
    }

    /// The planned files of an hour that are there, by partition.
    func files(of hour: Hour, known: [PlannedFile] = []) async throws(Failure) -> [Partition: [PlannedFile]] {
        try await files(among: try await list([hour])[hour] ?? [], known: known)
    }

    /// The planned ones of these files, by partition.
    /// - Parameter known: what a manifest says of some of them.
    func files(among listed: [ListedFile], known: [PlannedFile] = []) async throws(Failure)
        -> [Partition: [PlannedFile]]
    {
        try await readPlans(of: listed.map(\.name))
        let known = Dictionary(known.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [Partition: [PlannedFile]] = [:]
        for file in listed {
            let announced = announced(file.info.name, file.name)
            // One that no plan names is not ours to count; `verify` reports it.
            guard !announced.isEmpty else { continue }
            let candidates = (known[file.info.name].map { [$0] } ?? []) + announced
            let settled = try await settle(file.info, candidates)
            found[file.name.partition, default: []].append(settled)
        }
        return found
    }

    /// What plans and their amendments say, by now, of the files under these names, oldest first.
    func announcements(of objects: [String]) async throws(Failure) -> [String: [PlannedFile]] {
        let files = objects.compactMap { object in chains.names.parse(file: object).map { (object, $0) } }
        try await readPlans(of: files.map(\.1))
        return Dictionary(files.map { ($0.0, announced($0.0, $0.1)) }, uniquingKeysWith: { first, _ in first })
    }

    private func announced(_ object: String, _ name: FileName) -> [PlannedFile] {
        let key = ChunkKey(partition: name.partition, start: name.range.start)
        return links.withLock { $0[key] ?? [] }.compactMap { link in link.files.first { $0.name == object } }
    }

    /// Reads the plans that announced these files, where it has not yet.
    func readPlans(of files: [FileName]) async throws(Failure) {
        let keys = Set(files.map { ChunkKey(partition: $0.partition, start: $0.range.start) })
        let unread = links.withLock { links in keys.filter { links[$0] == nil } }
        let starts = Dictionary(grouping: unread, by: \.partition).mapValues { Set($0.map(\.start)) }
        let found = try await concurrently(Array(starts), limit: requestsAtOnce) {
            [chains] partition, starts throws(Failure) in
            try await chains.links(of: partition, startingAtAnyOf: starts).map { (partition: partition, link: $0) }
        }
        let plans = try await concurrently(found.flatMap(\.self), limit: requestsAtOnce) {
            [chains] found throws(Failure) in
            try await chains.plan(of: found.partition, at: found.link)
        }
        links.withLock { links in
            for key in unread { links[key] = [] }
            for plan in plans where !plan.files.isEmpty {
                links[ChunkKey(partition: plan.partition, start: plan.start), default: []].append(plan)
            }
        }
    }

    /// Which of the announcements is true of a file. An owner that was paused may have written what the plan said before it was
    /// amended; then only the file itself tells.
    private func settle(_ info: ObjectInfo, _ candidates: [PlannedFile]) async throws(Failure) -> PlannedFile {
        let newest = candidates[candidates.count - 1]
        guard Set(candidates).count > 1 else { return newest }
        do {
            let found = try await LineDigest.ofObject(info, in: chains.store)
            return candidates.last { found.matches($0) } ?? newest
        } catch  where error.status == .protocolError {
            return newest  // damaged; `verify` says so
        }
    }
}
