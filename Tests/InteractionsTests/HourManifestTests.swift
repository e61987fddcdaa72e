import Interactions
import Support
import Testing

@Suite struct HourManifestTests {
    static let hour = Hour(index: 490_909)

    static func file(_ name: String, _ kind: FileKind = .onTime, records: Int) -> PlannedFile {
        PlannedFile(
            name: name, kind: kind, hour: hour, records: records, firstOffset: 0, lastOffset: 9, eventTimeMinMs: 0,
            eventTimeMaxMs: 0, lineBytes: 1, crc32c: 1)
    }

    static func part(_ number: Int32, end: Int64 = 10, _ files: [PlannedFile], lost: [LostRange] = [])
        -> HourManifest.Part
    {
        HourManifest.Part(partition: Partition(number), chainEnd: end, files: files, lost: lost)
    }

    static func loss(_ start: Int64) -> LostRange {
        LostRange(start: start, end: start + 1, reason: .retention, openFrom: nil, foundAtMs: 0)
    }

    static let sealed = HourManifest(
        topic: "t", hour: hour,
        parts: [
            part(1, [file("b", records: 3), file("a", records: 2), file("dead", .deadLetter, records: 7)]),
            part(0, [], lost: [loss(4)]), part(2, [file("c", records: 5)]),
        ], sealedAtMs: 100)

    @Test func countsAreOfTheirKind() {
        let manifest = Self.sealed
        #expect((manifest.revision, manifest.revisedAtMs) == (1, nil))
        #expect(manifest.parts.map(\.partition.number) == [0, 1, 2])
        #expect(manifest.parts[1].files.map(\.name) == ["a", "b", "dead"])
        #expect((manifest.records, manifest.lateRecords, manifest.deadLetters) == (10, 0, 7))
        #expect((manifest.parts[1].records, manifest.parts[1].deadLetters) == (5, 7))
    }

    @Test func nothingNewIsNoRevision() {
        #expect(Self.sealed.revised(with: [], at: 200) == nil)
        #expect(Self.sealed.revised(with: Self.sealed.parts, at: 200) == nil)
        // A chain that merely goes on, or a partition that has nothing for the hour, is nothing new.
        #expect(Self.sealed.revised(with: [Self.part(1, end: 99, []), Self.part(7, [])], at: 200) == nil)
        // Nor is a listing that lacks a file.
        #expect(Self.sealed.revised(with: [Self.part(1, [Self.file("a", records: 2)])], at: 200) == nil)
    }

    @Test func aLateFileMakesTheNextRevision() throws {
        let late = Self.file("late", .late, records: 4)
        let revised = try #require(Self.sealed.revised(with: [Self.part(1, end: 20, [late])], at: 200))
        #expect((revised.revision, revised.revisedAtMs, revised.sealedAtMs) == (2, 200, 100))
        #expect((revised.records, revised.lateRecords, revised.deadLetters) == (14, 4, 7))
        #expect(revised.parts[1].files.map(\.name) == ["a", "b", "dead", "late"])
        #expect((revised.parts[1].lateRecords, revised.parts[1].chainEnd) == (4, 20))
        #expect(revised.parts[0] == Self.sealed.parts[0])
        #expect(revised.revised(with: [Self.part(1, [late])], at: 300) == nil)
        let dead = Self.file("dead2", .deadLetter, records: 1)
        let again = try #require(revised.revised(with: [Self.part(1, end: 5, [dead])], at: 300))
        #expect((again.revision, again.deadLetters, again.parts[1].chainEnd) == (3, 8, 20))
    }

    @Test func aNewPartitionAndANewLossAreRevisions() throws {
        let young = try #require(Self.sealed.revised(with: [Self.part(9, [Self.file("y", records: 1)])], at: 200))
        #expect(young.parts.map(\.partition.number) == [0, 1, 2, 9])
        #expect(young.records == 11)
        let lossy = try #require(Self.sealed.revised(with: [Self.part(0, [], lost: [Self.loss(8)])], at: 200))
        #expect(lossy.parts[0].lost.map(\.start) == [4, 8])
    }

    /// Whatever is reported in whatever order: nothing that was listed goes, and the numbers are those of the files.
    @Test func nothingThatWasListedEverGoes() throws {
        let kinds = FileKind.allCases
        for _ in 0..<200 {
            var manifest = Self.sealed
            for _ in 0..<10 {
                let parts = (0..<3).map { _ in
                    Self.part(
                        .random(in: 0...3), end: .random(in: 0...50),
                        (0..<Int.random(in: 0...2)).map { _ in
                            let id = Int.random(in: 0...8)
                            return Self.file("f\(id)", kinds[id % 3], records: id)
                        }, lost: Bool.random() ? [] : [Self.loss(.random(in: 0...3))])
                }
                guard let revised = manifest.revised(with: parts, at: 1) else { continue }
                #expect(revised.revision == manifest.revision + 1)
                for part in manifest.parts {
                    let now = try #require(revised.parts.first { $0.partition == part.partition })
                    #expect(Set(now.files).isSuperset(of: part.files) && Set(now.lost).isSuperset(of: part.lost))
                    #expect(now.chainEnd >= part.chainEnd)
                }
                let files = revised.parts.flatMap(\.files)
                func count(_ kind: FileKind) -> Int { files.filter { $0.kind == kind }.map(\.records).reduce(0, +) }
                #expect(revised.records == count(.onTime) + count(.late) && revised.lateRecords == count(.late))
                #expect(revised.deadLetters == count(.deadLetter))
                manifest = revised
            }
        }
    }
}
