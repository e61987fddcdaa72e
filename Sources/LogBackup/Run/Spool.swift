internal import Bytes
internal import ObjectStorage
internal import Support

/// The rows that were read, as gzipped JSON lines in the order of `_pagination_key`, in parts.
///
/// A part's name tells its number and which key it goes on behind, and it is written only if the name is free: so a run that
/// is killed has lost no more than one part, and of two runs at once each goes on from what the other wrote.
struct Spool {
    let store: any ObjectStore
    /// A folder with its slash.
    let prefix: String

    /// - Parameters:
    ///   - number: from 0.
    ///   - key: the last one of the part before.
    func name(_ number: Int, after key: String?) -> String {
        "\(prefix)\(padded(number, 6))-\(String(CRC32C.of(Array((key ?? "").utf8)), radix: 16)).jsonl.gz"
    }

    /// By name.
    func parts() async throws(Failure) -> [String: ObjectInfo] {
        let found = try await store.list(prefix: prefix, from: nil, delimiter: nil).objects
        return Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0) })
    }

    /// Who loses no longer needs what he read: the part of the other run begins with it.
    func write(_ name: String, _ content: ByteRope) async throws(Failure) -> (part: ObjectInfo, isOurs: Bool) {
        switch try await store.create(name, content: content, contentType: BackupFormat.jsonlGzip.contentType) {
        case .created(let info): (info, true)
        case .taken(let info): (info, false)
        }
    }

    func clear() async throws(Failure) {
        for part in try await parts().values { _ = try await store.remove(part.name, ifGeneration: part.generation) }
    }
}
