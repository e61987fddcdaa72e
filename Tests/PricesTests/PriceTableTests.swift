import Foundation
import Support
import TestSupport
import Testing

@testable import Prices

@Suite struct PriceTableTests {
    private static let path =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../prompts/prices.json")
        .path

    private static let minimal = #"""
        {"date":"2026-11-21","source":"s","currency":"USD","unit":"million tokens","models":{"m":{"input":3,"output":15,
        "cache_write_5m":3.75,"cache_write_1h":6,"cache_read":0.3,"batch_factor":0.5,
        "long_prompt":{"above":1000,"input":6,"output":30,"cache_write_5m":7.5,"cache_write_1h":12,"cache_read":0.6}}}}
        """#

    private func table(_ json: String) throws -> PriceTable {
        try PriceTable(json: Array(json.utf8), name: "prices.json")
    }

    /// Dollars for a million tokens: in, out, written for five minutes, written for an hour, read.
    @Test(arguments: [
        ("claude-haiku-5-5", [0.10, 0.50, 0.125, 0.20, 0.01]), ("claude-sonnet-5-5", [2, 10, 2.5, 4, 0.10]),
        ("claude-opus-5-5", [4, 20, 5, 8, 0.20]), ("claude-fable-5-2", [8, 40, 10, 16, 0.8]),
        ("claude-fable-5-1", [10, 50, 12.5, 20, 1]), ("claude-sonnet-5", [2, 10, 2.5, 4, 0.20]),
        ("claude-opus-5", [5, 25, 6.25, 10, 0.5]), ("claude-opus-4-8", [5, 25, 6.25, 10, 0.5]),
        ("claude-opus-4-7", [5, 25, 6.25, 10, 0.5]), ("claude-opus-4-6", [5, 25, 6.25, 10, 0.5]),
        ("claude-opus-4-5", [5, 25, 6.25, 10, 0.5]), ("claude-sonnet-4-6", [3, 15, 3.75, 6, 0.3]),
        ("claude-sonnet-4-5", [3, 15, 3.75, 6, 0.3]), ("claude-haiku-4-5", [1, 5, 1.25, 2, 0.10]),
        ("claude-haiku-4-5-20251001", [1, 5, 1.25, 2, 0.10]),
        ("gemini-2.5-flash", [0.3, 2.5, 0.3, 0.3, 0.3]), ("gemini-3.5-flash-lite", [0.3, 2.5, 0.3, 0.3, 0.3]),
        ("gemini-3.1-flash-lite", [0.25, 1.5, 0.25, 0.25, 0.25]),
    ])
    func theFileOfTheRepository(model: String, dollars: [Double]) throws {
        let table = try PriceTable(path: Self.path)
        #expect(table.date == "2026-11-21")
        func cost(_ usage: TokenUsage, isBatch: Bool = false) -> Int64? {
            table.cost(of: usage, model: model, isBatch: isBatch)
        }
        // Ten thousand tokens stay below any threshold; each costs the same number of hundredths of a dollar.
        let expected = dollars.map { Int64(($0 * 10_000).rounded()) }
        #expect(cost(TokenUsage(input: 10_000)) == expected[0])
        #expect(cost(TokenUsage(output: 10_000)) == expected[1])
        #expect(cost(TokenUsage(cacheWrite5m: 10_000)) == expected[2])
        #expect(cost(TokenUsage(cacheWrite1h: 10_000)) == expected[3])
        #expect(cost(TokenUsage(cacheRead: 10_000)) == expected[4])
        #expect(cost(TokenUsage(input: 10_000), isBatch: true) == expected[0] / 2)
        #expect(cost(TokenUsage(output: 10_000), isBatch: true) == expected[1] / 2)
    }

    @Test func theFileNamesNoModelMore() throws {
        #expect(try PriceTable(path: Self.path).modelNames.count == 17)
    }

    @Test func aModelMayHaveASourceOfItsOwn() throws {
        let table = try PriceTable(path: Self.path)
        #expect(try #require(table.source(of: "claude-haiku-4-5-20251001")).hasPrefix("https://platform.claude.com/"))
        #expect(try #require(table.source(of: "gemini-2.5-flash")).hasPrefix("third parties"))
        #expect(table.source(of: "unknown") == nil)
    }

    /// Each damaged file is understood or refused, and none ends the process.
    @Test func damagedFilesDoNotTrap() throws {
        var random = SeededGenerator(seed: 5)
        var understood = 0
        for _ in 0..<1500 {
            var bytes = Array(Self.minimal.utf8)
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.insert(contentsOf: ["9", "-", "e9999", "\"", "{", "null"][place % 6].utf8, at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + 3))
            }
            understood += (try? PriceTable(json: bytes, name: "prices.json")) == nil ? 0 : 1
        }
        #expect((1..<1500).contains(understood))
    }

    @Test func longPromptsOfHaiku() throws {
        let table = try PriceTable(path: Self.path)
        func cost(_ usage: TokenUsage, isBatch: Bool = false) -> Int64? {
            table.cost(of: usage, model: "claude-haiku-5-5", isBatch: isBatch)
        }
        #expect(cost(TokenUsage(input: 100_000, output: 1000)) == 10_500)
        #expect(cost(TokenUsage(input: 100_001, output: 1000)) == 52_501, "all of it by the higher price")
        #expect(cost(TokenUsage(input: 1, cacheRead: 100_000)) == 5001, "cached tokens count")
        #expect(cost(TokenUsage(cacheWrite5m: 200_000)) == 125_000)
        #expect(cost(TokenUsage(input: 200_000, output: 1000), isBatch: true) == 51_250)
    }

    @Test func manyPromptsAtOnce() throws {
        let table = try PriceTable(path: Self.path)
        let usage = TokenUsage(input: 1_000_000, output: 1000)
        func cost(prompt: Int64?) -> Int64? {
            table.cost(of: usage, prompt: prompt, model: "claude-haiku-5-5", isBatch: false)
        }
        #expect(cost(prompt: 10_000) == 100_500)
        #expect(cost(prompt: 100_001) == 502_500)
        #expect(cost(prompt: nil) == 502_500)
    }

    @Test func costs() throws {
        let table = try table(Self.minimal)
        let usage = TokenUsage(input: 100, cacheWrite5m: 20, cacheWrite1h: 30, cacheRead: 40, output: 50)
        #expect(table.cost(of: usage, model: "m", isBatch: false) == 1317)
        #expect(table.cost(of: usage, model: "m", isBatch: true) == 659, "658.5, rounded")
        #expect(table.cost(of: TokenUsage(), model: "m", isBatch: false) == 0)
        #expect(table.cost(of: TokenUsage(input: .max / 8), model: "m", isBatch: false) == 6_917_529_027_641_081_850)
        #expect(table.cost(of: usage, model: "unknown", isBatch: false) == nil)
        #expect(table.cost(of: usage, model: "m-20261107", isBatch: false) != nil)
        for name in ["m-2026110", "m-2026110x", "m-202611077", "-20261107", "M", "m20261107"] {
            #expect(table.cost(of: usage, model: name, isBatch: false) == nil)
        }
    }

    @Test func everythingThatIsWrongIsSaidAtOnce() throws {
        let wrong = #"""
            {"date":"21.11.2026","currency":"EUR","unit":"token","modles":{},"models":{"a":{"input":-1,"output":"15",
            "cache_write_5m":0.12345678,"cache_write_1h":null,"batch_factor":2,"extra":1,"source":1,"long_prompt":{"above":1.5}},"b":[]}}
            """#
        let failure = try #require(throws: Failure.self) { try table(wrong) }
        #expect(failure.status == .usage)
        for problem in [
            "“date” is not YYYY-MM-DD", "“source” is not a text", "“currency”", "“unit”", "“modles” is not known",
            "“models.a.input”", "“models.a.output”", "“models.a.cache_write_5m”", "“models.a.cache_write_1h”",
            "“models.a.cache_read”", "“models.a.batch_factor”", "“models.a.extra” is not known",
            "“models.a.source” is not a text",
            "“models.a.long_prompt.above” is not a whole number", "“models.a.long_prompt.cache_read”",
            "“models.b” is not an object",
        ] {
            #expect(failure.message.contains(problem), "\(problem)")
        }
    }

    @Test(arguments: ["", "[]", "null", "{", String(repeating: "[", count: 1 << 20)])
    func filesThatAreNone(json: String) throws {
        #expect(throws: Failure.self) { try table(json) }
    }

    @Test func noModels() throws {
        let failure = try #require(throws: Failure.self) {
            try table(#"{"date":"2026-11-21","source":"s","currency":"USD","unit":"million tokens","models":{}}"#)
        }
        #expect(failure.message.contains("“models” names none"))
    }

    @Test func aFileThatIsNotThere() throws {
        let failure = try #require(throws: Failure.self) { try PriceTable(path: "/nowhere/prices.json") }
        #expect(failure.status == .usage)
        #expect(failure.message.contains("/nowhere/prices.json"))
    }
}
