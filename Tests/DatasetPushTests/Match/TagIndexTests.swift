import Bytes
import Testing
import TestSupport

@testable import DatasetPush

/// Which datasets want a record.
@Suite struct TagIndexTests {
    private func match(_ index: TagIndex, _ tags: String) -> (reading: TagIndex.Reading, matches: [Int]) {
        Array(tags.utf8).withUnsafeBytes { (index.match($0, tags: 0..<$0.count), index.matches.sorted()) }
    }

    private func tags(_ index: TagIndex, of dataset: Int) -> [String] {
        var tags: [String] = []
        index.forEachTag(wantedBy: dataset) { tags.append(String(decoding: $0, as: UTF8.self)) }
        return tags
    }

    @Test func matches() {
        let index = TagIndex([["a", "b"], ["b"], [], ["é", "c d"]])
        #expect(match(index, #"["b"]"#).matches == [0, 1])
        #expect(tags(index, of: 0) == ["b"])
        #expect(match(index, #"["x","a","b","a"]"#).matches == [0, 1])
        #expect(tags(index, of: 0) == ["a", "b"])
        #expect(tags(index, of: 1) == ["b"])
        #expect(tags(index, of: 3) == [])
        #expect(match(index, #"["\u00e9"," c d\n"]"#).matches == [3])
        #expect(tags(index, of: 3) == ["é", "c d"])
        #expect(match(index, "[]").matches == [])
        #expect(match(index, #"["",""," ","A"]"#).matches == [])
        #expect(match(index, "[\"e\u{301}\"]").matches == [])
    }

    @Test(arguments: [#""ab""#, #"{"a":1,"b":2}"#, "null", "5", "true"])
    func noLists(tags: String) {
        let index = TagIndex([["a"], ["b"], ["ab"]])
        #expect(match(index, #"["a"]"#).matches == [0])
        // No letters of a text, and no keys of an object.
        #expect(match(index, tags) == (.noList, []))
    }

    @Test func elementsThatAreNoText() {
        let index = TagIndex([["a"], ["5"]])
        #expect(match(index, #"[5,"a",null,["5"],{"5":1}]"#) == (.list(others: 4), [0]))
    }

    @Test func noDatasets() {
        #expect(match(TagIndex([]), #"["a"]"#) == (.list(others: 0), []))
        #expect(match(TagIndex([[], []]), #"["a"]"#) == (.list(others: 0), []))
    }

    /// As asking each dataset would.
    @Test(arguments: 0..<20)
    func asWithoutAnIndex(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let names = (0..<200).map { "tag \($0 % 3 == 0 ? "é" : "")\($0)" }
        func some(_ most: Int) -> [String] {
            (0..<Int.random(in: 0...most, using: &generator)).compactMap { _ in names.randomElement(using: &generator) }
        }
        let wanted = (0..<50).map { _ in Array(Set(some(12))) }
        let index = TagIndex(wanted)
        for _ in 0..<200 {
            let record = some(8)
            let list = "[\(record.map { "\"\($0)\"" }.joined(separator: ","))]"
            let expected = wanted.indices.filter { !Set(wanted[$0]).isDisjoint(with: record) }
            #expect(match(index, list) == (.list(others: 0), expected))
            for dataset in expected {
                var seen: Set<String> = []
                let common = record.filter { wanted[dataset].contains($0) && seen.insert($0).inserted }
                #expect(tags(index, of: dataset) == common)
            }
        }
    }
}
