package import Gzip
package import Interactions
internal import JobSupport
package import ObjectStorage
package import Support

extension LineDigest {
    /// Reads a stored gzip file piece by piece, so that its size does not matter.
    /// - Throws: `Failure` of the store; `.protocolError` when the object is not a whole gzip file or vanishes meanwhile.
    package static func ofObject(_ info: ObjectInfo, in store: any ObjectStore) async throws(Failure) -> LineDigest {
        let url = "\(store.location)/\(info.name)"
        do {
            let digester = GzipLineDigester()
            var pieces = ObjectPieces(info, in: store)
            while let piece = try await pieces.next() {
                try piece.withUnsafeBytes { try digester.feed($0) }
            }
            return try digester.finish()
        } catch let error as GzipError {
            throw error.failure(url)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.failure, "\(url) could not be read: \(error)")
        }
    }

    /// Whether these are the lines that a plan announces.
    package func matches(_ file: PlannedFile) -> Bool {
        lines == file.records && bytes == Int(file.lineBytes) && crc32c == file.crc32c
    }
}
