import Testing

@testable import StandIns

@Suite struct RowTableTests {
    private func put(_ table: inout RowTable, _ id: String, _ transaction: Int, isDeleted: Bool = false) {
        table.put(
            JSONObject([("id", .string(id)), ("t", .integer(transaction))]), id: id, transaction: transaction,
            isDeleted: isDeleted)
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
