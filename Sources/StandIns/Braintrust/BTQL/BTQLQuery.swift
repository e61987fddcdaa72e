/// A query as far as the stand-in understands the language: rows of one kind of object, all of them or some of their members,
/// or numbers about all that the filter lets through.
struct BTQLQuery: Sendable, Equatable {
    struct Order: Sendable, Equatable {
        var field: [String]
        var isAscending: Bool
    }

    /// What an answer's rows are: spans, all spans of each trace that has a fitting one, or its root only.
    enum Shape: String, Sendable { case spans, traces, summary }

    var kind: BraintrustRoute.RowKind
    /// Ids or names.
    var sources: [String]
    var shape = Shape.spans
    /// Empty is everything.
    var columns: [BTQLColumn] = []
    var filter: BTQLExpression?
    var order: Order?
    var limit = 1000
    var cursor: String?

    static let paginationKey = ["_pagination_key"]

    var isAggregate: Bool { columns.contains { $0.isAggregate } }

    /// Cursors know only the order of `_pagination_key`; numbers about rows stand alone.
    func check() throws(BraintrustFault) {
        if cursor != nil, let order, order.field != BTQLQuery.paginationKey {
            throw .invalid("cursor: only with no sort, or with a sort by _pagination_key")
        }
        guard isAggregate else { return }
        guard columns.allSatisfy(\.isAggregate) else {
            throw .invalid(
                "select: a field beside an aggregate has to be grouped by, which the stand-in does not serve")
        }
        guard order == nil, cursor == nil else { throw .invalid("select: aggregates have no sort and no cursor") }
        guard shape == .spans else { throw .invalid("select: the stand-in aggregates spans only") }
    }

    /// The members that have to be known of a row; nil: all.
    var fields: Set<String>? {
        guard !columns.isEmpty, shape == .spans else { return nil }
        let paths = columns.map(\.path) + [order?.field ?? []] + (filter?.paths ?? [])
        return Set(paths.compactMap(\.first))
    }
}

/// One column of an answer: `input.id as input_id`, `max(_xact_id)`.
struct BTQLColumn: Sendable, Equatable {
    enum Aggregate: String, Sendable, CaseIterable { case count, max, min, sum, avg }

    var aggregate: Aggregate?
    /// Empty: every row counts.
    var path: [String]
    var name: String

    init(aggregate: Aggregate? = nil, path: [String], name: String? = nil) {
        (self.aggregate, self.path) = (aggregate, path)
        let dotted = path.joined(separator: ".")
        self.name = name ?? aggregate.map { "\($0.rawValue)(\(path.isEmpty ? "*" : dotted))" } ?? dotted
    }

    var isAggregate: Bool { aggregate != nil }

    func value(of row: JSONObject) -> JSONValue { BTQLExpression.field(path).value(in: row) }
}

/// The numbers about rows that a query asks for.
struct BTQLAggregation {
    private let columns: [BTQLColumn]
    private var counts: [Int]
    private var sums: [Double]
    private var extremes: [JSONValue]

    init(_ columns: [BTQLColumn]) {
        self.columns = columns
        counts = columns.map { _ in 0 }
        sums = columns.map { _ in 0 }
        extremes = columns.map { _ in .null }
    }

    /// Null counts for nothing, but for `count(*)`.
    mutating func add(_ row: JSONObject) {
        for (index, column) in columns.enumerated() {
            let value = column.path.isEmpty ? true : column.value(of: row)
            guard !value.isNull else { continue }
            counts[index] += 1
            sums[index] += value.double ?? 0
            let best = extremes[index]
            let isBetter =
                column.aggregate == .max
                ? BTQLExpression.isLess(best, value) : BTQLExpression.isLess(value, best)
            if best.isNull || isBetter { extremes[index] = value }
        }
    }

    var row: JSONObject {
        JSONObject(
            columns.enumerated().map { index, column in
                switch column.aggregate {
                case .max, .min: (column.name, extremes[index])
                case .sum: (column.name, counts[index] == 0 ? .null : .number(sums[index]))
                case .avg: (column.name, counts[index] == 0 ? .null : .number(sums[index] / Double(counts[index])))
                case .count, nil: (column.name, .integer(counts[index]))
                }
            })
    }
}
