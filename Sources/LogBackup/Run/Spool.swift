internal import Bytes
internal import Interactions
internal import ObjectStorage
internal import Support

/// The rows that were read, as gzipped JSON lines in the order of `_pagination_key`, in parts.
///
/// A part's name tells its number and which key it goes on behind, and it is written only if the name is free: so a run that
/// is killed has lost no more than one part, and of two runs at once each goes on from what the other wrote. Once a run has
/// read to the end, no other reads on: so the files of a backup all have the same rows, whichever runs write them.
struct Spool {
    /// What a reading came to.
    struct End: Equatable, Codable {
        static let currentVersion = 1

        var version = currentVersion
        var parts: Int
        var rows: Int
    }

    let store: any ObjectStore
    /// Of this backup's parts, with its slash.
    let prefix: String
    private let folder: String

    /// - Parameters:
    ///   - folder: with its slash.
    ///   - generation: of the manifest that is replaced, 0 when there is none: so what was read for another backup than the
    ///     new one is not gone on with. nil: nothing is replaced.
    init(store: any ObjectStore, folder: String, replacing generation: Int64?) {
        (self.store, self.folder) = (store, folder)
        prefix = folder + (generation.map { "over-\($0)/" } ?? "")
    }

    /// - Parameters:
    ///   - number: from 0.
    ///   - key: the last one of the part before.
    func name(_ number: Int, after key: String?) -> String {
        "\(prefix)\(padded(number, 6))-\(String(CRC32C.of(Array((key ?? "").utf8)), radix: 16)).jsonl.gz"
    }

    private var endName: String { "\(prefix)end.json" }

    /// By name.
    func parts() async throws(Failure) -> [String: ObjectInfo] {
        let found = try await store.list(prefix: prefix, from: nil, delimiter: "/").objects
        return Dictionary(uniqueKeysWithValues: found.lazy.filter { $0.name != endName }.map { ($0.name, $0) })
    }

    /// nil: nobody has read to the end yet.
    func end() async throws(Failure) -> End? {
        guard let found = try await store.read(endName, limit: 4096) else { return nil }
        return try ObjectCoding.decode(
            End.self, found.bytes, what: "end of a backup's reading", location: "\(store.location)/\(endName)",
            version: End.currentVersion)
    }

    /// - Returns: false when another run came first, with another end.
    func note(_ end: End) async throws(Failure) -> Bool {
        let content = ByteRope(ObjectCoding.encode(end))
        guard case .created = try await store.create(endName, content: content, contentType: jsonType) else {
            return false
        }
        return true
    }

    /// Who loses no longer needs what he read: the part of the other run begins with it.
    func write(_ name: String, _ content: ByteRope) async throws(Failure) -> (part: ObjectInfo, isOurs: Bool) {
        switch try await store.create(name, content: content, contentType: BackupFormat.jsonlGzip.contentType) {
        case .created(let info): (info, true)
        case .taken(let info): (info, false)
        }
    }

    /// Also what runs have left that were to replace the backup, and the other way round.
    func clear() async throws(Failure) {
        // From behind: what is left when this is cut short can be gone on with.
        for object in try await store.list(prefix: folder, from: nil, delimiter: nil).objects.reversed() {
            _ = try await store.remove(object.name, ifGeneration: object.generation)
        }
    }
}
