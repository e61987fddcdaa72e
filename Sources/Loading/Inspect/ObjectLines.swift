import Gzip
import ObjectStorage
import Support

/// The lines of a stored gzip file, read piece by piece.
struct ObjectLines {
    /// A longer line is none of ours: the longest record, in base64, with its frame.
    static let maxLineBytes = 256 << 20

    private let object: ObjectInfo
    private let store: any ObjectStore
    private var pieces: ObjectPieces
    private var reader: GzipReader?
    private var pending: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ object: ObjectInfo, in store: any ObjectStore) {
        (self.object, self.store) = (object, store)
        pieces = ObjectPieces(object, in: store)
    }

    /// The next line without its line feed; nil at the end.
    /// - Throws: `Failure(.protocolError)` when the object is not a whole gzip file of lines.
    mutating func next() async throws(Failure) -> [UInt8]? {
        while true {
            if let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(pending[start..<end])
            }
            pending.removeSubrange(..<start)
            start = 0
            guard !isAtEnd else {
                guard pending.isEmpty else { throw Failure(.protocolError, "\(url) does not end with a line feed") }
                return nil
            }
            guard pending.count < Self.maxLineBytes else {
                throw Failure(.protocolError, "\(url) has an overlong line")
            }
            try await readPiece()
        }
    }

    private var url: String { "\(store.location)/\(object.name)" }

    private mutating func readPiece() async throws(Failure) {
        let piece = try await pieces.next()
        do {
            let reader = try reader ?? GzipReader()
            self.reader = reader
            if let piece {
                try piece.withUnsafeBytes { try reader.feed($0) { pending.append(contentsOf: $0) } }
            } else {
                try reader.finish()
                isAtEnd = true
            }
        } catch let error as GzipError {
            throw error.failure(url)
        } catch {
            throw Failure(.failure, "\(url) could not be read: \(error)")
        }
    }
}
