extension BTQLQuery {
    /// From the JSON form of a query.
    init(tree: JSONObject) throws(BraintrustFault) {
        for key in tree.keys where !["select", "from", "filter", "sort", "limit", "cursor"].contains(key) {
            throw .invalid("\(key): not served by the stand-in")
        }
        let from = tree["from"] ?? nil
        guard from["op"] == "function", let name = from["name"]?["name"]?.array?.first?.string,
            let kind = BraintrustRoute.RowKind(rawValue: name)
        else { throw .invalid("from: project_logs, dataset or experiment") }
        let sources = (from["args"]?.array ?? []).compactMap { $0["value"]?.string }
        guard !sources.isEmpty else { throw .invalid("from: an id is needed") }
        self.init(kind: kind, sources: sources)
        columns = try BTQLQuery.columns(tree["select"] ?? nil)
        if let shape = from["shape"], !shape.isNull {
            guard let known = Shape(rawValue: shape.string ?? "") else { throw .invalid("from: \(shape.text)") }
            self.shape = known
        }
        if let filter = tree["filter"], !filter.isNull { self.filter = try BTQLExpression(tree: filter) }
        for (index, sort) in (tree["sort"]?.array ?? []).enumerated() {
            guard index == 0, let field = sort["expr"]?["name"]?.array?.compactMap(\.string), !field.isEmpty else {
                throw .invalid("sort: the stand-in sorts by one field")
            }
            order = Order(field: field, isAscending: sort["dir"] != "desc")
        }
        if let limit = tree["limit"], !limit.isNull {
            guard let number = limit.integer, number >= 0 else { throw .invalid("limit: a whole number is needed") }
            self.limit = number
        }
        cursor = tree["cursor"]?.string
        try check()
    }
}

extension BTQLQuery {
    /// Nothing for everything.
    private static func columns(_ select: JSONValue) throws(BraintrustFault) -> [BTQLColumn] {
        guard let elements = select.array, !elements.isEmpty else { throw .invalid("select: a list is needed") }
        if elements == [["op": "star"]] { return [] }
        var columns: [BTQLColumn] = []
        for element in elements {
            let expression = element["expr"] ?? nil
            let alias = element["alias"]?.string
            if expression["op"] == "ident", let path = expression["name"]?.array?.compactMap(\.string), !path.isEmpty {
                columns.append(BTQLColumn(path: path, name: alias))
            } else if expression["op"] == "function",
                let name = expression["name"]?["name"]?.array?.first?.string,
                let aggregate = BTQLColumn.Aggregate(rawValue: name)
            {
                let path = expression["args"]?.array?.first?["name"]?.array?.compactMap(\.string) ?? []
                guard !path.isEmpty || aggregate == .count else { throw .invalid("\(name): a field is needed") }
                columns.append(BTQLColumn(aggregate: aggregate, path: path, name: alias))
            } else {
                throw .invalid("select: \(element.text) is not served by the stand-in")
            }
        }
        return columns
    }
}

extension BTQLExpression {
    init(tree: JSONValue) throws(BraintrustFault) {
        func operand(_ key: String) throws(BraintrustFault) -> BTQLExpression {
            guard let operand = tree[key] else { throw .invalid("filter: \(key) is missing in \(tree.text)") }
            return try BTQLExpression(tree: operand)
        }
        switch tree["op"]?.string ?? "" {
        case "ident":
            guard let path = tree["name"]?.array?.compactMap(\.string), !path.isEmpty else {
                throw .invalid("filter: an ident has a name")
            }
            self = .field(path)
        case "literal": self = .literal(tree["value"] ?? nil)
        case "and": self = .and(try operand("left"), try operand("right"))
        case "or": self = .or(try operand("left"), try operand("right"))
        case "not": self = .not(try operand("expr"))
        case "isnull": self = .isNull(try operand("expr"))
        case "isnotnull": self = .not(.isNull(try operand("expr")))
        case "in":
            guard case .literal(.array(let values)) = try operand("right") else {
                throw .invalid("filter: in needs a list")
            }
            self = .oneOf(try operand("left"), Set(values))
        case let op:
            guard let comparison = Comparison(rawValue: op) else { throw .invalid("filter: '\(op)' is not served") }
            self = .compare(comparison, try operand("left"), try operand("right"))
        }
    }
}
