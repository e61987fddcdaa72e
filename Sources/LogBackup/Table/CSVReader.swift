/// Why bytes are not the CSV that this program writes.
package enum CSVFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// A record has another number of fields than the first one. Records count from 1, the header.
    case fields(record: Int, found: Int, expected: Int)
    /// A quote, a line end or a byte behind a closing quote where none may be.
    case syntax(record: Int)
    /// The bytes end within a record.
    case truncated(record: Int)

    package var description: String {
        switch self {
        case .fields(let record, let found, let expected):
            "record \(record) has \(found) fields and not \(expected)"
        case .syntax(let record): "record \(record) breaks the rules of RFC 4180"
        case .truncated(let record): "it ends within record \(record)"
        }
    }
}

/// Reads CSV strictly (RFC 4180), for its shape only: how many records, and whether all have as many fields as the first.
/// Memory does not depend on the file, but for its header.
package struct CSVReader {
    private enum Place { case recordStart, fieldStart, bare, quoted, quoteSeen, carriageReturn }

    /// A header is never longer.
    private static let headerLimit = 64 << 20

    private var place = Place.recordStart
    private var fields = 1
    private var expected: Int?
    /// The text of the first record's fields.
    private var header: [[UInt8]] = [[]]
    private var headerBytes = 0
    /// With the header.
    package private(set) var records = 0

    package init() {}

    /// The names of the columns, without the byte order mark.
    package var names: [String] {
        header.enumerated().map { index, name in
            let mark: [UInt8] = index == 0 && name.starts(with: [0xEF, 0xBB, 0xBF]) ? [0xEF, 0xBB, 0xBF] : []
            return String(decoding: name.dropFirst(mark.count), as: UTF8.self)
        }
    }

    /// Reads the next bytes; pieces may end anywhere.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(CSVFault) {
        for byte in bytes {
            if place == .quoted, byte != UInt8(ascii: "\"") {  // most bytes
                if expected == nil { try keep(byte) }
                continue
            }
            try take(byte)
        }
    }

    package func finish() throws(CSVFault) {
        guard place == .recordStart, records > 0 else { throw .truncated(record: records + 1) }
    }

    private mutating func take(_ byte: UInt8) throws(CSVFault) {
        switch (place, byte) {
        case (.quoted, _): place = .quoteSeen
        case (.quoteSeen, UInt8(ascii: "\"")):
            place = .quoted
            try keep(byte)
        case (.recordStart, UInt8(ascii: "\"")), (.fieldStart, UInt8(ascii: "\"")): place = .quoted
        case (.bare, UInt8(ascii: "\"")):
            // Only a byte order mark may stand before a quote.
            guard records == 0, fields == 1, header[0] == [0xEF, 0xBB, 0xBF] else { throw fault }
            place = .quoted
        case (.carriageReturn, UInt8(ascii: "\n")): try endRecord()
        case (.carriageReturn, _), (_, UInt8(ascii: "\n")): throw fault
        case (_, UInt8(ascii: "\r")): place = .carriageReturn
        case (_, UInt8(ascii: ",")):
            fields += 1
            if expected == nil { header.append([]) }
            place = .fieldStart
        case (.quoteSeen, _): throw fault
        default:
            place = .bare
            try keep(byte)
        }
    }

    private var fault: CSVFault { .syntax(record: records + 1) }

    private mutating func endRecord() throws(CSVFault) {
        records += 1
        let expected = expected ?? fields
        guard fields == expected else { throw .fields(record: records, found: fields, expected: expected) }
        (self.expected, fields, place) = (expected, 1, .recordStart)
    }

    private mutating func keep(_ byte: UInt8) throws(CSVFault) {
        guard expected == nil else { return }
        headerBytes += 1
        guard headerBytes <= Self.headerLimit else { throw fault }
        header[header.count - 1].append(byte)
    }
}
