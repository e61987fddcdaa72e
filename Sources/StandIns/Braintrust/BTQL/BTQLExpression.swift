import Support

/// What a filter is made of.
indirect enum BTQLExpression: Sendable, Equatable {
    enum Comparison: String, Sendable { case eq, ne, lt, le, gt, ge, includes }

    case field([String])
    case literal(JSONValue)
    case compare(Comparison, BTQLExpression, BTQLExpression)
    case isNull(BTQLExpression)
    case oneOf(BTQLExpression, Set<JSONValue>)
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
            let (left, right) = BTQLExpression.comparable(left, right, in: row)
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

    /// Moments are compared as such, however they are written.
    private static func comparable(
        _ left: BTQLExpression, _ right: BTQLExpression, in row: JSONObject
    ) -> (JSONValue, JSONValue) {
        let (leftValue, rightValue) = (left.value(in: row), right.value(in: row))
        guard left.isMoment || right.isMoment, let leftText = leftValue.string, let rightText = rightValue.string,
            let leftMoment = moment(leftText), let rightMoment = moment(rightText)
        else { return (leftValue, rightValue) }
        return (.number(leftMoment), .number(rightMoment))
    }

    private var isMoment: Bool { self == .field(["created"]) }

    /// Seconds since 1970 of RFC 3339 in UTC, or of a date.
    static func moment(_ text: String) -> Double? {
        let utf8 = Array(text.utf8)
        guard utf8.count >= 10, let date = CivilDate(String(text.prefix(10))) else { return nil }
        let day = Double(date.daysSince1970) * 86_400
        if utf8.count == 10 { return day }
        let isUTC = text.hasSuffix("Z") || text.hasSuffix("+00:00")
        let time = text.dropFirst(11).prefix { $0 != "Z" && $0 != "+" }.split(separator: ":").compactMap { Double($0) }
        guard isUTC, time.count == 3 else { return nil }
        return day + time[0] * 3600 + time[1] * 60 + time[2]
    }

    /// By number, or by Unicode scalars; values of different types have no order.
    static func isLess(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.double, let right = right.double { return left < right }
        guard let left = left.string, let right = right.string else { return false }
        return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    }

    /// The fields that it reads.
    var paths: [[String]] {
        switch self {
        case .field(let path): [path]
        case .literal: []
        case .not(let operand), .isNull(let operand), .oneOf(let operand, _): operand.paths
        case .compare(_, let left, let right), .and(let left, let right), .or(let left, let right):
            left.paths + right.paths
        }
    }

    /// Whether a comparison with one of these fields is part of it.
    func mentions(_ fields: Set<String>) -> Bool { paths.contains { $0.count == 1 && fields.contains($0[0]) } }

    /// The values of indexed fields outside of which it holds for no row; nil: an index does not help.
    func lookups(_ indexed: Set<[String]>) -> [(path: [String], value: JSONValue)]? {
        switch self {
        case .oneOf(.field(let path), let values) where indexed.contains(path): return values.map { (path, $0) }
        case .compare(.eq, .field(let path), .literal(let value)) where indexed.contains(path): return [(path, value)]
        case .and(let left, let right): return left.lookups(indexed) ?? right.lookups(indexed)
        case .or(let left, let right):
            guard let left = left.lookups(indexed), let right = right.lookups(indexed) else { return nil }
            return left + right
        default: return nil
        }
    }

    /// The pagination keys between which it holds: from the first one, up to without the second one.
    var keys: (from: String?, upTo: String?) {
        switch self {
        case .compare(let comparison, .field(BTQLQuery.paginationKey), .literal(.string(let key))):
            switch comparison {
            case .gt: return (key + "\0", nil)
            case .ge: return (key, nil)
            case .lt: return (nil, key)
            case .le: return (nil, key + "\0")
            case .eq: return (key, key + "\0")
            case .ne, .includes: return (nil, nil)
            }
        case .and(let left, let right):
            let (left, right) = (left.keys, right.keys)
            return ([left.from, right.from].compactMap { $0 }.max(), [left.upTo, right.upTo].compactMap { $0 }.min())
        default: return (nil, nil)
        }
    }
}
