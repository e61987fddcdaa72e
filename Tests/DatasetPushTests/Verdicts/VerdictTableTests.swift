import Testing

@testable import DatasetPush

/// Verdicts by the places of their records.
@Suite struct VerdictTableTests {
    private func table(_ lines: String...) -> VerdictTable {
        var table = VerdictTable()
        for line in lines { Array(line.utf8).withUnsafeBytes { table.add($0) } }
        return table
    }

    private func text(_ table: VerdictTable, _ file: String, _ line: Int) -> String {
        String(decoding: table[RecordPlace(file: file, hour: 13, line: line)], as: UTF8.self)
    }

    private static func line(_ line: Int, _ verdict: String, file: String = "13-p00000-1-9") -> String {
        #"{"id":"i","hour":13,"file":"\#(file)","line":\#(line),"status":"judged","verdict":"\#(verdict)","severity":"high","categories":["x"],"evidence":"e","confidence":0.5,"model":"m","prompt":"p-1"}"#
    }

    @Test func joined() {
        let table = table(
            Self.line(3, "unsafe"), Self.line(1, "safe"), Self.line(2, "unsafe", file: "14-p00000-1-9"),
            #"{"file":"13-p00000-1-9","line":2,"status":"unjudged","reason":"missing","prompt":"p"}"#)
        let unsafe = #","verdict":"unsafe","severity":"high","categories":["x"],"judge_prompt":"p-1""#
        #expect(text(table, "13-p00000-1-9", 3) == unsafe)
        #expect(text(table, "14-p00000-1-9", 2) == unsafe)
        #expect(text(table, "13-p00000-1-9", 1).contains(#""verdict":"safe""#))
        for (file, line) in [("13-p00000-1-9", 2), ("13-p00000-1-9", 4), ("13-p00000-1-9", 0), ("x", 1)] {
            #expect(text(table, file, line) == "")
        }
        #expect(table.count == 3)
        #expect(table.unreadable == 0)
    }

    @Test func aLaterVerdictCounts() {
        let table = table(Self.line(1, "unsafe"), Self.line(1, "safe"))
        #expect(text(table, "13-p00000-1-9", 1).contains("safe"))
        #expect(!text(table, "13-p00000-1-9", 1).contains("unsafe"))
        #expect(table.count == 1)
    }

    @Test(arguments: [
        "", "{}", "null", #"{"file":5,"line":1}"#, #"{"file":"f","line":"1"}"#, #"{"file":"f","line":-1}"#,
        #"{"file":"f","line":0}"#, #"{"file":"f","line":99999999999}"#, #"{"file":"f","line":999999999}"#,
        #"{"file":"f","line":1"#,
    ])
    func otherLines(line: String) {
        let table = table(line, Self.line(1, "safe"))
        #expect(table.unreadable == 1)
        #expect(table.count == 1)
    }

    @Test func moreKindsThanThereCanBe() {
        var table = VerdictTable()
        for number in 1...70_000 { Array(Self.line(number, "v\(number)").utf8).withUnsafeBytes { table.add($0) } }
        #expect(table.count == 65_535)
        #expect(table.unreadable == 70_000 - 65_535)
        #expect(text(table, "13-p00000-1-9", 65_535).contains("v65535"))
        #expect(text(table, "13-p00000-1-9", 70_000) == "")
    }
}
