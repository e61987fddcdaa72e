import Foundation
import LogBackup
import TestSupport
import Testing

struct CSVWriterTests {
    @Test(arguments: [
        (#"a,b"#, "a,b"), (#"say \"hi\""#, #"say ""hi"""#), (#"a\r\nb"#, "a\r\nb"), (#"\ud83d\ude00 é"#, "😀 é"),
        (#"\ud800x\udc00"#, "\u{FFFD}x\u{FFFD}"), (#"a\u0000b"#, "a\u{FFFD}b"), (#"\t\\\/\b"#, "\t\\/\u{8}"),
        (#"12345678\"12345678"#, #"12345678""12345678"#),
    ])
    func strings(json: String, field: String) throws {
        #expect(try Table([#"{"a":"\#(json)"}"#]).text.hasSuffix(",,,\"\(field)\"\r\n"))
    }

    @Test(arguments: ["=1+1", "+1", "-1", "@x", #"\t=1"#, #"\r=1"#, #"\n=1"#, "＝1", "＋1", "－1", "＠1", #"\u003d1"#])
    func formulasAreGuardedWhenAsked(json: String) throws {
        let row = #"{"a":"\#(json)"}"#
        #expect(try Table([row], CSVOptions(guardsFormulas: true)).text.contains("\r\n,,,\"'"))
        #expect(try !Table([row]).text.contains("'"))
    }

    @Test func guardLeavesNumbersAndOtherTexts() throws {
        let guarded = try Table([#"{"a":-1,"b":"x=1","c":["=1"],"d":"ﾡ","=e":1}"#], CSVOptions(guardsFormulas: true))
        #expect(guarded.text.hasSuffix("\r\n,,,1,-1,\"x=1\",\"[\"\"=1\"\"]\",\"ﾡ\"\r\n"))
        #expect(guarded.text.hasPrefix(#""id","created","_xact_id","'=e","#))
    }

    @Test func guardedNamesStayDifferent() throws {
        let row = #"{"=a":1,"'=a":2,"''=a":3,"'a":4,"a\u0000b":5,"a\\0b":6}"#
        let table = try Table([row], CSVOptions(guardsFormulas: true))
        let own = ["'=a", "''=a", "'''=a", "'a", #"a\0b"#, #"a\\0b"#]
        #expect(table.header.count == 9 && Set(table.header) == Set(["id", "created", "_xact_id"] + own))
        var reader = CSVReader()
        try Array(table.text.utf8).withUnsafeBytes { try reader.feed($0) }
        #expect(reader.names == table.header)
    }

    @Test func byteOrderMarkComesFirst() throws {
        #expect(try Table([], CSVOptions(byteOrderMark: true)).text == "\u{FEFF}\"id\",\"created\",\"_xact_id\"\r\n")
        #expect(try fault(of: Table([], CSVOptions(byteOrderMark: true)).text) == nil)
    }

    /// Python reads the same texts, from rows with every kind of trouble.
    @Test(.enabled(if: Python.isInstalled)) func pythonReadsTheSame() throws {
        var random = SeededGenerator(seed: 7)
        let pieces = [
            ",", "\"", "\r", "\n", "\r\n", "é", "😀", "\\", "'", "=", " ", "abcdefgh", "\u{FEFF}", "\t", "\u{1}",
        ]
        let rows = (0..<300).map { number in
            ["n": "\(number)", "a": (0..<(number % 12)).map { _ in pieces.randomElement(using: &random)! }.joined()]
        }
        let encoder = JSONEncoder()
        let lines = try rows.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        let csv = try Table(lines).text
        #expect(fault(of: csv) == nil)
        let script = """
            import csv, io, json, sys
            rows = csv.DictReader(io.TextIOWrapper(sys.stdin.buffer, "utf-8", newline=""), strict=True)
            print(json.dumps([{"n": row["n"], "a": row["a"]} for row in rows]))
            """
        let read = try JSONDecoder().decode(
            [[String: String]].self, from: Data(try Python.run(script, input: Data(csv.utf8)).utf8))
        #expect(
            read.elementsEqual(rows) { left, right in
                left.allSatisfy { key, value in right[key].map { Array($0.utf8) == Array(value.utf8) } ?? false }
            })
    }
}

struct CSVReaderTests {
    @Test(arguments: [1, 2, 7, .max])
    func countsRecordsAndFields(pieces: Int) throws {
        let text = "\u{FEFF}\"a\",\"b\"\"\",c\r\n\"x\r\ny\",,1\r\n,,\r\n"
        #expect(fault(of: text, pieces: pieces) == nil)
        var reader = CSVReader()
        try Array(text.utf8).withUnsafeBytes { try reader.feed($0) }
        #expect(reader.records == 3)
        #expect(reader.names == ["a", "b\"", "c"])
    }

    @Test(arguments: [
        ("", CSVFault.truncated(record: 1)), ("a,b\r\n1", .truncated(record: 2)), ("a\r\n\"x", .truncated(record: 2)),
        ("a,b\r\n1\r\n", .fields(record: 2, found: 1, expected: 2)), ("a\n", .syntax(record: 1)),
        ("a\r\n1,2\r\n", .fields(record: 2, found: 2, expected: 1)), ("a\r\nx\"y\r\n", .syntax(record: 2)),
        ("a\r\n\"x\"y\r\n", .syntax(record: 2)), ("a\rb", .syntax(record: 1)),
    ])
    func faultsAreFound(text: String, expected: CSVFault) {
        #expect(fault(of: text) == expected)
        #expect(fault(of: text, pieces: 1) == expected)
    }
}
