/// A query as far as the stand-in understands the language: whole rows of one kind of object.
struct BTQLQuery: Sendable, Equatable {
    struct Order: Sendable, Equatable {
        var field: [String]
        var isAscending: Bool
    }

    var kind: BraintrustRoute.RowKind
    /// Ids or names.
    var sources: [String]
    var filter: BTQLExpression?
    var order: Order?
    var limit = 1000
    var cursor: String?

    static let paginationKey = ["_pagination_key"]

    /// Cursors know only the order of `_pagination_key`.
    func check() throws(BraintrustFault) {
        if cursor != nil, let order, order.field != BTQLQuery.paginationKey {
            throw .invalid("cursor: only with no sort, or with a sort by _pagination_key")
        }
    }
}

/// What a filter is made of.
indirect enum BTQLExpression: Sendable, Equatable {
    enum Comparison: String, Sendable { case eq, ne, lt, le, gt, ge, includes }

    case field([String])
    case literal(JSONValue)
    case compare(Comparison, BTQLExpression, BTQLExpression)
    case isNull(BTQLExpression)
    case oneOf(BTQLExpression, [JSONValue])
    case and(BTQLExpression, BTQLExpression)
    case or(BTQLExpression, BTQLExpression)
    case not(BTQLExpression)

    func value(in row: JSONObject) -> JSONValue {
        switch self {
        case .field(let path):
            var value = JSONValue.object(row)
            for name in path { value = value[name] ?? nil }
            return value
        case .literal(let value): return value
        default: return .bool(holds(for: row))
        }
    }

    /// Comparisons with null hold for no row, as in SQL.
    func holds(for row: JSONObject) -> Bool {
        switch self {
        case .field, .literal: return value(in: row) == true
        case .and(let left, let right): return left.holds(for: row) && right.holds(for: row)
        case .or(let left, let right): return left.holds(for: row) || right.holds(for: row)
        case .not(let operand): return !operand.holds(for: row)
        case .isNull(let operand): return operand.value(in: row).isNull
        case .oneOf(let operand, let values): return values.contains(operand.value(in: row))
        case .compare(let comparison, let left, let right):
            let (left, right) = (left.value(in: row), right.value(in: row))
            guard !left.isNull, !right.isNull else { return false }
            switch comparison {
            case .eq: return left == right
            case .ne: return left != right
            case .lt: return BTQLExpression.isLess(left, right)
            case .le: return left == right || BTQLExpression.isLess(left, right)
            case .gt: return BTQLExpression.isLess(right, left)
            case .ge: return left == right || BTQLExpression.isLess(right, left)
            case .includes: return left.array?.contains(right) ?? false
            }
        }
    }

    /// By number, or by Unicode scalars; values of different types have no order.
    static func isLess(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.double, let right = right.double { return left < right }
        guard let left = left.string, let right = right.string else { return false }
        return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    }

    /// Whether a comparison with one of these fields is part of it.
    func mentions(_ fields: Set<String>) -> Bool {
        switch self {
        case .field(let path): path.count == 1 && fields.contains(path[0])
        case .literal: false
        case .not(let operand), .isNull(let operand), .oneOf(let operand, _): operand.mentions(fields)
        case .compare(_, let left, let right), .and(let left, let right), .or(let left, let right):
            left.mentions(fields) || right.mentions(fields)
        }
    }
}
