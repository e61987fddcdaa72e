import Support

/// The rows of one dataset, experiment or project log, with every version of each.
struct RowTable: Sendable {
    private struct Row: Sendable {
        let id: String
        let transaction: Int
        let isDeleted: Bool
        /// The whole row as JSON text, which takes less room than values.
        let bytes: [UInt8]
        /// The transaction that wrote the next version.
        var replaced: Int?

        func isVisible(at version: Int) -> Bool {
            transaction <= version && (replaced.map { $0 > version } ?? true) && !isDeleted
        }
    }

    /// In the order in which they were written.
    private var rows: [Row] = []
    private var latest: [String: Int] = [:]

    init() {}

    func current(_ id: String) -> JSONObject? {
        guard let index = latest[id], !rows[index].isDeleted else { return nil }
        return try? JSONValue(parsing: rows[index].bytes).object
    }

    mutating func put(_ row: JSONObject, id: String, transaction: Int, isDeleted: Bool) {
        if let index = latest[id] { rows[index].replaced = transaction }
        latest[id] = rows.count
        rows.append(
            Row(id: id, transaction: transaction, isDeleted: isDeleted, bytes: JSONValue.object(row).bytes))
    }

    /// All rows as they were after a transaction, the oldest first.
    func rows(at version: Int) -> [JSONObject] {
        rows.filter { $0.isVisible(at: version) }.compactMap { try? JSONValue(parsing: $0.bytes).object }
    }

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
