import Testing

@testable import StandIns

@Suite struct RowTableTests {
    private func put(_ table: inout RowTable, _ id: String, _ transaction: Int, isDeleted: Bool = false) {
        table.put(
            JSONObject([("id", .string(id)), ("t", .integer(transaction)), ("input", ["id": "i"])]), id: id,
            transaction: transaction, position: 0, isDeleted: isDeleted)
    }

    private func ids(_ table: RowTable, version: Int? = nil) throws -> [String?] {
        let page = try table.page(limit: 100, cursor: nil, version: version)
        return try JSONValue(parsing: page.body)["events"]?.array?.map { $0["id"]?.string } ?? []
    }

    @Test func versionsStayReadable() throws {
        var table = RowTable()
        put(&table, "a", 1)
        put(&table, "b", 2)
        put(&table, "a", 3)
        put(&table, "b", 4, isDeleted: true)
        #expect(try ids(table) == ["a"])
        #expect(try ids(table, version: 3) == ["a", "b"])
        #expect(try ids(table, version: 2) == ["b", "a"])
        #expect(try ids(table, version: 0) == [])
        #expect(table.current("a")?["t"] == 3)
        #expect(table.current("b") == nil)
    }

    @Test(arguments: ["id in ('a', 'b')", "input.id = 'i'", "t > 0"])
    func queriesSeeTheVersionsOfTheirTime(filter: String) throws {
        var table = RowTable()
        put(&table, "a", 1)
        put(&table, "b", 2)
        put(&table, "a", 3)
        put(&table, "b", 4, isDeleted: true)
        let expression = try BTQLQuery(text: "from: dataset('d') | filter: \(filter)").filter
        for (version, expected) in [(Int.max, ["a"]), (3, ["b", "a"]), (2, ["a", "b"]), (1, ["a"]), (0, [])] {
            var found: [String?] = []
            table.forEach(RowTable.Scan(filter: expression, version: version)) { row in
                found.append(row["id"]?.string)
                return true
            }
            #expect(found == expected, "version \(version)")
        }
    }

    @Test func filledRowsAreAsInsertedOnes() throws {
        var service = BraintrustService(StandInSettings())
        try service.seed(["dataset": [["project_name": "p", "name": "d"]]], now: 0)
        let fill: JSONValue = [
            "dataset": "d", "count": 2500, "row": ["id": "r-{n}", "input": ["id": "i-{n}", "text": "{n}{n}"]],
            "since": "2026-11-01T00:00:00Z", "until": "2026-11-11T00:00:00Z",
        ]
        try service.fill(fill, now: 0)
        let query = "select: * | from: dataset('d') | filter: input.id in ('i-1250') or id = 'r-7' | limit: 10"
        let call = Call(
            "POST", "/btql", headers: ["authorization": "Bearer devcloud"],
            body: JSONValue.object(JSONObject([("query", .string(query))])).bytes)
        let answer = try JSONValue(parsing: service.answer(call, route: .btql, now: 0).body)
        let rows = try #require(answer["data"]?.array)
        #expect(rows.map { $0["id"] } == ["r-1250", "r-7"])
        #expect(rows[0]["input"] == ["id": "i-1250", "text": "12501250"])
        #expect(rows[0]["created"] == "2026-11-06T00:00:00.000Z")
        #expect(rows[0]["span_id"] == "r-1250" && rows[0]["dataset_id"]?.string.map(isUUID) == true)
        #expect(throws: BraintrustFault.self) {
            try service.fill(["dataset": "d", "count": 1, "row": ["id": "x"]], now: 0)
        }
    }

    @Test func cursorOfAnotherObject() {
        for cursor in ["nonsense", "row-1", "row--1"] {
            #expect(throws: BraintrustFault.self) {
                try RowTable().page(limit: 1, cursor: cursor, version: nil)
            }
        }
    }

    @Test func mergesDeeply() throws {
        let old = try #require(try JSONValue(parsing: #"{"a":{"x":1,"y":[1]},"b":2}"#).object)
        let new = try #require(try JSONValue(parsing: #"{"a":{"y":[2],"z":null},"c":3}"#).object)
        #expect(JSONValue.object(old.merged(with: new)).text == #"{"a":{"x":1,"y":[2],"z":null},"b":2,"c":3}"#)
    }
}
