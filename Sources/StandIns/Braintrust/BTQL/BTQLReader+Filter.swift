/// What a filter is made of; OR is the weakest.
extension BTQLReader {
    private static let comparisons: [String: BTQLExpression.Comparison] = [
        "=": .eq, "!=": .ne, "<>": .ne, "<": .lt, "<=": .le, ">": .gt, ">=": .ge,
    ]

    mutating func disjunction() throws(BraintrustFault) -> BTQLExpression {
        var expression = try conjunction()
        while takeWord("or") { expression = .or(expression, try conjunction()) }
        return expression
    }

    private mutating func conjunction() throws(BraintrustFault) -> BTQLExpression {
        var expression = try comparison()
        while takeWord("and") { expression = .and(expression, try comparison()) }
        return expression
    }

    private mutating func comparison() throws(BraintrustFault) -> BTQLExpression {
        if takeWord("not") { return .not(try comparison()) }
        if take(.symbol("(")) {
            let expression = try disjunction()
            try require(")")
            return expression
        }
        let left = try operand()
        if takeWord("is") {
            let isNegated = takeWord("not")
            guard takeWord("null") else { throw unexpected() }
            return isNegated ? .not(.isNull(left)) : .isNull(left)
        }
        if takeWord("includes") { return .compare(.includes, left, try operand()) }
        if takeWord("in") {
            guard case .literal(.array(let values)) = try operand() else { throw unexpected() }
            return .oneOf(left, Set(values))
        }
        guard case .symbol(let symbol) = token, let comparison = BTQLReader.comparisons[symbol] else { return left }
        skip()
        return .compare(comparison, left, try operand())
    }

    private mutating func operand() throws(BraintrustFault) -> BTQLExpression {
        switch token {
        case .string(let string):
            skip()
            return .literal(.string(string))
        case .number(let number):
            skip()
            return .literal(number)
        case .symbol("["), .symbol("("): return .literal(.array(try list()))
        default: break
        }
        for (word, value) in [("null", JSONValue.null), ("true", true), ("false", false)] where takeWord(word) {
            return .literal(value)
        }
        return .field(try path())
    }

    private mutating func list() throws(BraintrustFault) -> [JSONValue] {
        let end = take(.symbol("[")) ? "]" : ")"
        if end == ")" { try require("(") }
        var values: [JSONValue] = []
        while !take(.symbol(end)) {
            if !values.isEmpty { try require(",") }
            guard case .literal(let value) = try operand() else { throw unexpected() }
            values.append(value)
        }
        return values
    }
}
