/// What a query finds.
struct BTQLResult {
    private(set) var rows: [JSONObject] = []
    /// Of the next page.
    private(set) var cursor: String?

    /// - Parameters:
    ///   - tables: of the query's sources.
    ///   - version: rows as they were after this transaction.
    init(_ query: BTQLQuery, in tables: [RowTable], version: Int) throws(BraintrustFault) {
        let isByKey = query.order == nil || query.order?.field == BTQLQuery.paginationKey
        var scan = RowTable.Scan(filter: query.filter, fields: query.fields, version: version, cursor: query.cursor)
        scan.isAscending = query.order?.isAscending ?? false
        if let cursor = query.cursor, !cursor.hasPrefix("p") || !cursor.dropFirst().allSatisfy(\.isNumber) {
            throw .invalid("cursor: not one of this query's")
        }
        if query.isAggregate {
            var aggregation = BTQLAggregation(query.columns)
            for table in tables {
                table.forEach(scan) { row in
                    aggregation.add(row)
                    return true
                }
            }
            rows = [aggregation.row]
            return
        }
        var found: [JSONObject] = []
        for table in tables {
            // Of each, as much as the page may have: then the first ones of all are among them.
            let most = isByKey && query.shape == .spans ? query.limit : Int.max
            var count = 0
            if most > 0 {
                table.forEach(scan) { row in
                    found.append(row)
                    count += 1
                    return count < most
                }
            }
        }
        let key = BTQLExpression.field(query.order?.field ?? BTQLQuery.paginationKey)
        if tables.count > 1 || !isByKey { BTQLResult.sort(&found, by: key, isAscending: scan.isAscending) }
        if query.shape != .spans {
            found = BTQLResult.roots(of: found)
        }
        let page = found.prefix(query.limit)
        // A full page has a cursor even when nothing comes after it: only the next page tells.
        if page.count == query.limit, isByKey { cursor = page.last?["_pagination_key"]?.string }
        if query.shape == .traces {
            rows = page.flatMap { BTQLResult.trace(of: $0, in: tables, version: version) }
        } else {
            rows = Array(page)
        }
        guard !query.columns.isEmpty else { return }
        rows = rows.map { row in JSONObject(query.columns.map { ($0.name, $0.value(of: row)) }) }
    }

    private static func sort(_ rows: inout [JSONObject], by key: BTQLExpression, isAscending: Bool) {
        rows.sort {
            let (left, right) = (key.value(in: $0), key.value(in: $1))
            return isAscending ? BTQLExpression.isLess(left, right) : BTQLExpression.isLess(right, left)
        }
    }

    /// The first row of each trace.
    private static func roots(of rows: [JSONObject]) -> [JSONObject] {
        var seen: Set<String> = []
        return rows.filter { seen.insert($0["root_span_id"]?.string ?? "").inserted }
    }

    /// All spans of a row's trace.
    private static func trace(of row: JSONObject, in tables: [RowTable], version: Int) -> [JSONObject] {
        var spans: [JSONObject] = []
        let filter = BTQLExpression.compare(.eq, .field(["root_span_id"]), .literal(row["root_span_id"] ?? nil))
        for table in tables {
            table.forEach(RowTable.Scan(filter: filter, version: version)) { span in
                spans.append(span)
                return true
            }
        }
        return spans
    }
}
