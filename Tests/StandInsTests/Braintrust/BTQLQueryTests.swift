import Testing

@testable import StandIns

@Suite struct BTQLQueryTests {
    private let row = JSONObject([
        ("id", "r1"), ("created", "2026-11-20T10:00:00Z"), ("n", 5), ("none", nil), ("tags", ["spam", "it's"]),
        ("input", ["id": "x", "select": 1]),
    ])

    @Test(arguments: [
        ("id = 'r1'", true), ("id != 'r1'", false), ("created >= '2026-11-20T00:00:00Z'", true), ("n > 4.5", true),
        ("n < -1", false), ("tags includes 'it''s'", true), ("tags includes 'ham'", false), ("none is null", true),
        ("missing is not null", false), ("none = null", false), ("none != 'a'", false), ("input.id = 'x'", true),
        (#"input."select" = 1"#, true), ("id in ['a', 'r1']", true), ("id IN ('a')", false), ("not id = 'r1'", false),
        ("id = 'a' or n = 5 and id = 'r1'", true), ("(id = 'a' or n = 5) and id = 'b'", false), ("n <= 5", true),
        ("id < 5", false),
    ])
    func filters(filter: String, holds: Bool) throws {
        let query = try BTQLQuery(text: "select: * | from: project_logs('p') spans | filter: \(filter)")
        #expect(try #require(query.filter).holds(for: row) == holds)
    }

    @Test func everyClause() throws {
        let query = try BTQLQuery(
            text: """
                from: dataset('a', 'b')
                select: *
                sort: _pagination_key desc | limit: 5 | cursor: 'c'
                """)
        #expect((query.kind, query.sources, query.limit, query.cursor) == (.dataset, ["a", "b"], 5, "c"))
        #expect(query.order == BTQLQuery.Order(field: ["_pagination_key"], isAscending: false))
    }

    @Test(arguments: [
        "", "select: *", "from: nonsense('p')", "from: dataset()",
        "from: dataset('p') | filter: id =", "from: dataset('p') | filter: id = 'a", "from: dataset('p') | limit: -1",
        "from: dataset('p') | filter: id ~ 'a'", "from: dataset('p') | sort: created | cursor: 'c'",
        "from: dataset('p') | dimensions: id", "from: dataset('p') | filter: (id",
        "select: id, count(1) | from: dataset('p')",
        "select: id as a, input.id as a | from: dataset('p')", "select: median(n) | from: dataset('p')",
        "select: count(1) | from: dataset('p') | sort: id", "measures: id | from: dataset('p')",
        "SELECT * FROM dataset('p') OFFSET 5", "SELECT * FROM dataset('p') WHERE", "SELECT id dataset('p')",
        "SELECT * FROM dataset('p') LIMIT 1 WHERE id = 'a'", "SELECT id FROM dataset('p') GROUP BY id",
        "SELECT * FROM dataset('p') ORDER BY created OFFSET 'c'", "from: dataset('p') sandwich",
    ])
    func refuses(text: String) {
        #expect(throws: BraintrustFault.self) { try BTQLQuery(text: text) }
    }

    @Test(arguments: [
        (
            "select: id, input.id, metadata.\"a b\" as ab | from: dataset('d') | filter: id in ('a') | limit: 7",
            "SELECT id, input.id, metadata.\"a b\" AS ab FROM dataset('d') WHERE id IN ('a') LIMIT 7"
        ),
        (
            "select: * | from: project_logs('a', 'b') traces | sort: _pagination_key asc | limit: 5 | cursor: 'p1'",
            "select * from project_logs('a', 'b', shape => 'traces') order by _pagination_key limit 5 offset 'p1'"
        ),
        (
            "measures: max(_xact_id) as version, count(1) as count | from: dataset('d')",
            "SELECT max(_xact_id) AS version, count(*) AS count FROM dataset('d')"
        ),
    ])
    func pipesAndSQLAreTheSame(pipes: String, sql: String) throws {
        #expect(try BTQLQuery(text: pipes) == BTQLQuery(text: sql))
    }

    @Test func momentsAreComparedAsSuch() throws {
        for (filter, holds) in [
            ("created = '2026-11-20T10:00:00.000Z'", true), ("created >= '2026-11-20T10:00:00+00:00'", true),
            ("created < '2026-11-20T10:00:00.001Z'", true), ("created >= '2026-11-20'", true),
            ("created < '2026-11-20'", false),
        ] {
            let query = try BTQLQuery(text: "from: dataset('p') | filter: \(filter)")
            #expect(try #require(query.filter).holds(for: row) == holds, "\(filter)")
        }
    }

    @Test func textAndTreeAreTheSame() throws {
        let tree: JSONValue = [
            "select": [["op": "star"]],
            "from": [
                "op": "function", "name": ["op": "ident", "name": ["dataset"]],
                "args": [["op": "literal", "value": "d"]],
            ],
            "filter": [
                "op": "and",
                "left": [
                    "op": "ge", "left": ["op": "ident", "name": ["created"]],
                    "right": ["op": "literal", "value": "2026"],
                ],
                "right": ["op": "isnotnull", "expr": ["op": "ident", "name": ["input", "id"]]],
            ],
            "sort": [["expr": ["op": "ident", "name": ["_pagination_key"]], "dir": "asc"]], "limit": 10, "cursor": nil,
        ]
        let text = """
            select: * | from: dataset('d') | filter: created >= '2026' and input.id is not null \
            | sort: _pagination_key asc | limit: 10
            """
        #expect(try BTQLQuery(tree: try #require(tree.object)) == BTQLQuery(text: text))
    }
}

@Suite struct BTQLRequestTests {
    private func table(_ numbers: Range<Int>, transaction: Int = 7) -> RowTable {
        var table = RowTable()
        for number in numbers {
            let row = JSONObject([
                ("id", .string("\(number)")), ("_xact_id", .string("\(transaction)")), ("n", .integer(number)),
                ("_pagination_key", .string(RowTable.key(transaction: transaction, position: number))),
                ("root_span_id", .string("trace-\(number / 2)")), ("input", ["id": .string("i-\(number)")]),
            ])
            table.put(row, id: "\(number)", transaction: transaction, position: number, isDeleted: false)
        }
        return table
    }

