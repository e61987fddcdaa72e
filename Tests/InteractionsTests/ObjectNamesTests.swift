import Foundation
import Interactions
import Support
import Testing

@Suite struct ObjectNamesTests {
    /// 2026-01-01T13.
    static let hour = Hour(index: 490_909)
    static let plain = ObjectNames(topic: "raw-interactions", layout: .plain)
    static let hive = ObjectNames(topic: "raw-interactions", layout: .hive)

    static func fileName(_ names: ObjectNames, _ kind: FileKind) -> String {
        names.file(kind, hour: hour, partition: Partition(3), range: OffsetRange(1200, 1300))
    }

    @Test func plainNamesAreAsDocumented() {
        let names = Self.plain
        #expect(
            Self.fileName(names, .onTime)
                == "raw/raw-interactions/2026-01-01/13-p00003-00000000000000001200-00000000000000001300.jsonl.gz")
        #expect(
            Self.fileName(names, .late)
                == "raw/raw-interactions/2026-01-01/13-late-p00003-00000000000000001200-00000000000000001300.jsonl.gz")
        #expect(
            Self.fileName(names, .deadLetter)
                == "dead-letter/raw-interactions/2026-01-01/13-p00003-00000000000000001200-00000000000000001300.jsonl.gz"
        )
        #expect(names.manifest(of: Self.hour) == "raw/raw-interactions/2026-01-01/13.manifest.json")
        #expect(names.progress(of: Partition(3, epoch: 1)) == "raw/raw-interactions/_progress/p00003e1.json")
        #expect(names.origin(of: Partition(3)) == "raw/raw-interactions/_plans/p00003/origin.json")
        #expect(
            names.plan(of: Partition(3), at: LinkID(start: 7))
                == "raw/raw-interactions/_plans/p00003/00000000000000000007.json")
    }

    @Test func hiveNamesAreAsDocumented() {
        let names = Self.hive
        #expect(
            Self.fileName(names, .onTime)
                == "raw/raw-interactions/dt=2026-01-01/hour=13/p00003-00000000000000001200-00000000000000001300.jsonl.gz"
        )
        #expect(
            Self.fileName(names, .late)
                == "raw/raw-interactions/dt=2026-01-01/hour=13/late-p00003-00000000000000001200-00000000000000001300.jsonl.gz"
        )
        #expect(names.manifest(of: Self.hour) == "raw/raw-interactions/dt=2026-01-01/hour=13/_manifest.json")
    }

    @Test(arguments: PartitionLayout.allCases, FileKind.allCases)
    func everyFileNameComesBack(_ layout: PartitionLayout, _ kind: FileKind) {
        for topic in ["t", "raw-interactions", "a.b_c", "late-x", "13-p00000", "dead-letter"] {
            let names = ObjectNames(topic: topic, layout: layout)
            for hour in [-1, 0, 490_896, 490_919, 12_345_678].map(Hour.init(index:)) {
                for partition in [Partition(0), Partition(77, epoch: 3), Partition(123_456)] {
                    for range in [OffsetRange(0, 1), OffsetRange(5, .max), OffsetRange(.max - 1, .max)] {
                        let name = names.file(kind, hour: hour, partition: partition, range: range)
                        #expect(
                            names.parse(file: name)
                                == FileName(kind: kind, hour: hour, partition: partition, range: range))
                        #expect(
                            name.hasPrefix(kind == .deadLetter ? names.deadLetters(of: hour) : names.files(of: hour)))
                    }
                }
            }
        }
    }

    /// Each of these damages one part of a name that would be right.
    @Test(arguments: [
        ("p00003", "p3"), ("p00003", "p-0003"), ("p00003", "p00003e0"), ("p00003", "p00003e-1"), ("p00003", "q00003"),
        ("p00003", "p2147483648"), ("-00000000000000001200", "-1200"),
        ("-00000000000000001200", "-000000000000000001200"),
        ("-00000000000000001200", "--0000000000000001200"), ("-00000000000000001200", "-+0000000000000001200"),
        ("-00000000000000001200", "-99999999999999999999"), ("-00000000000000001200", "-0000000000000000120x"),
        ("-00000000000000001200", ""), ("-00000000000000001200", "-00000000000000001300"),
        ("-00000000000000001200", "-00000000000000001301"), (".jsonl.gz", ".jsonl"), (".jsonl.gz", ".jsonl.gz.tmp"),
        (".jsonl.gz", "-5.jsonl.gz"), ("2026-01-01", "2026-02-30"), ("2026-01-01", "2026-1-01"), ("2026-01-01", ".."),
        ("2026-01-01", "2026-01-01/.."), ("13", "24"), ("13", "-1"), ("13", "+1"), ("13", "1"), ("13", "013"),
        ("raw/", "RAW/"), ("raw/", "dead-letters/"), ("raw/", ""), ("raw-interactions", "raw-interactions2"),
        ("raw-interactions/", "raw-interactions//"),
    ])
    func damagedFileNamesAreRefused(_ part: String, _ damage: String) throws {
        for names in [Self.plain, Self.hive] {
            let whole = Self.fileName(names, .onTime)
            let range = try #require(whole.range(of: part))
            #expect(names.parse(file: whole.replacingCharacters(in: range, with: damage)) == nil)
        }
    }

    @Test func namesOfOtherObjectsAreNoFiles() {
        for names in [Self.plain, Self.hive] {
            let others = [
                names.manifest(of: Self.hour), names.origin(of: Partition(3)), names.progress(of: Partition(3)),
                names.sealing, names.plan(of: Partition(3), at: LinkID(start: 5)), names.root, "", ".jsonl.gz",
            ]
            for other in others { #expect(names.parse(file: other) == nil) }
            let late = Self.fileName(names, .late)
            // Dead letters are never late, and nothing is late twice.
            #expect(names.parse(file: late.replacing("raw/raw", with: "dead-letter/raw")) == nil)
            #expect(names.parse(file: late.replacing("late-", with: "late-late-")) == nil)
        }
        // Each layout knows its own names only.
        for kind in FileKind.allCases {
            #expect(Self.plain.parse(file: Self.fileName(Self.hive, kind)) == nil)
            #expect(Self.hive.parse(file: Self.fileName(Self.plain, kind)) == nil)
        }
    }

    @Test func foldersGiveTheirDate() {
        #expect(Self.plain.date(fromFolder: "raw/raw-interactions/2026-01-01/") == CivilDate("2026-01-01"))
        #expect(Self.hive.date(fromFolder: "raw/raw-interactions/dt=2026-01-01/") == CivilDate("2026-01-01"))
        for folder in ["_plans/", "2026-01-01", "2026-13-01/", "x/2026-01-01/", ""] {
            #expect(Self.plain.date(fromFolder: "raw/raw-interactions/" + folder) == nil)
            #expect(Self.hive.date(fromFolder: "raw/raw-interactions/" + folder) == nil)
        }
        #expect(Self.plain.date(fromFolder: "raw/other/2026-01-01/") == nil)
        #expect(Self.plain.date(fromFolder: Self.plain.deadLetterRoot + "2026-01-01/") == CivilDate("2026-01-01"))
    }

    @Test func plansGiveTheirLink() {
        let names = Self.plain
        let link = LinkID(start: 12, sequence: 1, amendment: 2)
        #expect(names.link(fromPlanName: names.plan(of: Partition(3), at: link), of: Partition(3)) == link)
        #expect(names.link(fromPlanName: names.plan(of: Partition(3, epoch: 1), at: link), of: Partition(3)) == nil)
        #expect(names.link(fromPlanName: names.origin(of: Partition(3)), of: Partition(3)) == nil)
    }
}
