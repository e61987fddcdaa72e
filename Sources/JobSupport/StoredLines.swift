internal import Glibc
internal import Gzip
package import ObjectStorage
package import Support

/// Whole lines of a stored file, in one piece of memory.
package struct LineBatch: Sendable {
    package fileprivate(set) var bytes: [UInt8]
    /// Behind each line's line feed.
    package fileprivate(set) var ends: [Int]

    package init(bytes: [UInt8], ends: [Int]) { (self.bytes, self.ends) = (bytes, ends) }

    package var count: Int { ends.count }

    /// Calls `body` with each line, without its line feed.
    package func forEach<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
        let failure: E? = bytes.withUnsafeBytes { bytes in
            var start = 0
            do throws(E) {
                for end in ends {
                    try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end - 1]))
                    start = end
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}

/// Something that has lines.
package protocol LineSource {
    /// nil at the end.
    mutating func next() async throws(Failure) -> LineBatch?
}

/// How the lines of a stored file are kept.
package enum LineStorage: Sendable {
    /// Each ends with a line feed.
    case gzip
    /// As they are. The last one may lack its line feed, as other writers leave it out.
    case plain
}

/// The lines of a stored file, read piece by piece: memory does not depend on the file's size.
package struct StoredLines: LineSource {
    /// A longer line is none of ours: the longest record, in base64, with its frame.
    package static let maxLineBytes = 256 << 20
    /// Compressed bytes that are decompressed at once: a thousand times as many may come out.
    static let sliceBytes = 64 << 10
    /// A batch is not much larger, unless one line is, or what a slice holds. So it is still in the processor's own cache when
    /// it is looked at.
    static let batchBytes = 128 << 10

    private let url: String
    private let remedy: String
    private let storage: LineStorage
    private let maxLineBytes: Int
    private var reader: GzipReader?
    private var pieces: ObjectPieces
    private var piece: ArraySlice<UInt8> = []
    /// Decompressed, not given out.
    private var pending: [UInt8] = []
    private var ends: [Int] = []

    /// - Parameter remedy: what to do when it is damaged; nil: by the folder that it is in.
    package init(
        _ object: ObjectInfo, in store: any ObjectStore, as storage: LineStorage = .gzip,
        maxLineBytes: Int = StoredLines.maxLineBytes, ifDamaged remedy: String? = nil
    ) {
        url = "\(store.location)/\(object.name)"
        self.remedy = remedy ?? damageRemedy(object.name)
        (self.storage, self.maxLineBytes) = (storage, maxLineBytes)
        pieces = ObjectPieces(object, in: store)
    }

    /// nil at the end.
    /// - Throws: `Failure(.protocolError)` when the object is not a whole file of lines, or changes meanwhile.
    package mutating func next() async throws(Failure) -> LineBatch? {
        var isAtEnd = false
        while !isAtEnd, ends.isEmpty || pending.count < Self.batchBytes {
            guard pending.count - (ends.last ?? 0) < maxLineBytes else {
                throw Failure(.protocolError, "\(url) has an overlong line", remedy: remedy)
            }
            if piece.isEmpty { piece = try await pieces.next()?[...] ?? [] }
            isAtEnd = piece.isEmpty
            switch storage {
            case .gzip: try decompress()
            case .plain: takePiece()
            }
        }
        guard let end = ends.last else {
            guard pending.isEmpty else {
                throw Failure(.protocolError, "\(url) does not end with a line feed", remedy: remedy)
            }
            return nil
        }
        var batch = LineBatch(bytes: [], ends: [])
        swap(&batch.bytes, &pending)
        swap(&batch.ends, &ends)
        if !isAtEnd { pending.reserveCapacity(Self.batchBytes + GzipReader.outputSize) }
        pending.append(contentsOf: batch.bytes[end...])
        batch.bytes.removeLast(batch.bytes.count - end)
        return batch
    }

    /// The piece; without one, ends the last line.
    private mutating func takePiece() {
        if piece.isEmpty, pending.count > ends.last ?? 0 { piece = [0x0A] }
        piece.withUnsafeBytes { append($0) }
        piece = []
    }

    /// The next slice of the piece; without one, makes sure that the file has ended.
    private mutating func decompress() throws(Failure) {
        do {
            let reader = reader ?? GzipReader()
            self.reader = reader
            guard !piece.isEmpty else { return try reader.finish() }
            let slice = piece.prefix(Self.sliceBytes)
            piece = piece.dropFirst(slice.count)
            try slice.withUnsafeBytes { try reader.feed($0) { append($0) } }
        } catch let error as GzipError {
            var failure = error.failure(url)
            if failure.status == .protocolError { failure.remedy = remedy }
            throw failure
        } catch {
            throw Failure(.failure, "\(url) could not be read: \(error)")
        }
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        let start = pending.count
        pending.append(contentsOf: bytes)
        var next = 0
        while next < bytes.count, let feed = memchr(base + next, 0x0A, bytes.count - next) {
            next = UnsafeRawPointer(feed) - base + 1
            ends.append(start + next)
        }
    }
}
