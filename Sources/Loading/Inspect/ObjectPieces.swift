import ObjectStorage
import Support

/// A stored object in pieces that fit into memory, all of one generation.
struct ObjectPieces {
    static let pieceBytes: Int64 = 4 << 20

    private let object: ObjectInfo
    private let store: any ObjectStore
    private var offset: Int64 = 0

    init(_ object: ObjectInfo, in store: any ObjectStore) { (self.object, self.store) = (object, store) }

    /// nil at the end.
    mutating func next() async throws(Failure) -> [UInt8]? {
        guard offset < object.size else { return nil }
        let end = min(offset + Self.pieceBytes, object.size)
        guard let piece = try await store.read(object, range: offset..<end), !piece.isEmpty else {
            throw Failure(
                .protocolError, "\(store.location)/\(object.name) changed while it was read", remedy: "run again")
        }
        offset += Int64(piece.count)
        return piece
    }
}
