package import Bytes

/// How a CSV file is written, where RFC 4180 leaves it open.
package struct CSVOptions: Sendable, Hashable, Codable {
    /// Begins with U+FEFF, by which Excel knows that it is UTF-8.
    package var byteOrderMark: Bool
    /// Texts that a spreadsheet would take for a formula begin with an apostrophe (OWASP, "CSV Injection").
    package var guardsFormulas: Bool

    package init(byteOrderMark: Bool = false, guardsFormulas: Bool = false) {
        (self.byteOrderMark, self.guardsFormulas) = (byteOrderMark, guardsFormulas)
    }

    /// The texts of the header, as readers of the file find them.
    package func header(of columns: ColumnTree) -> [String] {
        guard guardsFormulas else { return columns.names }
        // What begins with an apostrophe gets another one, too: so no two columns have one name.
        return columns.names.map { name in
            var text = String(name.drop { $0 == "'" })
            return text.withUTF8 { looksLikeFormula(UnsafeRawBufferPointer($0)) } ? "'\(name)" : name
        }
    }
}

/// Writes rows as CSV (RFC 4180): commas, CRLF behind each record, the names of the columns first.
///
/// Strings, and objects and arrays as their JSON, are quoted; numbers, `true` and `false` stand bare, as they were written;
/// null and what is not there is an empty field, the empty string `""`. Not Sendable.
package final class CSVWriter {
    /// What was written and not taken yet.
    package let buffer = ByteBuffer()
    private let tree: ColumnTree
    private let options: CSVOptions
    private let text = ByteBuffer()

    /// - Parameter columns: finished.
    package init(_ columns: ColumnTree, _ options: CSVOptions) { (tree, self.options) = (columns, options) }

    package func appendHeader() {
        if options.byteOrderMark { buffer.append("\u{FEFF}") }
        for (index, var name) in options.header(of: tree).enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            name.withUTF8 { append(quoted: UnsafeRawBufferPointer($0)) }
        }
        buffer.append("\r\n")
    }

    /// - Parameter line: a minified JSON object.
    /// - Returns: false, and nothing is written, when it is none.
    package func append(_ line: UnsafeRawBufferPointer) -> Bool {
        guard tree.read(line) else { return false }
        for (index, node) in tree.columns.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            if let cell = tree.cell(node) { append(cell, of: line) }
        }
        if tree.hasMore {
            buffer.append(UInt8(ascii: ","))
            if tree.more.count > 0 { appendMore() }
        }
        buffer.append("\r\n")
        return true
    }

    private static let kept = 1 << 20

    private func append(_ cell: ColumnTree.Cell, of line: UnsafeRawBufferPointer) {
        let value = UnsafeRawBufferPointer(rebasing: line[cell.range])
        switch cell.kind {
        case .number, .bool, .null: buffer.append(value)
        case .object, .array: append(quoted: value)
        case .string: append(json: UnsafeRawBufferPointer(rebasing: value[1..<(value.count - 1)]))
        }
    }

    /// - Parameter json: a JSON string without its quotes.
    private func append(json: UnsafeRawBufferPointer) {
        text.removeAll(keepingCapacity: Self.kept)
        text.append(unescaping: json)
        append(string: text.bytes)
    }

    private func append(string: UnsafeRawBufferPointer) {
        buffer.append(UInt8(ascii: "\""))
        if options.guardsFormulas, looksLikeFormula(string) { buffer.append("'") }
        buffer.append(csv: string)
        buffer.append(UInt8(ascii: "\""))
    }

    private func append(quoted text: UnsafeRawBufferPointer) {
        buffer.append(UInt8(ascii: "\""))
        buffer.append(csv: text)
        buffer.append(UInt8(ascii: "\""))
    }

    private func appendMore() {
        buffer.append("\"{")
        buffer.append(csv: tree.more.bytes)
        buffer.append("}\"")
    }
}

/// Begins with `=`, `+`, `-`, `@`, a tab, a line end, or the full-width form of one of the signs.
private func looksLikeFormula(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let first = text.first else { return false }
    switch first {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0A, 0x0D: return true
    case 0xEF:
        // U+FF1D, U+FF0B, U+FF0D, U+FF20.
        guard text.count >= 3, text[1] == 0xBC else { return false }
        return [0x9D, 0x8B, 0x8D, 0xA0].contains(text[2])
    default: return false
    }
}
