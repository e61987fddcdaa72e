import Bytes
import Gzip

/// Files of gzipped lines, as tests write and read them.
package enum GzipLines {
    package static func file(_ lines: some Sequence<String>) -> [UInt8] {
        let text = lines.map { $0 + "\n" }.joined()
        let writer = RopeWriter(pool: BlockPool())
        guard let gzip = try? GzipWriter(),
            (try? Array(text.utf8).withUnsafeBytes({ try gzip.appendMember(of: $0, to: writer) })) != nil
        else { return [] }
        return writer.finish().joined
    }

    /// Without their line feeds. Of a damaged file, one line that says so.
    package static func lines(_ file: [UInt8]) -> [[UInt8]] {
        var content: [UInt8] = []
        do {
            let reader = GzipReader()
            try file.withUnsafeBytes { try reader.feed($0) { content.append(contentsOf: $0) } }
            try reader.finish()
        } catch {
            return [Array("damaged: \(error)".utf8)]
        }
        return content.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    package static func texts(_ file: [UInt8]) -> [String] {
        lines(file).map { String(decoding: $0, as: UTF8.self) }
    }
}