    private func rows(_ query: String, in tables: [RowTable]) throws -> [JSONValue] {
        let answer = try BTQLRequest(["query": .string(query)]).answer(from: tables)
        return try JSONValue(parsing: answer.body)["data"]?.array ?? []
    }

    private func ids(_ query: String, in tables: [RowTable]) throws -> [String?] {
        try rows(query, in: tables).map { $0["id"]?.string }
    }

    @Test(arguments: [("asc", ["0", "1", "2", "3", "4"]), ("desc", ["4", "3", "2", "1", "0"])])
    func pagesByCursor(direction: String, expected: [String]) throws {
        var ids: [String?] = []
        var cursor: JSONValue = nil
        repeat {
            let clause = cursor.string.map { "| cursor: '\($0)'" } ?? ""
            let text = "from: dataset('d') | sort: _pagination_key \(direction) | limit: 2 \(clause)"
            let answer = try BTQLRequest(["query": .string(text)]).answer(from: [table(0..<5)])
            let json = try JSONValue(parsing: answer.body)
            ids += json["data"]?.array?.map { $0["id"]?.string } ?? []
            cursor = json["cursor"] ?? nil
        } while !cursor.isNull
        #expect(ids == expected)
    }

    @Test func linesHaveTheirCursorInAHeader() throws {
        let request = try BTQLRequest(["query": "from: dataset('d') | limit: 2", "fmt": "jsonl"])
        let answer = try request.answer(from: [table(0..<3)])
        #expect(answer.body.count { $0 == UInt8(ascii: "\n") } == 2)
        #expect(answer.headers["x-bt-cursor"] == RowTable.key(transaction: 7, position: 1))
    }

    @Test(arguments: [
        ("id in ('3', '1', 'x')", ["1", "3"]), ("input.id in ('i-4') or id = '0'", ["0", "4"]),
        ("id in ('1', '2') and n > 1", ["2"]), ("n > 1 and id in ('1', '2')", ["2"]),
        ("id in ('1') or n = 3", ["1", "3"]), ("input.id = 'i-2'", ["2"]), ("not id in ('0', '1', '2')", ["3", "4"]),
        ("_pagination_key > 'p000000000000000000070000002'", ["3", "4"]),
        (
            "_pagination_key >= 'p000000000000000000070000002' and _pagination_key < 'p000000000000000000070000004'",
            ["2", "3"]
        ),
        ("_pagination_key = 'p000000000000000000070000002' or id = '0'", ["0", "2"]),
    ])
    func findsByIndexAsWithout(filter: String, expected: [String]) throws {
        let query = "from: dataset('d') | filter: \(filter) | sort: _pagination_key asc"
        #expect(try ids("select: * | " + query, in: [table(0..<5)]) == expected)
        #expect(try ids("select: id | " + query, in: [table(0..<5)]) == expected)
    }

