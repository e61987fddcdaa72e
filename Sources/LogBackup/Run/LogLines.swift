package import Bytes
package import Gzip
package import JobSupport

/// Gathers rows as JSON lines, compressed.
package struct LogLines {
    private static let memberBytes = 256 << 10

    private let gzip: GzipWriter
    private let rope = RopeWriter(pool: BlockPool())
    private let lines = ByteBuffer()
    package private(set) var rows = 0

    package init(_ gzip: GzipWriter) { self.gzip = gzip }

    /// Compressed bytes so far.
    package var size: Int { rope.count }

    /// - Parameter row: without a line feed.
    package mutating func append(_ row: UnsafeRawBufferPointer) throws(GzipError) {
        lines.append(row)
        lines.append(UInt8(ascii: "\n"))
        rows += 1
        if lines.count >= Self.memberBytes { try compress() }
    }

    /// All of them; it is empty afterwards.
    package mutating func finish() throws(GzipError) -> ByteRope {
        if lines.count > 0 { try compress() }
        rows = 0
        return rope.finish()
    }

    private func compress() throws(GzipError) {
        try gzip.appendMember(of: lines.bytes, to: rope)
        lines.removeAll(keepingCapacity: 2 * Self.memberBytes)
    }
}

extension LineBatch {
    /// The `_pagination_key` of the last row; nil when it has none.
    package var lastKey: String? {
        guard let end = ends.last, let pointer = JSONPointer("/_pagination_key") else { return nil }
        let start = ends.dropLast().last ?? 0
        return bytes.withUnsafeBytes { bytes in
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<(end - 1)])
            guard let value = pointer.find(in: line, 0..<line.count), line[value.lowerBound] == UInt8(ascii: "\"")
            else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: line[(value.lowerBound + 1)..<(value.upperBound - 1)])
            return JSONText.unescaped(text).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
