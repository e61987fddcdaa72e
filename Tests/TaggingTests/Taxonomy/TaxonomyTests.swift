import Support
import Testing

@testable import Tagging

@Suite struct TaxonomyTests {
    private func all(_ entries: [(String?, String?)]) throws -> (Taxonomy, TaxonomyCounts) {
        try Taxonomy.all(entries.map { TaxonomyEntry(name: $0.0, description: $0.1) }, source: "test")
    }

    private func marked(_ entries: [(String?, String?)]) throws -> (Taxonomy, TaxonomyCounts) {
        try Taxonomy.marked(entries.map { TaxonomyEntry(name: $0.0, description: $0.1) }, project: "p-1")
    }

    @Test func namesAreOrderedByScalars() throws {
        let (taxonomy, _) = try all([("é", "1"), ("z", "2"), ("Z", "3"), ("😀", "4"), ("\u{FFFD}", "5"), ("a", "6")])
        #expect(taxonomy.tags.map(\.name) == ["Z", "a", "z", "é", "\u{FFFD}", "😀"])
        #expect(taxonomy.place(of: "z") == 2)
        #expect(taxonomy.place(of: "y") == nil)
    }

    @Test func nullsAndBlanksAreSkippedAndCounted() throws {
        let (taxonomy, counts) = try marked([
            (nil, "dataset-tagging x"), ("", "dataset-tagging x"), (" \n", "dataset-tagging"), ("a", nil), ("b", ""),
            ("c", "\t "), ("d", "something else"), ("e", "Good dataset-tagging"), ("f", "DataSet-TAGGING"),
        ])
        #expect(
            taxonomy.tags == [TaxonomyTag(name: "e", description: "Good"), TaxonomyTag(name: "f", description: "f")])
        #expect(counts.entries == 9)
        #expect(counts.withoutName == 3)
        #expect(counts.withoutDescription == 3)
        #expect(counts.withoutMarker == 1)
        #expect(counts.tags == 2)
        #expect(counts.merged == 0)
    }

    @Test(arguments: [
        ("dataset-tagging: Money matters", "Money matters"), ("Money matters (Dataset-Tagging)", "Money matters"),
        ("[DATASET-TAGGING] Money", "Money"), ("Money #dataset-tagging", "Money"), ("dataset-tagging", "t"),
        ("dataset-tagging dataset-tagging – ", "t"), ("a dataset-taggingdataset-tagging b", "a  b"),
        ("Über dataset-tagging – größer", "Über  – größer"), ("<dataset-tagging>x", "x"),
    ])
    func theMarkerIsTakenOut(_ description: String, _ shown: String) throws {
        #expect(try marked([("t", description)]).0.tags[0].description == shown)
    }

    @Test func duplicatesAreMergedInAnyOrder() throws {
        let entries = [("a", "two"), (" a ", "one"), ("a\u{A0}", "two"), ("b", "x")]
        let (taxonomy, counts) = try all(entries)
        #expect(taxonomy.tags.map(\.description) == ["one; two", "x"])
        #expect(counts.merged == 2)
        for _ in 0..<10 { #expect(try all(entries.shuffled()).0 == taxonomy) }
    }

    @Test func namesAreComparedByScalars() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        let (taxonomy, counts) = try all([(composed, "1"), (decomposed, "2"), ("E\u{301}", "3")])
        #expect(taxonomy.tags.count == 3)
        #expect(counts.merged == 0)
        #expect(taxonomy.place(of: composed) != taxonomy.place(of: decomposed))
        #expect(try all([(composed, "1")]).0.hash != all([(decomposed, "1")]).0.hash)
    }

    @Test func aCombiningMarkAfterASpaceIsKept() throws {
        #expect(try all([(" \u{301}a", "x")]).0.tags[0].name.unicodeScalars.first == "\u{301}")
    }

    @Test func theHashSaysWhatItIsMadeOf() throws {
        let base = try all([("a", "b"), ("c", "d")]).0
        #expect(base.hash.count == 64)
        #expect(base.label == base.hash.prefix(16))
        #expect(try all([("c", "d"), ("a", "b")]).0.hash == base.hash)
        for other in [[("a", "bc"), ("d", "d")], [("a", "b")], [("a", "b"), ("c", "e")], [("ab", "c"), ("d", "d")]] {
            #expect(try all(other).0.hash != base.hash)
        }
    }

    @Test(arguments: [[], [(nil, nil)], [("a", "no marker")]] as [[(String?, String?)]])
    func emptyIsAFailureOfItsOwn(_ entries: [(String?, String?)]) {
        let entries = entries.map { TaxonomyEntry(name: $0.0, description: $0.1) }
        let failure = failure { () throws(Failure) in try Taxonomy.marked(entries, project: "p-1") }
        #expect(failure?.status == .emptyTaxonomy)
        #expect(failure?.message == "Braintrust's project p-1 has no tags to choose from")
        #expect(failure?.status.rawValue == 78)
    }

    @Test func limitsAreSaidAllAtOnce() {
        let entries =
            (0..<501).map { TaxonomyEntry(name: "t\($0)", description: "x") }
            + [
                TaxonomyEntry(name: String(repeating: "é", count: 129), description: "x"),
                TaxonomyEntry(name: "long", description: String(repeating: "y", count: 4097)),
            ]
        let failure = failure { () throws(Failure) in try Taxonomy.all(entries, source: "tags.yml") }
        #expect(failure?.status == .usage)
        let message = failure?.message ?? ""
        #expect(message.contains("tags.yml has 3 problems"))
        #expect(message.contains("503 tags; expected at most 500"))
        #expect(message.contains("has 258 bytes; expected at most 256"))
        #expect(message.contains("'long' has 4097 bytes; expected at most 4096"))
        #expect(!message.contains("yyyy"))
    }

    @Test func theLargestIsAccepted() throws {
        let entries = (0..<500).map {
            ("\($0)".padding(256), String(repeating: "d", count: 4096)) as (String?, String?)
        }
        #expect(try all(entries).0.tags.count == 500)
    }
}

extension String {
    fileprivate func padding(_ count: Int) -> String { self + String(repeating: "n", count: count - utf8.count) }
}
