extension BTQLQuery {
    /// From text: `select: * | from: project_logs('id') | filter: created >= '2026-01-01' | limit: 10`.
    init(text: String) throws(BraintrustFault) {
        var reader = BTQLReader(tokens: try BTQLToken.all(in: text))
        self = try reader.query()
    }
}

enum BTQLToken: Equatable {
    /// A name or a keyword.
    case word(String)
    /// In double quotes: never a keyword.
    case name(String)
    case string(String)
    case number(JSONValue)
    case symbol(String)

    static func all(in text: String) throws(BraintrustFault) -> [BTQLToken] {
        var tokens: [BTQLToken] = []
        var rest = Substring(text)
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                let content = try quoted(&rest)
                tokens.append(first == "'" ? .string(content) : .name(content))
            } else if first.isNumber || (first == "-" && rest.dropFirst().first?.isNumber == true) {
                let digits = rest.prefix { $0.isNumber || "+-.eE".contains($0) }
                guard let number = try? JSONValue(parsing: String(digits)) else {
                    throw .invalid("no number: \(digits)")
                }
                tokens.append(.number(number))
                rest = rest.dropFirst(digits.count)
            } else if first.isLetter || first == "_" {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else {
                let two = String(rest.prefix(2))
                let symbol = ["<=", ">=", "!=", "<>"].contains(two) ? two : String(first)
                guard symbol.count == 2 || "|:,().[]*=<>".contains(first) else {
                    throw .invalid("unexpected '\(first)'")
                }
                tokens.append(.symbol(symbol))
                rest = rest.dropFirst(symbol.count)
            }
        }
        return tokens
    }

    /// The quote doubled stands for itself.
    private static func quoted(_ rest: inout Substring) throws(BraintrustFault) -> String {
        let quote = rest.removeFirst()
        var content = ""
        while let character = rest.popFirst() {
            guard character == quote else {
                content.append(character)
                continue
            }
            guard rest.first == quote else { return content }
            content.append(rest.removeFirst())
        }
        throw .invalid("a quote that does not end")
    }
}

private struct BTQLReader {
    private static let clauses: Set<String> = ["select", "from", "filter", "sort", "limit", "cursor"]
    private static let comparisons: [String: BTQLExpression.Comparison] = [
        "=": .eq, "!=": .ne, "<>": .ne, "<": .lt, "<=": .le, ">": .gt, ">=": .ge,
    ]

    let tokens: [BTQLToken]
    private var next = 0

    init(tokens: [BTQLToken]) { self.tokens = tokens }

    private var token: BTQLToken? { next < tokens.count ? tokens[next] : nil }

    private mutating func take(_ token: BTQLToken) -> Bool {
        guard self.token == token else { return false }
        next += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard case .word(let found) = token, found.lowercased() == word else { return false }
        next += 1
        return true
    }

    private mutating func require(_ symbol: String) throws(BraintrustFault) {
        guard take(.symbol(symbol)) else { throw unexpected() }
    }

    private func unexpected() -> BraintrustFault {
        .invalid("BTQL: \(token.map { "unexpected \($0)" } ?? "unexpected end") at token \(next)")
    }

    mutating func query() throws(BraintrustFault) -> BTQLQuery {
        var query = BTQLQuery(kind: .project_logs, sources: [])
        while token != nil {
            _ = take(.symbol("|"))
            guard case .word(let clause) = token, BTQLReader.clauses.contains(clause) else { throw unexpected() }
            next += 1
            try require(":")
            switch clause {
            case "select": try require("*")
            case "from": (query.kind, query.sources) = try source()
            case "filter": query.filter = try disjunction()
            case "sort": query.order = try order()
            case "limit":
                guard case .number(.integer(let limit)) = token, limit >= 0 else { throw unexpected() }
                next += 1
                query.limit = limit
            default: query.cursor = try string()
            }
        }
        guard !query.sources.isEmpty else { throw .invalid("BTQL: from is missing") }
        try query.check()
        return query
    }

    private mutating func string() throws(BraintrustFault) -> String {
        guard case .string(let string) = token else { throw unexpected() }
        next += 1
        return string
    }

    private mutating func source() throws(BraintrustFault) -> (BraintrustRoute.RowKind, [String]) {
        guard case .word(let name) = token, let kind = BraintrustRoute.RowKind(rawValue: name) else {
            throw unexpected()
        }
        next += 1
        try require("(")
        var sources: [String] = []
        repeat { sources.append(try string()) } while take(.symbol(","))
        try require(")")
        _ = takeWord("spans")
        return (kind, sources)
    }

    private mutating func order() throws(BraintrustFault) -> BTQLQuery.Order {
        let field = try path()
        let isAscending = !takeWord("desc")
        if isAscending { _ = takeWord("asc") }
        return BTQLQuery.Order(field: field, isAscending: isAscending)
    }

    private mutating func path() throws(BraintrustFault) -> [String] {
        var path: [String] = []
        repeat {
            switch token {
            case .word(let name), .name(let name): path.append(name)
            default: throw unexpected()
            }
            next += 1
        } while take(.symbol("."))
        return path
    }

    private mutating func disjunction() throws(BraintrustFault) -> BTQLExpression {
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
            return .oneOf(left, values)
        }
        guard case .symbol(let symbol) = token, let comparison = BTQLReader.comparisons[symbol] else { return left }
        next += 1
        return .compare(comparison, left, try operand())
    }

    private mutating func operand() throws(BraintrustFault) -> BTQLExpression {
        switch token {
        case .string(let string):
            next += 1
            return .literal(.string(string))
        case .number(let number):
            next += 1
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
