import Interactions
import Support
import Testing

@testable import Tagging

@Suite struct TaggedNamesTests {
    private static let config = "0123456789abcdef"

    private func names(_ layout: PartitionLayout, isRetag: Bool = false) -> TaggedNames {
        TaggedNames(raw: ObjectNames(topic: "t", layout: layout), config: Self.config, isRetag: isRetag)
    }

    private func rawName(_ names: TaggedNames, _ kind: FileKind = .onTime) -> String {
        names.raw.file(kind, hour: TagBench.hour(5), partition: Partition(3), range: OffsetRange(7, 9))
    }

    private let range = "00000000000000000007-00000000000000000009"

    @Test func plainLayout() {
        let names = names(.plain)
        let raw = rawName(names)
        #expect(names.tagged(raw) == "tagged/t/2026-01-01/05-3-\(range).jsonl.gz")
        #expect(names.record(raw) == "tagged/t/_files/2026-01-01/05-3-\(range).json")
        #expect(names.lease(raw) == "tagged/t/_leases/2026-01-01/05-3-\(range).json")
        #expect(names.batches == "tagged/t/_batches/\(Self.config)/")
        #expect(names.answers(on: TagBench.start) == "tagged/t/_answers/\(Self.config)/2026-01-01/")
    }

    @Test func hiveLayout() {
        let names = names(.hive)
        let raw = rawName(names, .late)
        #expect(names.tagged(raw) == "tagged/t/dt=2026-01-01/hour=05/late-3-\(range).jsonl.gz")
        #expect(names.record(raw) == "tagged/t/_files/dt=2026-01-01/hour=05/late-3-\(range).json")
        #expect(names.tagged(names.raw.folder(of: "2026-01-01")) == "tagged/t/dt=2026-01-01/")
    }

    @Test(arguments: [PartitionLayout.plain, .hive])
    func aRetagHasItsOwnRootAndSharesTheAnswers(layout: PartitionLayout) {
        let (names, usual) = (names(layout, isRetag: true), names(layout))
        let raw = rawName(names)
        #expect(names.tagged(raw).hasPrefix("retagged/\(Self.config)/t/"))
        for (own, other) in [
            (names.tagged(raw), usual.tagged(raw)), (names.record(raw), usual.record(raw)),
            (names.lease(raw), usual.lease(raw)), (names.batches, usual.batches),
        ] {
            #expect(own != other && own.hasPrefix(names.root))
        }
        #expect(names.answers == usual.answers)
        #expect(usual.raw(ofTagged: names.tagged(raw)) == nil)
    }

    @Test(arguments: [PartitionLayout.plain, .hive], [FileKind.onTime, .late], [false, true])
    func roundTrip(layout: PartitionLayout, kind: FileKind, isRetag: Bool) {
        let names = names(layout, isRetag: isRetag)
        let raw = rawName(names, kind)
        #expect(names.raw(ofTagged: names.tagged(raw)) == raw)
        // What lies beside the tagged files is none.
        for other in [names.record(raw), names.lease(raw), names.batches + "x.json", raw, names.tagged(raw) + ".tmp"] {
            #expect(names.raw(ofTagged: other) == nil, "\(other)")
        }
    }
}
