import Support

/// Many rows at once, for tests of size: `POST <control>/fill`.
///
/// ```json
/// {"dataset": "<id or name>", "count": 1000000, "row": {"id": "row-{n}", "input": {"id": "i-{n}"}},
///  "since": "2026-11-14T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
/// ```
///
/// `{n}` in a text is the row's number from 0. `created` goes evenly from `since` to `until`; without them it is now.
struct RowFill: Sendable {
    static let countMax = 5_000_000

    let kind: BraintrustRoute.RowKind
    let source: String
    let count: Int
    let row: RowEvent
    private let since: Double?
    private let until: Double?

    init(_ json: JSONValue) throws(BraintrustFault) {
        guard let kind = BraintrustRoute.RowKind.allCases.first(where: { json[$0.rawValue] != nil }),
            let source = json[kind.rawValue]?.string
        else { throw .invalid("fill: dataset, experiment or project_logs is needed") }
        guard let count = json["count"]?.integer, (1...RowFill.countMax).contains(count) else {
            throw .invalid("fill: count is from 1 to \(RowFill.countMax)")
        }
        (self.kind, self.source, self.count) = (kind, source, count)
        row = try RowEvent(json["row"] ?? nil)
        guard row.id?.contains("{n}") == true else { throw .invalid("fill: the row's id needs {n}") }
        since = json["since"]?.string.flatMap(BTQLExpression.moment)
        until = json["until"]?.string.flatMap(BTQLExpression.moment)
    }

    /// When a row was made.
    func created(_ number: Int, now: Milliseconds) -> String {
        guard let since, let until else { return rfc3339(now) }
        return rfc3339(Int64((since + (until - since) * Double(number) / Double(count)) * 1000))
    }
}

/// A text with places where a number goes.
struct NumberedText: Sendable {
    private let pieces: [[UInt8]]

    init(_ text: [UInt8]) {
        let hole = Array("{n}".utf8)
        var pieces: [[UInt8]] = [[]]
        var next = 0
        while next < text.count {
            if text[next...].starts(with: hole) {
                pieces.append([])
                next += hole.count
            } else {
                pieces[pieces.count - 1].append(text[next])
                next += 1
            }
        }
        self.pieces = pieces
    }

    func bytes(_ number: Int) -> [UInt8] {
        let digits = Array(String(number).utf8)
        return Array(pieces.joined(separator: digits))
    }
}
