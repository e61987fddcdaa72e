/// The body of `POST /btql`, checked.
struct BTQLRequest: Sendable, Equatable {
    var query: BTQLQuery
    /// One row a line, with the cursor in a header only.
    var isLines: Bool
    /// Rows as they were after this transaction.
    var version: Int?

    private static let options: Set<String> = [
        "query", "fmt", "tz_offset", "version", "audit_log", "use_brainstore", "brainstore_realtime", "use_columnstore",
        "disable_limit", "force_push_limit", "inference_depth", "expected_cost", "overflow_results",
        "relaxed_search_mode", "lint_mode", "api_version", "query_timeout_seconds", "query_source", "preview_length",
    ]
    private static let rangeFields: Set<String> = ["created", "_xact_id", "_pagination_key"]

    init(_ body: JSONValue) throws(BraintrustFault) {
        for key in body.object?.keys ?? [] where !BTQLRequest.options.contains(key) {
            throw .invalid("\(key): unknown option")
        }
        switch body["query"] {
        case .string(let text): query = try BTQLQuery(text: text)
        case .object(let tree): query = try BTQLQuery(tree: tree)
        default: throw .invalid("query: text or a syntax tree is needed")
        }
        let format = body["fmt"]?.string ?? "json"
        guard ["json", "jsonl"].contains(format) else { throw .invalid("fmt: the stand-in serves json and jsonl") }
        isLines = format == "jsonl"
        if body["lint_mode"] == "strict", query.filter?.mentions(BTQLRequest.rangeFields) != true {
            throw .invalid("lint: a filter on created, _xact_id or _pagination_key is needed")
        }
        if let text = body["version"], !text.isNull {
            guard let number = text.string.flatMap({ Int($0) }) else { throw .invalid("version: no _xact_id") }
            version = number
        }
    }

    /// - Parameter tables: of the query's sources.
    func answer(from tables: [RowTable]) throws(BraintrustFault) -> Answer {
        let result = try BTQLResult(query, in: tables, version: version ?? .max)
        let headers = result.cursor.map { ["x-bt-cursor": $0] } ?? [:]
        if isLines {
            let body = result.rows.flatMap { JSONValue.object($0).bytes + [UInt8(ascii: "\n")] }
            return Answer(headers: headers, body: body, type: "application/x-ndjson")
        }
        let last = tables.compactMap(\.lastTransaction).max().map { String($0) }
        return Answer(json: [
            "data": .array(result.rows.map(JSONValue.object)), "cursor": .optional(result.cursor),
            "schema": ["type": "array", "items": ["type": "object"]],
            "freshness_state": ["last_processed_xact_id": .optional(last), "last_considered_xact_id": .optional(last)],
            "realtime_state": ["type": "on"],
        ])
    }
}
