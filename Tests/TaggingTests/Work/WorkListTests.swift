import JobSupport
import Interactions
import ObjectStorage
import Support
import Testing

@testable import Tagging

@Suite struct WorkListTests {
    private let names = TaggedNames(
        raw: ObjectNames(topic: "t", layout: .plain), config: "0123456789abcdef", isRetag: false)

    private func name(
        _ start: Int64, _ end: Int64, hour: Int64 = 0, partition: Int32 = 0, _ kind: FileKind = .onTime
    ) -> String {
        names.raw.file(
            kind, hour: TagBench.hour(hour), partition: Partition(partition), range: OffsetRange(start, end))
    }

    private func list(_ raw: [String], tagged: [String]) -> WorkList {
        let objects = raw.map { ObjectInfo(name: $0, size: 1, generation: 1, crc32c: nil) }
        return WorkList(raw: objects, tagged: tagged.map { names.tagged($0) }, names: names)
    }

    @Test func whatHasATaggedFileIsDone() {
        let work = list([name(0, 5), name(5, 9)], tagged: [name(0, 5)])
        #expect(work.files.map(\.object.name) == [name(5, 9)])
        #expect(work.files[0].name.range == OffsetRange(5, 9))
        #expect(work.done == 1 && work.overlapping.isEmpty)
    }

    @Test func whatAJoinedFileCoversIsDone() {
        let work = list([name(0, 5), name(5, 9), name(9, 12)], tagged: [name(0, 9)])
        #expect(work.files.map(\.object.name) == [name(9, 12)])
        #expect(work.done == 2)
    }

    @Test func aJoinedRawFileIsDoneWhenItsPartsAre() {
        #expect(list([name(0, 12)], tagged: [name(9, 12), name(0, 5), name(5, 9)]).done == 1)
    }

    @Test(arguments: [[(Int64(0), Int64(5))], [(0, 5), (6, 12)], [(4, 12)], [(3, 4)], [(0, 11)]])
    func whatIsTaggedInPartIsLeftAlone(tagged: [(Int64, Int64)]) {
        let work = list([name(0, 12)], tagged: tagged.map { name($0.0, $0.1) })
        #expect(work.overlapping == [name(0, 12)])
        #expect(work.files.isEmpty && work.done == 0)
    }

    /// A joiner wrote the large one and has not removed the small ones.
    @Test func ofUntaggedOnesTheJoinedIsTagged() {
        let work = list([name(0, 5), name(0, 12), name(5, 9), name(9, 12), name(12, 14)], tagged: [])
        #expect(work.files.map(\.object.name) == [name(0, 12), name(12, 14)])
        #expect(work.done == 3 && work.overlapping.isEmpty)
    }

    @Test func untaggedOnesThatNoneHoldsWholeAreLeftAlone() {
        let work = list([name(0, 7), name(5, 12), name(12, 14), name(5, 12, hour: 1)], tagged: [])
        #expect(work.overlapping == [name(0, 7), name(5, 12)])
        #expect(work.files.map(\.object.name) == [name(12, 14), name(5, 12, hour: 1)])
    }

    @Test func neighboursAndOtherPlacesDoNotCount() {
        let elsewhere = [
            name(0, 5), name(12, 20), name(5, 12, hour: 1), name(5, 12, partition: 1), name(5, 12, .late),
        ]
        let work = list([name(5, 12)], tagged: elsewhere)
        #expect(work.files.count == 1 && work.overlapping.isEmpty)
    }

    @Test func lateFilesAreFollowedAndDeadLettersLeftOut() {
        let work = list(
            [name(5, 12, .late), name(5, 12, .deadLetter), "raw/t/2026-01-01/05.manifest.json"], tagged: [])
        #expect(work.files.map(\.name.kind) == [.late])
    }

    @Test func theOldestHourComesFirst() {
        let work = list(
            [name(0, 1, hour: 30), name(7, 9, hour: 2), name(3, 7, hour: 2), name(2, 3, hour: 11)], tagged: [])
        #expect(
            work.files.map(\.object.name)
                == [name(3, 7, hour: 2), name(7, 9, hour: 2), name(2, 3, hour: 11), name(0, 1, hour: 30)])
    }

    @Test func filesCanBeLeftOut() {
        var work = list([name(0, 1), name(1, 2)], tagged: [])
        work.leaveOut([name(0, 1), "another"])
        #expect(work.files.map(\.object.name) == [name(1, 2)])
    }
}
