import Interactions
import Support
import Testing

@Suite struct ObjectCodingTests {
    static let plan = Plan(
        topic: "raw-interactions", partition: Partition(3), link: LinkID(start: 10, sequence: 2), end: 20, reason: .memory,
        rules: PlanRules(
            eventTimeField: "/timestamp", eventTimeMaxSkewMs: 1000, layout: .hive, recordFormat: .annotated,
            maxRecordBytes: 100, maxDepth: 9, lateBefore: Hour(index: 490_000)),
        files: [
            PlannedFile(
                name: "raw/x", kind: .late, hour: Hour(index: 489_999), records: 4, firstOffset: 10, lastOffset: 19,
                eventTimeMinMs: 5, eventTimeMaxMs: 6, lineBytes: 70, crc32c: .max)
        ],
        lost: [LostRange(start: 1, end: 2, reason: .retention, openFrom: nil, foundAtMs: 3)], closedBefore: nil,
        writer: "w", writtenAtMs: 7)

    @Test func aPlanComesBackAsItWas() throws {
        let bytes = ObjectCoding.encode(Self.plan)
        let plan = try ObjectCoding.decode(Plan.self, bytes, what: "plan", location: "here", version: Plan.currentVersion)
        #expect(plan == Self.plan)
    }
}
