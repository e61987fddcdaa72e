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
        "", "select: *", "SELECT * FROM project_logs('p')", "from: nonsense('p')", "from: dataset()",
        "from: dataset('p') | filter: id =", "from: dataset('p') | filter: id = 'a", "from: dataset('p') | limit: -1",
        "from: dataset('p') | filter: id ~ 'a'", "from: dataset('p') | sort: created | cursor: 'c'",
        "from: dataset('p') | dimensions: id", "select: id | from: dataset('p')", "from: dataset('p') | filter: (id",
    ])
    func refuses(text: String) {
        #expect(throws: BraintrustFault.self) { try BTQLQuery(text: text) }
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
    private func table(_ count: Int) -> RowTable {
        var table = RowTable()
        for number in 0..<count {
            let row = JSONObject([
                ("id", .string("\(number)")), ("_xact_id", "7"), ("_pagination_key", .string("p\(number)")),
            ])
            table.put(row, id: "\(number)", transaction: 7, isDeleted: false)
        }
        return table
    }

    @Test(arguments: [("asc", ["0", "1", "2", "3", "4"]), ("desc", ["4", "3", "2", "1", "0"])])
    func pagesByCursor(direction: String, expected: [String]) throws {
        var ids: [String?] = []
        var cursor: JSONValue = nil
        repeat {
            let clause = cursor.string.map { "| cursor: '\($0)'" } ?? ""
            let text = "from: dataset('d') | sort: _pagination_key \(direction) | limit: 2 \(clause)"
            let answer = try BTQLRequest(["query": .string(text)]).answer(from: [table(5)])
            let json = try JSONValue(parsing: answer.body)
            ids += json["data"]?.array?.map { $0["id"]?.string } ?? []
            cursor = json["cursor"] ?? nil
        } while !cursor.isNull
        #expect(ids == expected)
    }

    @Test func linesHaveTheirCursorInAHeader() throws {
        let request = try BTQLRequest(["query": "from: dataset('d') | limit: 2", "fmt": "jsonl"])
        let answer = request.answer(from: [table(3)])
        #expect(answer.body.count { $0 == UInt8(ascii: "\n") } == 2)
        #expect(answer.headers["x-bt-cursor"] == "p1")
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
