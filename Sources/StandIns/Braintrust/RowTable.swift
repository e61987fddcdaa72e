import Support

/// The rows of one dataset, experiment or project log, with every version of each, in the order of their pagination keys.
struct RowTable: Sendable {
    private struct Row: Sendable {
        let id: String
        let transaction: Int
        /// In the transaction.
        let position: Int
        let isDeleted: Bool
        /// The whole row as JSON text, which takes less room than values.
        let bytes: [UInt8]
        /// The version before this one.
        let previous: Int?
        /// The transaction that wrote the next version.
        var replaced: Int?

        func isVisible(at version: Int) -> Bool {
            transaction <= version && (replaced.map { $0 > version } ?? true) && !isDeleted
        }
    }

    /// What a query reads.
    struct Scan {
        var filter: BTQLExpression?
        /// The members that are needed; nil: all.
        var fields: Set<String>?
        /// Rows as they were after this transaction.
        var version = Int.max
        var isAscending = true
        /// Only rows whose pagination keys are after, or in the other direction before, this one.
        var cursor: String?
    }

    /// Fields by whose values rows are found at once.
    private static let indexed: Set<[String]> = [["id"], ["input", "id"]]
    /// Members that are known without reading the row.
    private static let cheap: Set<String> = ["id", "_xact_id", "_pagination_key"]

    private var rows: [Row] = []
    private var latest: [String: Int] = [:]
    private var byInputID: [JSONValue: [Int]] = [:]

    init() {}

    /// The value of `_pagination_key`.
    static func key(transaction: Int, position: Int) -> String {
        "p\(padded(transaction, 20))\(padded(position, 7))"
    }

    var lastTransaction: Int? { rows.last?.transaction }

    func current(_ id: String) -> JSONObject? {
        guard let index = latest[id], !rows[index].isDeleted else { return nil }
        return object(index)
    }

    mutating func put(_ row: JSONObject, id: String, transaction: Int, position: Int, isDeleted: Bool) {
        put(
            JSONValue.object(row).bytes, id: id, inputID: row["input"]?["id"] ?? nil, transaction: transaction,
            position: position, isDeleted: isDeleted)
    }

    /// A row as text that is known to be right.
    mutating func put(
        _ bytes: [UInt8], id: String, inputID: JSONValue, transaction: Int, position: Int, isDeleted: Bool = false
    ) {
        let previous = latest.updateValue(rows.count, forKey: id)
        if let previous { rows[previous].replaced = transaction }
        if !inputID.isNull { byInputID[inputID, default: []].append(rows.count) }
        rows.append(
            Row(
                id: id, transaction: transaction, position: position, isDeleted: isDeleted, bytes: bytes,
                previous: previous))
    }

    private func object(_ index: Int, fields: Set<String>? = nil) -> JSONObject? {
        let row = rows[index]
        guard let fields, fields.isSubset(of: RowTable.cheap) else {
            return try? JSONValue(parsing: row.bytes).object
        }
        return JSONObject([
            ("id", .string(row.id)), ("_xact_id", .string(String(row.transaction))),
            ("_pagination_key", .string(key(index))),
        ])
    }

    private func key(_ index: Int) -> String {
        RowTable.key(transaction: rows[index].transaction, position: rows[index].position)
    }

    // MARK: - Queries

    /// Calls `body` with each row that a scan finds, until it returns false.
    func forEach(_ scan: Scan, _ body: (JSONObject) -> Bool) {
        var (from, upTo) = scan.filter?.keys ?? (nil, nil)
        if let cursor = scan.cursor {
            if scan.isAscending { from = max(from ?? "", cursor + "\0") } else { upTo = min(upTo ?? "q", cursor) }
        }
        let start = from.map(firstIndex) ?? 0
        let range = start..<max(start, upTo.map(firstIndex) ?? rows.count)
        func visit(_ index: Int) -> Bool {
            guard rows[index].isVisible(at: scan.version), let object = object(index, fields: scan.fields),
                scan.filter?.holds(for: object) ?? true
            else { return true }
            return body(object)
        }
        if let lookups = scan.filter?.lookups(RowTable.indexed) {
            let found = Set(lookups.flatMap(indices)).filter(range.contains).sorted()
            if scan.isAscending { _ = found.allSatisfy(visit) } else { _ = found.reversed().allSatisfy(visit) }
        } else if scan.isAscending {
            _ = range.allSatisfy(visit)
        } else {
            _ = range.reversed().allSatisfy(visit)
        }
    }

    /// The first row whose key is not before this one.
    private func firstIndex(notBefore wanted: String) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if key(middle) < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// All versions that may have a value in an indexed field.
    private func indices(_ lookup: (path: [String], value: JSONValue)) -> [Int] {
        guard lookup.path == ["id"] else { return byInputID[lookup.value] ?? [] }
        return Array(
            sequence(first: lookup.value.string.flatMap { latest[$0] }) { index in
                index.map { rows[$0].previous }
            }.prefix { $0 != nil }.compactMap { $0 })
    }

    // MARK: - Pages

    /// A page as the `fetch` routes give it: the newest first.
    ///
    /// - Parameters:
    ///   - cursor: as the page before gave it.
    ///   - version: rows as they were after this transaction.
    func page(limit: Int, cursor: String?, version: Int?) throws(BraintrustFault) -> (body: [UInt8], count: Int) {
        var end = rows.count
        if let cursor {
            guard cursor.hasPrefix("row-"), let index = Int(cursor.dropFirst(4)), (0...rows.count).contains(index)
            else {
                throw .invalid("cursor: not one of this object's")
            }
            end = index
        }
        var body = Array(#"{"events":["#.utf8)
        var count = 0
        var index = end
        while index > 0, count < limit {
            index -= 1
            guard rows[index].isVisible(at: version ?? .max) else { continue }
            if count > 0 { body.append(UInt8(ascii: ",")) }
            body += rows[index].bytes
            count += 1
        }
        body.append(UInt8(ascii: "]"))
        let more = rows[..<index].contains { $0.isVisible(at: version ?? .max) }
        body += Array((more ? #","cursor":"row-\#(index)"}"# : "}").utf8)
        return (body, count)
    }
}

extension JSONObject {
    /// This object with the members of another one in it, objects in objects likewise.
    func merged(with other: JSONObject) -> JSONObject {
        var result = self
        for member in other.members {
            if let old = result[member.key]?.object, let new = member.value.object {
                result[member.key] = .object(old.merged(with: new))
            } else {
                result[member.key] = member.value
            }
        }
        return result
    }
}
