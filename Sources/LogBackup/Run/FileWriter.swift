internal import Bytes
internal import Gzip
internal import JobSupport
internal import ObjectStorage
internal import Support

/// Makes one file of a backup out of the spool, as a stream: memory does not depend on its size.
struct FileWriter {
    let store: any ObjectStore
    /// Has the parts.
    let working: any ObjectStore
    let parts: [ObjectInfo]
    let rows: Int
    /// Finished.
    let columns: ColumnTree
    let csv: CSVOptions
    let gzip: GzipSettings

    /// - Parameters:
    ///   - generation: which object of the name is replaced; nil: the name is to be free, or hold the same.
    func write(_ format: BackupFormat, to name: String, over generation: Int64?)
        async throws(Failure) -> BackupManifest.File
    {
        let upload = try await store.upload(name, contentType: format.contentType, ifGeneration: generation)
        do throws(Failure) {
            var output = try FileOutput(upload, format.isCompressed ? gzip : nil, name: name)
            let count = try await fill(&output, format)
            guard count == rows else {
                throw Failure(
                    .conflict, "\(count) of \(rows) rows are left of what was read for \(name)", remedy: "run again")
            }
            let (info, sum) = try await output.finish()
            guard info.crc32c ?? sum.crc32c == sum.crc32c, info.size == sum.bytes else {
                throw Failure(
                    .conflict, "\(store.location)/\(name) is not what was sent", remedy: "run again with --overwrite")
            }
            return BackupManifest.File(
                format: format, name: name, bytes: sum.bytes, crc32c: sum.crc32c, rows: count)
        } catch {
            await upload.cancel()
            throw error
        }
    }

    private func fill(_ output: inout FileOutput, _ format: BackupFormat) async throws(Failure) -> Int {
        let table = format.isTable ? CSVWriter(columns, csv) : nil
        table?.appendHeader()
        var count = 0
        for part in parts {
            var lines = StoredLines(part, in: working)
            while let batch = try await lines.next() {
                guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(output.name) was written") }
                count += batch.count
                guard let table else {
                    try await output.append(batch.bytes)
                    continue
                }
                try batch.forEach { line throws(Failure) in
                    guard table.append(line) else {
                        throw Failure(.protocolError, "\(working.location)/\(part.name) is damaged")
                    }
                }
                try await output.take(table.buffer)
            }
        }
        if let table { try await output.take(table.buffer, all: true) }
        return count
    }
}

/// What is sent to a store, compressed if asked for, and its checksum.
struct FileOutput {
    struct Sum {
        var bytes: Int64 = 0
        var crc32c: UInt32 = 0
    }

    private static let pieceBytes = 1 << 20

    let name: String
    private let upload: any ObjectUpload
    private let gzip: GzipWriter?
    private let rope = RopeWriter(pool: BlockPool())
    private var bytes: Int64 = 0
    private var checksum = CRC32C()

    init(_ upload: any ObjectUpload, _ gzip: GzipSettings?, name: String) throws(Failure) {
        (self.upload, self.name) = (upload, name)
        do throws(GzipError) {
            self.gzip = try gzip.map { settings throws(GzipError) in try GzipWriter(settings) }
        } catch {
            throw error.failure(name)
        }
    }

    /// Sends what a buffer holds once it is worth it, and empties it then.
    /// - Parameter all: however little it is.
    mutating func take(_ buffer: ByteBuffer, all: Bool = false) async throws(Failure) {
        guard all || buffer.count >= Self.pieceBytes else { return }
        try put(buffer.bytes)
        buffer.removeAll(keepingCapacity: 4 * Self.pieceBytes)
        try await send()
    }

    mutating func append(_ content: [UInt8]) async throws(Failure) {
        let fault: Failure? = content.withUnsafeBytes { content in
            do throws(Failure) {
                try put(content)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
        try await send()
    }

    mutating func finish() async throws(Failure) -> (ObjectInfo, Sum) {
        if gzip != nil, bytes == 0 {
            // A file without rows is a gzip file all the same.
            try put(UnsafeRawBufferPointer(start: nil, count: 0))
            try await send()
        }
        switch try await upload.finish() {
        case .written(let info): return (info, Sum(bytes: bytes, crc32c: checksum.value))
        case .taken:
            throw Failure(
                .cannotCreate, "\(name) was written meanwhile, with other content",
                remedy: "see whether another run made it; --overwrite replaces it")
        }
    }

    private func put(_ content: UnsafeRawBufferPointer) throws(Failure) {
        guard let gzip else { return rope.append(content) }
        do throws(GzipError) { try gzip.appendMember(of: content, to: rope) } catch { throw error.failure(name) }
    }

    private mutating func send() async throws(Failure) {
        let piece = rope.finish()
        guard piece.count > 0 else { return }
        bytes += Int64(piece.count)
        checksum.update(piece)
        try await upload.append(piece)
    }
}
