import Bytes
import LogBackup

/// A table of rows, read twice as a backup does.
struct Table {
    var text: String
    var names: [String]
    var header: [String]

    /// - Parameter rows: minified JSON objects.
    init(_ rows: [String], columns: Int = 100, _ options: CSVOptions = CSVOptions()) throws {
        let tree = ColumnTree(ColumnTree.Limits(columns: columns))
        for var row in rows {
            let isRead = row.withUTF8 { tree.read(UnsafeRawBufferPointer($0)) }
            if !isRead { throw NoRow() }
        }
        tree.finish()
        let writer = CSVWriter(tree, options)
        writer.appendHeader()
        for var row in rows { _ = row.withUTF8 { writer.append(UnsafeRawBufferPointer($0)) } }
        (names, header) = (tree.names, options.header(of: tree))
        text = String(decoding: writer.buffer.bytes, as: UTF8.self)
    }

    /// The records behind the header, without the columns that every table has.
    var records: [String] {
        text.components(separator: "\r\n").dropFirst().dropLast().map { line in
            line.hasPrefix(",,,") ? String(line.dropFirst(3)) : line
        }
    }

    struct NoRow: Error {}
}

extension String {
    /// By scalars: a Swift character may be CR and LF together.
    func components(separator: String) -> [String] {
        var parts = [""]
        var rest = unicodeScalars[...]
        while let first = rest.first {
            if rest.starts(with: separator.unicodeScalars) {
                rest = rest.dropFirst(separator.unicodeScalars.count)
                parts.append("")
            } else {
                parts[parts.count - 1].unicodeScalars.append(first)
                rest = rest.dropFirst()
            }
        }
        return parts
    }
}

/// What the strict reader says of a text; nil: nothing is wrong.
func fault(of text: String, pieces: Int = .max) -> CSVFault? {
    var reader = CSVReader()
    do {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try Array(rest.prefix(pieces)).withUnsafeBytes { try reader.feed($0) }
            rest = rest.dropFirst(pieces)
        }
        try reader.finish()
        return nil
    } catch {
        return error as? CSVFault
    }
}
