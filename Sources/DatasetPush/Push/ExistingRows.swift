internal import Braintrust
internal import Bytes
internal import Support

/// Which of some rows a dataset has already: by their id, or, as an older convention has it, by `input.id`. Asked for by
/// query, so that it takes no longer when the dataset is large.
struct ExistingRows {
    /// Of one query.
    static let mostRows = 500
    /// Bytes of the ids in one query.
    static let mostBytes = 64 << 10
    /// Whoever follows pages for longer follows a circle.
    static let mostPages = 100

    private var ids: Set<ExactText> = []
    private var interactions: Set<ExactText> = []

    func has(_ row: PendingRow) -> Bool {
        ids.contains(ExactText(row.id)) || interactions.contains(ExactText(row.interaction))
    }

    /// Which rows go into one query each.
    static func queries(for rows: [PendingRow]) -> [Range<Int>] {
        RowBatches.cut(
            rows.map { $0.id.utf8.count + $0.interaction.utf8.count + 4 }, limit: mostBytes, mostRows: mostRows)
    }

    /// The query that asks for them. Ids that are numbers were sometimes written as such.
    static func query(_ rows: some Collection<PendingRow>, dataset: String, cursor: String? = nil) -> String {
        func list(_ literals: [String]) -> String { "(\(literals.joined(separator: ", ")))" }
        var places = [
            "id in \(list(rows.map { btqlLiteral($0.id) }))",
            "input.id in \(list(rows.map { btqlLiteral($0.interaction) }))",
        ]
        let numbers = rows.map(\.interaction).filter(isNumber)
        if !numbers.isEmpty { places.append("input.id in \(list(numbers))") }
        return "select: id, input.id as input_id | from: dataset(\(btqlLiteral(dataset)))"
            + " | filter: (\(places.joined(separator: " or "))) and created >= '1970-01-01T00:00:00.000Z' | limit: 1000"
            + (cursor.map { " | cursor: \(btqlLiteral($0))" } ?? "")
    }

    /// Whole numbers that every JSON reader keeps.
    private static func isNumber(_ text: String) -> Bool {
        text.utf8.count <= 15 && Int(text).map { String($0) == text } ?? false
    }

    /// Takes the rows of an answer.
    mutating func add(_ page: BTQLPage) {
        page.body.withUnsafeBytes { bytes in
            for row in page.rows {
                guard var members = JSONMembers(bytes, in: row) else { continue }
                while let member = members.next() {
                    let key = UnsafeRawBufferPointer(rebasing: bytes[member.key])
                    if JSONText.equals("id", key) {
                        add(member, bytes, to: &ids)
                    } else if JSONText.equals("input_id", key) {
                        add(member, bytes, to: &interactions)
                    }
                }
            }
        }
    }

    private func add(_ member: JSONMembers.Member, _ bytes: UnsafeRawBufferPointer, to texts: inout Set<ExactText>) {
        switch member.kind {
        case .string:
            let inside = (member.value.lowerBound + 1)..<(member.value.upperBound - 1)
            let buffer = ByteBuffer()
            buffer.append(unescaping: UnsafeRawBufferPointer(rebasing: bytes[inside]))
            texts.insert(ExactText(String(decoding: buffer.bytes, as: UTF8.self)))
        case .number: texts.insert(ExactText(String(decoding: bytes[member.value], as: UTF8.self)))
        case .object, .array, .bool, .null: break
        }
    }
}
