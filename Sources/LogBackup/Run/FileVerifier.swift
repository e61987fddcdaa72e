internal import Braintrust
internal import Bytes
internal import Gzip
internal import JobSupport
internal import ObjectStorage
internal import Support

/// Reads a file of a backup as a stranger would, and compares it with its manifest: checksum, rows, columns.
struct FileVerifier {
    let store: any ObjectStore
    let columns: [String]

    /// What is wrong with the file; nil: nothing.
    func problem(of file: BackupManifest.File) async throws(Failure) -> String? {
        guard let object = try await store.info(file.name) else { return "it is gone" }
        guard object.size == file.bytes else { return "it has \(object.size) bytes and not \(file.bytes)" }
        var pieces = ObjectPieces(object, in: store)
        var checksum = CRC32C()
        var content = Content(file.format, columns: columns)
        while let piece = try await pieces.next() {
            guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(file.name) was read") }
            piece.withUnsafeBytes { checksum.update($0) }
            content.feed(piece)
        }
        // The bytes first: other bytes explain everything else.
        guard checksum.value == file.crc32c else { return "its bytes changed: CRC-32C \(hex(checksum.value))" }
        return content.finish(rows: file.rows)
    }

    private func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}

/// The rows in a file that comes in pieces. Not Sendable.
private struct Content {
    private let columns: [String]
    private let isTable: Bool
    private var gzip: GzipReader?
    private var csv = CSVReader()
    private var lines = LineCheck()
    private var problem: String?

    init(_ format: BackupFormat, columns: [String]) {
        (self.columns, isTable) = (columns, format.isTable)
        if format.isCompressed { gzip = GzipReader() }
    }

    mutating func feed(_ piece: [UInt8]) {
        guard problem == nil else { return }
        do {
            try piece.withUnsafeBytes { bytes in
                guard let gzip else { return try read(bytes) }
                try gzip.feed(bytes) { try read($0) }
            }
        } catch {
            problem = text(of: error)
        }
    }

    mutating func finish(rows: Int) -> String? {
        guard problem == nil else { return problem }
        do {
            try gzip?.finish()
            if isTable { try csv.finish() } else { try lines.finish() }
        } catch {
            return text(of: error)
        }
        let found = isTable ? csv.records - 1 : lines.count
        if found != rows { return "it has \(found) rows and not \(rows)" }
        return isTable && csv.names != columns ? "its columns are others" : nil
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
        if isTable { try csv.feed(bytes) } else { try lines.feed(bytes) }
    }

    private func text(of error: any Error) -> String {
        if let error = error as? GzipError { return error.failure("it").message }
        return "\(error)"
    }
}

/// JSON objects, one a line.
private struct LineCheck {
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    private(set) var count = 0
    private let scanner = JSONScanner(maxDepth: BTQLPage.maxRowDepth)
    private let line = ByteBuffer()
    private let scanned = ByteBuffer()

    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
        var rest = bytes[...]
        while let feed = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line.append(UnsafeRawBufferPointer(rebasing: rest[..<feed]))
            rest = rest[(feed + 1)...]
            scanned.removeAll(keepingCapacity: 1 << 20)
            guard case .object = scanner.scan(line.bytes, into: scanned) else {
                throw Fault(description: "line \(count + 1) is no JSON object")
            }
            line.removeAll(keepingCapacity: 1 << 20)
            count += 1
        }
        line.append(UnsafeRawBufferPointer(rebasing: rest))
    }

    func finish() throws(Fault) {
        if line.count > 0 { throw Fault(description: "it ends within line \(count + 1)") }
    }
}
