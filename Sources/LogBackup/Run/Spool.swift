internal import Bytes
internal import Gzip
internal import JobSupport
internal import ObjectStorage
internal import Support

/// The rows that were read, as gzipped JSON lines in the order of `_pagination_key`, in parts that are numbered from 0.
///
/// Each part goes on behind the last key of the one before. A part is written only if its number is free: so a run that is
/// killed has lost no more than one part, and of two runs at once each goes on from what the other wrote.
struct Spool {
    let store: any ObjectStore
    /// A folder with its slash.
    let prefix: String

    func name(_ number: Int) -> String { "\(prefix)\(padded(number, 6)).jsonl.gz" }

    /// All parts up to the first that is not there.
    func parts() async throws(Failure) -> [ObjectInfo] {
        let found = try await store.list(prefix: prefix, from: nil, delimiter: nil).objects
        return found.enumerated().prefix { $0.element.name == name($0.offset) }.map(\.element)
    }

    /// Who loses no longer has what he read: the part of the other run holds it.
    func write(_ number: Int, _ content: ByteRope) async throws(Failure) -> (part: ObjectInfo, isOurs: Bool) {
        switch try await store.create(name(number), content: content, contentType: BackupFormat.jsonlGzip.contentType) {
        case .created(let info): (info, true)
        case .taken(let info): (info, false)
        }
    }

    func remove(_ parts: [ObjectInfo]) async throws(Failure) {
        // The last first: what is left is always a beginning.
        for part in parts.reversed() { _ = try await store.remove(part.name, ifGeneration: part.generation) }
    }
}

/// Gathers the lines of one part, compressed.
struct SpoolPart {
    private static let memberBytes = 256 << 10

    private let gzip: GzipWriter
    private let rope = RopeWriter(pool: BlockPool())
    private let lines = ByteBuffer()
    private(set) var rows = 0

    init(_ gzip: GzipWriter) { self.gzip = gzip }

    /// Compressed bytes so far.
    var size: Int { rope.count }

    /// - Parameter row: without a line feed.
    mutating func append(_ row: UnsafeRawBufferPointer) throws(GzipError) {
        lines.append(row)
        lines.append(UInt8(ascii: "\n"))
        rows += 1
        if lines.count >= Self.memberBytes { try compress() }
    }

    mutating func finish() throws(GzipError) -> ByteRope {
        if lines.count > 0 { try compress() }
        rows = 0
        return rope.finish()
    }

    private func compress() throws(GzipError) {
        try gzip.appendMember(of: lines.bytes, to: rope)
        lines.removeAll(keepingCapacity: 2 * Self.memberBytes)
    }
}
