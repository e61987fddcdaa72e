import LogBackup
import Testing

struct ColumnTreeTests {
    private let own = ["id", "created", "_xact_id"]

    @Test func pathsOfNestedObjectsAreColumns() throws {
        let table = try Table([#"{"metadata":{"user":{"id":7},"b":true},"id":"a","x":1}"#])
        #expect(table.names == own + ["metadata.b", "metadata.user.id", "x"])
        #expect(
            table.text
                == "\"id\",\"created\",\"_xact_id\",\"metadata.b\",\"metadata.user.id\",\"x\"\r\n\"a\",,,true,7,1\r\n")
    }

    @Test func orderDoesNotDependOnTheRows() throws {
        let rows = [#"{"z":1,"output":1,"a":{"b":1,"a":1},"input":1}"#, #"{"b":1,"created":"c"}"#]
        let names = own + ["input", "output", "a.a", "a.b", "b", "z"]
        #expect(try Table(rows).names == names)
        #expect(try Table(rows.reversed()).names == names)
    }

    @Test func numbersStayAsTheyWereWritten() throws {
        let number = "-123456789012345678901234567890.10E+400"
        #expect(try Table([#"{"n":\#(number)}"#]).records == [number])
    }

    @Test func arraysAreJSON() throws {
        #expect(try Table([#"{"a":[1,{"b":"c,\"d"},[]]}"#]).records == [#""[1,{""b"":""c,\""d""},[]]""#])
    }

    @Test func nullMissingAndEmptyText() throws {
        let table = try Table([#"{"a":null,"b":"","c":{}}"#, #"{}"#, #"{"a":1}"#])
        #expect(table.names == own + ["a", "b", "c"])
        #expect(table.records == [#","","#, ",,", "1,,"])
    }

    @Test func nullWhereOthersHaveAnObjectIsNoColumn() throws {
        let table = try Table([#"{"a":null}"#, #"{"a":{}}"#, #"{"a":{"b":1}}"#])
        #expect(table.names == own + ["a.b"])
        #expect(table.records == ["", "", "1"])
    }

    @Test func aPathMayHoldValuesAndObjects() throws {
        let table = try Table([#"{"a":"x"}"#, #"{"a":{"b":1}}"#])
        #expect(table.names == own + ["a", "a.b"])
        #expect(table.records == [#""x","#, ",1"])
    }

    @Test(arguments: [
        (#"{"a.b":1,"a":{"b":2}}"#, ["a.b", #"a\.b"#], "2,1"),
        (#"{"a\\":{"b":1},"a\\.b":2}"#, [#"a\\.b"#, #"a\\\.b"#], "1,2"),
        (#"{"":1,"a":{"":2},"\\e":3}"#, [#"\e"#, #"\\e"#, #"a.\e"#], "1,3,2"),
        (#"{"x,\"y\"\n":1,"ключ 🔑":2}"#, ["x,\"y\"\n", "ключ 🔑"], "1,2"),
        (#"{"\u0061":1}"#, ["a"], "1"), (#"{"_more":1}"#, [#"\_more"#], "1"),
    ])
    func namesTellPathsApart(row: String, names: [String], record: String) throws {
        let table = try Table([row])
        #expect(Array(table.names.dropFirst(3)) == names)
        #expect(table.records.last == record)
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, "2"), (#"{"a":1,"\u0061":2}"#, "2"), (#"{"a":1,"a":null}"#, ""),
    ])
    func ofEqualKeysTheLastCounts(row: String, record: String) throws {
        #expect(try Table([row]).records == [record])
    }

    @Test(arguments: [
        (#"{"a":{"x":1},"a":{"y":2}}"#, ["a.x", "a.y"], ",2"), (#"{"a":{"x":1},"a":5}"#, ["a", "a.x"], "5,"),
        (#"{"a":5,"a":{"x":1}}"#, ["a", "a.x"], ",1"), (#"{"a":{"b":{"x":1}},"a":{"b":{}}}"#, ["a.b.x"], ""),
    ])
    func ofEqualKeysNothingOfTheFirstIsLeft(row: String, names: [String], record: String) throws {
        let table = try Table([row])
        #expect(Array(table.names.dropFirst(3)) == names)
        #expect(table.records == [record])
    }

    @Test func beyondTheLimitValuesGoToOneColumn() throws {
        let table = try Table(
            [#"{"id":"1","a":1,"b":2,"c.d":{"e":"f"},"g":null}"#, #"{"b":[3],"a":{"x":"\""}}"#], columns: 5)
        #expect(table.names == own + ["a", "b", "_more"])
        #expect(
            table.text.hasSuffix(
                "\"1\",,,1,2,\"{\"\"c.d\"\":{\"\"e\"\":\"\"f\"\"}}\"\r\n"
                    + ",,,,\"[3]\",\"{\"\"a\"\":{\"\"x\"\":\"\"\\\"\"\"\"}}\"\r\n"))
    }

    @Test(arguments: [
        (#"{"a":{"x":1,"p":{"y":2,"q":{"z":3}},"w":4},"v":5}"#, #"{"a":{"x":1,"p":{"y":2,"q":{"z":3}},"w":4},"v":5}"#),
        (#"{"k":{"a":1,"b":2,"c":{"d":{"e":3}},"f":{}},"id":"i"}"#, #"{"k":{"b":2,"c":{"d":{"e":3}},"f":{}}}"#),
        (
            #"{"k":{"\u0061":1,"é\"":2,"c":{"d":null}},"l":{"m":null}}"#,
            #"{"k":{"é\"":2,"c":{"d":null}},"l":{"m":null}}"#
        ),
        (#"{"k":{"a":7},"n":null}"#, ""),
    ])
    func whatHasNoPlaceIsTheRowWithoutTheRest(row: String, more: String) throws {
        let table = try Table([#"{"k":{"a":1}}"#, row, #"{"no":"place"}"#], columns: 4)
        #expect(table.names == own + ["k.a", "_more"])
        let field = table.records[1].drop { $0 != "{" }.dropLast(more.isEmpty ? 0 : 1)
        #expect(field == more.replacing("\"", with: "\"\""))
    }

    /// The path to a column is in its name, so it must not be in the file for each value as well.
    @Test func membersDeepBelowLongKeysAreThereOnce() throws {
        var inner = "{" + (0..<2400).map { #""k\#($0)":1"# }.joined(separator: ",") + "}"
        for depth in 0..<29 { inner = #"{"\#(String(repeating: "abcd\(depth % 10)", count: 204))":\#(inner)}"# }
        let table = try Table([#"{"metadata":\#(inner)}"#, #"{"input":1}"#], columns: 2000)
        #expect(table.names == own + ["input", "_more"])
        #expect(table.records[0] == ",\"" + #"{"metadata":\#(inner)}"#.replacing("\"", with: "\"\"") + "\"")
    }

    @Test func namesHaveALimitEachAndTogether() throws {
        let long = { (number: Int, count: Int) in String(repeating: "x", count: count - 6) + "\(100_000 + number)" }
        let table = try Table([#"{"a":{"\#(long(1, 1022))":1,"\#(long(2, 1023))":2,".\#(long(3, 1021))":3}}"#])
        #expect(table.names == own + ["a.\(long(1, 1022))", "_more"])
        let rows = (0..<5000).map { #"{"\#(long($0, 1000))":{"b":\#($0)}}"# }
        let many = try Table(rows, columns: 100_000)
        #expect((1000...1050).contains(many.names.count))
        #expect(many.names.reduce(0) { $0 + $1.utf8.count } <= 1 << 20)
        #expect(many.records[4000].hasSuffix("\"{\"\"\(long(4000, 1000))\"\":{\"\"b\"\":4000}}\""))
    }

    @Test func hostileKeysTakeBoundedMemory() throws {
        var rows = (0..<1000).map { #"{"k\#($0)":{"\#(String(repeating: "x", count: 2000))":1}}"# }
        rows += (0..<1000).map { #"{"m":{"user\#($0)":1}}"# }
        let table = try Table(rows, columns: 50)
        #expect(table.names.count <= 51)
        #expect(table.names.last == "_more")
        #expect(fault(of: table.text) == nil)
    }

    @Test func deepNestingIsKeptAsJSON() throws {
        let row = String(repeating: #"{"a":"#, count: 10_000) + "1" + String(repeating: "}", count: 10_000)
        let table = try Table([row])
        #expect(table.names == own + [Array(repeating: "a", count: 32).joined(separator: ".")])
        #expect(table.records[0].hasPrefix(#""{""a"":{""a"":"#))
        #expect(fault(of: table.text) == nil)
    }

    @Test(arguments: ["", "[]", "{", #"{"a":}"#, #"{"a":1,}"#, #"{"a":{"b":}}"#])
    func whatIsNoObjectIsRefused(row: String) {
        #expect(throws: Table.NoRow.self) { try Table([row]) }
    }
}
