extension BTQLQuery {
    /// From text: `select: * | from: project_logs('id') | filter: created >= '2026-01-01' | limit: 10`, or the same as SQL:
    /// `SELECT * FROM project_logs('id') WHERE created >= '2026-01-01' LIMIT 10`.
    init(text: String) throws(BraintrustFault) {
        var reader = BTQLReader(tokens: try BTQLToken.all(in: text))
        self = try reader.query()
    }
}

/// Reads queries; what a filter is made of is in `BTQLReader+Filter.swift`.
struct BTQLReader {
    private static let clauses: Set<String> = ["select", "measures", "from", "filter", "sort", "limit", "cursor"]

    let tokens: [BTQLToken]
    private(set) var next = 0

    init(tokens: [BTQLToken]) { self.tokens = tokens }

    var token: BTQLToken? { next < tokens.count ? tokens[next] : nil }

    mutating func take(_ token: BTQLToken) -> Bool {
        guard self.token == token else { return false }
        next += 1
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard case .word(let found) = token, found.lowercased() == word else { return false }
        next += 1
        return true
    }

    mutating func require(_ symbol: String) throws(BraintrustFault) {
        guard take(.symbol(symbol)) else { throw unexpected() }
    }

    func unexpected() -> BraintrustFault {
        .invalid("BTQL: \(token.map { "unexpected \($0)" } ?? "unexpected end") at token \(next)")
    }

    mutating func skip() { next += 1 }

    /// SQL has no colons after its clauses.
    mutating func query() throws(BraintrustFault) -> BTQLQuery {
        guard tokens.count < 2 || tokens[1] == .symbol(":") else { return try statement() }
        var query = BTQLQuery(kind: .project_logs, sources: [])
        while token != nil {
            _ = take(.symbol("|"))
            guard case .word(let clause) = token, BTQLReader.clauses.contains(clause) else { throw unexpected() }
            next += 1
            try require(":")
            switch clause {
            case "select": query.columns = try columns()
            case "measures":
                query.columns = try columns()
                guard query.columns.allSatisfy(\.isAggregate), !query.columns.isEmpty else { throw unexpected() }
            case "from":
                try source(&query)
                if case .word(let word) = token, let shape = BTQLQuery.Shape(rawValue: word.lowercased()) {
                    query.shape = shape
                    next += 1
                }
            case "filter": query.filter = try disjunction()
            case "sort": query.order = try order()
            case "limit": query.limit = try count()
            default: query.cursor = try string()
            }
        }
        return try checked(query)
    }

    private mutating func statement() throws(BraintrustFault) -> BTQLQuery {
        var query = BTQLQuery(kind: .project_logs, sources: [])
        guard takeWord("select") else { throw unexpected() }
        query.columns = try columns()
        guard takeWord("from") else { throw unexpected() }
        try source(&query)
        if takeWord("where") { query.filter = try disjunction() }
        if takeWord("order") {
            guard takeWord("by") else { throw unexpected() }
            query.order = try order()
        }
        if takeWord("limit") { query.limit = try count() }
        // A cursor, not a number.
        if takeWord("offset") { query.cursor = try string() }
        guard token == nil else { throw unexpected() }
        return try checked(query)
    }

    private func checked(_ query: BTQLQuery) throws(BraintrustFault) -> BTQLQuery {
        guard !query.sources.isEmpty else { throw .invalid("from: an id is needed") }
        try query.check()
        return query
    }

    private mutating func count() throws(BraintrustFault) -> Int {
        guard case .number(let number) = token, let count = number.integer, count >= 0 else { throw unexpected() }
        next += 1
        return count
    }

    // MARK: - Columns

    /// Nothing for `*`.
    private mutating func columns() throws(BraintrustFault) -> [BTQLColumn] {
        if take(.symbol("*")) { return [] }
        var columns: [BTQLColumn] = []
        repeat {
            var column = try column()
            if takeWord("as") {
                switch token {
                case .word(let name), .name(let name): column.name = name
                default: throw unexpected()
                }
                next += 1
            }
            guard !columns.contains(where: { $0.name == column.name }) else {
                throw .invalid("select: \(column.name) is there twice")
            }
            columns.append(column)
        } while take(.symbol(","))
        return columns
    }

    private mutating func column() throws(BraintrustFault) -> BTQLColumn {
        guard case .word(let word) = token, next + 1 < tokens.count, tokens[next + 1] == .symbol("(") else {
            return BTQLColumn(path: try path())
        }
        guard let aggregate = BTQLColumn.Aggregate(rawValue: word.lowercased()) else {
            throw .invalid("\(word)(): not served by the stand-in")
        }
        next += 2
        let countsRows = aggregate == .count && (take(.symbol("*")) || take(.number(1)))
        let path = countsRows ? [] : try path()
        try require(")")
        return BTQLColumn(aggregate: aggregate, path: path)
    }

    mutating func string() throws(BraintrustFault) -> String {
        guard case .string(let string) = token else { throw unexpected() }
        next += 1
        return string
    }

    /// `dataset('id')`; in SQL `project_logs('id', shape => 'traces')`, too.
    private mutating func source(_ query: inout BTQLQuery) throws(BraintrustFault) {
        guard case .word(let name) = token, let kind = BraintrustRoute.RowKind(rawValue: name) else {
            throw unexpected()
        }
        next += 1
        query.kind = kind
        try require("(")
        repeat {
            if takeWord("shape") {
                try require("=>")
                guard let shape = BTQLQuery.Shape(rawValue: try string()) else { throw unexpected() }
                query.shape = shape
            } else {
                query.sources.append(try string())
            }
        } while take(.symbol(","))
        try require(")")
    }

    private mutating func order() throws(BraintrustFault) -> BTQLQuery.Order {
        let field = try path()
        let isAscending = !takeWord("desc")
        if isAscending { _ = takeWord("asc") }
        return BTQLQuery.Order(field: field, isAscending: isAscending)
    }

    mutating func path() throws(BraintrustFault) -> [String] {
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
}