    @Test func columnsAreNamedAsTheyAreAskedFor() throws {
        let found = try rows(
            "select: id, input.id, input.id as input_id, missing | from: dataset('d') | limit: 1", in: [table(0..<1)])
        #expect(found == [["id": "0", "input.id": "i-0", "input_id": "i-0", "missing": nil]])
    }

    @Test func numbersAboutRows() throws {
        let measures =
            "count(1) as all, count(n) as n, max(n) as most, min(n) as least, sum(n) as sum, max(_xact_id) as v"
        let found = try rows(
            "measures: \(measures) | from: dataset('d') | filter: n > 0 | limit: 1", in: [table(0..<4), table(0..<2)])
        #expect(
            found == [["all": 4, "n": 4, "most": 3, "least": 1, "sum": .number(7.0), "v": "7"]])
        #expect(
            try rows("SELECT count(*), max(n) FROM dataset('d')", in: [table(0..<0)]) == [
                ["count(*)": 0, "max(n)": nil]
            ])
    }

    @Test func severalSourcesAreOneOrder() throws {
        let tables = [table(0..<3, transaction: 8), table(3..<6, transaction: 7)]
        let query = "from: dataset('d') | sort: _pagination_key asc | limit: 4"
        #expect(try ids(query, in: tables) == ["3", "4", "5", "0"])
    }

    @Test func shapes() throws {
        let filter = "filter: n = 1 | sort: _pagination_key asc"
        #expect(try ids("from: project_logs('p') spans | \(filter)", in: [table(0..<6)]) == ["1"])
        #expect(try ids("from: project_logs('p') traces | \(filter)", in: [table(0..<6)]) == ["0", "1"])
        let all = "from: project_logs('p') summary | sort: _pagination_key asc | limit: 2"
        #expect(try ids(all, in: [table(0..<6)]) == ["0", "2"])
    }

    @Test func byAnotherFieldThereIsNoCursor() throws {
        let answer = try BTQLRequest(["query": "from: dataset('d') | sort: n desc | limit: 2"]).answer(from: [
            table(0..<3)
        ])
        let json = try JSONValue(parsing: answer.body)
        #expect(json["data"]?.array?.map { $0["n"] } == [2, 1] && json["cursor"] == .null)
    }

    @Test func queriesBeyondTheLimitOfAMinuteWait() {
        var traffic = BTQLTraffic()
        #expect(traffic.admit(perMinute: 2, now: 0) == nil)
        #expect(traffic.admit(perMinute: 2, now: 10_000) == nil)
        let refusal = traffic.admit(perMinute: 2, now: 30_500)
        #expect((refusal?.status, refusal?.headers["retry-after"]) == (429, "30"))
        #expect(traffic.admit(perMinute: 2, now: 60_000) == nil)
        #expect(traffic.admit(perMinute: nil, now: 60_000) == nil)
    }

    @Test func redirectsHaveTheCursorAndNeedNoKey() throws {
        var traffic = BTQLTraffic()
        let answer = try BTQLRequest(["query": "from: dataset('d') | limit: 2"]).answer(from: [table(0..<3)])
        let redirect = traffic.redirect(answer, base: "http://h/braintrust")
        #expect(redirect.headers["x-bt-cursor"] == RowTable.key(transaction: 7, position: 1))
        let location = try #require(redirect.headers["location"]?.split(separator: "?"))
        let path = String(location[0].dropFirst("http://h/braintrust".count))
        let query = Call.query(String(location[1]))
        let result = traffic.result(Call("GET", path, query: query))
        let body = try JSONValue(parsing: result.body)
        #expect(body["data"]?.array?.count == 2 && body["cursor"] == nil)
        #expect(traffic.result(Call("GET", path, query: query, headers: ["authorization": "Bearer k"])).status == 400)
        #expect(traffic.result(Call("GET", path)).status == 403)
    }

    @Test(
        arguments: [
            [:], ["query": 1], ["query": "from: dataset('d')", "fmt": "parquet"],
            ["query": "from: dataset('d')", "nonsense": 1], ["query": "from: dataset('d')", "lint_mode": "strict"],
            ["query": "from: dataset('d')", "version": 7],
        ] as [JSONValue])
    func refuses(body: JSONValue) {
        #expect(throws: BraintrustFault.self) { try BTQLRequest(body) }
    }
}
