import Foundation
import Interactions
import Support
import Testing

@Suite struct ObjectCodingTests {
    static let file = PlannedFile(
        name: "raw/x", kind: .late, hour: Hour(index: 489_999), records: 4, firstOffset: 10, lastOffset: 19,
        eventTimeMinMs: 5, eventTimeMaxMs: 6, lineBytes: 70, crc32c: .max)
    static let loss = LostRange(start: 1, end: 2, reason: .retention, openFrom: nil, foundAtMs: 3)
    static let plan = Plan(
        topic: "raw-interactions", partition: Partition(3), link: LinkID(start: 10, sequence: 2), end: 20,
        reason: .memory,
        rules: PlanRules(
            eventTimeField: "/timestamp", eventTimeMaxSkewMs: 1000, layout: .hive, recordFormat: .annotated,
            maxRecordBytes: 100, maxDepth: 9, lateBefore: Hour(index: 490_000)),
        files: [file], lost: [loss], closedBefore: nil, writer: "w", writtenAtMs: 7)
    static let progress = Progress(
        topic: "raw-interactions", partition: Partition(3, epoch: 1), next: LinkID(start: 20, sequence: 1),
        position: 25,
        logEnd: 30, drainedAtMs: 8, closedBefore: Hour(index: 490_000), lost: [loss], updatedAtMs: 9)
    static let manifest = HourManifest(
        topic: "raw-interactions", hour: Hour(index: 489_999),
        parts: [HourManifest.Part(partition: Partition(3), chainEnd: 20, files: [file], lost: [loss])], sealedAtMs: 10)

    private static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws(Failure) -> Value {
        try ObjectCoding.decode(type, bytes, what: "thing", location: "gs://b/x.json", version: 1)
    }

    @Test func everyObjectComesBackAsItWas() throws {
        #expect(try Self.decode(Plan.self, ObjectCoding.encode(Self.plan)) == Self.plan)
        #expect(try Self.decode(Progress.self, ObjectCoding.encode(Self.progress)) == Self.progress)
        #expect(try Self.decode(HourManifest.self, ObjectCoding.encode(Self.manifest)) == Self.manifest)
        let origin = ChainOrigin(start: .max)
        #expect(try Self.decode(ChainOrigin.self, ObjectCoding.encode(origin)) == origin)
        let facts = TopicFacts(topic: "t", layout: .hive)
        #expect(try Self.decode(TopicFacts.self, ObjectCoding.encode(facts)) == facts)
        let sealing = SealingProgress(sealedBefore: Hour(index: -1))
        #expect(try Self.decode(SealingProgress.self, ObjectCoding.encode(sealing)) == sealing)
    }

    /// Stored objects outlive the program: their keys and the spelling of their values must not change unnoticed.
    @Test func theJSONIsAsDocumented() {
        #expect(
            String(decoding: ObjectCoding.encode(Self.progress), as: UTF8.self)
                == #"{"chain_end":20,"chain_sequence":1,"closed_before":"2025-11-24T16","drained_at_ms":8,"log_end":30,"#
                + #""lost":[{"end":2,"found_at_ms":3,"reason":"retention","start":1}],"#
                + #""partition":{"epoch":1,"number":3},"position":25,"topic":"raw-interactions","updated_at_ms":9,"#
                + #""version":1}"# + "\n")
        #expect(
            String(decoding: ObjectCoding.encode(Self.plan), as: UTF8.self)
                == #"{"amendment":0,"end":20,"files":[{"crc32c":4294967295,"event_time_max_ms":6,"event_time_min_ms":5,"#
                + #""first_offset":10,"hour":"2025-11-24T15","kind":"late","last_offset":19,"line_bytes":70,"#
                + #""name":"raw/x","records":4}],"lost":[{"end":2,"found_at_ms":3,"reason":"retention","start":1}],"#
                + #""partition":{"epoch":0,"number":3},"reason":"memory","rules":{"event_time_field":"/timestamp","#
                + #""event_time_max_skew_ms":1000,"late_before":"2025-11-24T16","layout":"hive","max_depth":9,"#
                + #""max_record_bytes":100,"record_format":"annotated","version":1},"sequence":2,"start":10,"#
                + #""topic":"raw-interactions","version":1,"writer":"w","written_at_ms":7}"# + "\n")
    }

    @Test func aNewerVersionIsNamedWithTheRemedy() throws {
        var newer = Self.plan
        newer.version = 2
        let bytes = ObjectCoding.encode(newer)
        #expect(ObjectCoding.isNewer(bytes, than: 1))
        let failure = #expect(throws: Failure.self) { try Self.decode(Plan.self, bytes) }
        #expect(
            failure
                == Failure(
                    .protocolError, "gs://b/x.json: the thing has version 2, this program knows 1",
                    remedy: "run the newer version that wrote it"))
        // Even if nothing but the version can be understood.
        let strange = Array(#"{"version": 7, "files": "none"}"#.utf8)
        #expect(throws: Failure.self) { try Self.decode(Plan.self, strange) }
        #expect(ObjectCoding.isNewer(strange, than: 1))
        #expect(!ObjectCoding.isNewer(ObjectCoding.encode(Self.plan), than: 1))
        #expect(!ObjectCoding.isNewer(Array("x".utf8), than: 1))
    }

    @Test(arguments: [
        ("{", ""), ("\"version\":1", "\"version\":\"1\""), ("\"version\":1", "\"versions\":1"),
        ("\"end\":20", "\"end\":-"),
        ("\"end\":20", "\"end\":9223372036854775808"), ("\"end\":20", "\"end\":20.5"), ("\"end\":20,", ""),
        ("\"kind\":\"late\"", "\"kind\":\"later\""), ("\"reason\":\"memory\"", "\"reason\":\"boredom\""),
        ("\"hive\"", "\"bees\""), ("\"annotated\"", "\"xml\""), ("\"retention\"", "\"theft\""),
        ("2025-11-24T15", "2025-11-24T24"), ("2025-11-24T15", "2025-11-24"), ("2025-11-24T15", "2025-02-30T15"),
        ("4294967295", "4294967296"), ("4294967295", "-1"),
    ])
    func whatCannotBeUnderstoodIsUnreadable(_ part: String, _ damage: String) throws {
        let text = String(decoding: ObjectCoding.encode(Self.plan), as: UTF8.self)
        let range = try #require(text.range(of: part))
        let damaged = Array(text.replacingCharacters(in: range, with: damage).utf8)
        let failure = #expect(throws: Failure.self) { try Self.decode(Plan.self, damaged) }
        #expect(failure?.status == .protocolError)
        #expect(failure?.message == "gs://b/x.json: not readable as a thing")
    }

    @Test(arguments: [[], [0xFF, 0xFE], Array("null".utf8), Array("[]".utf8), Array("1".utf8)] as [[UInt8]])
    func whatIsNoObjectIsUnreadable(_ bytes: [UInt8]) {
        let failure = #expect(throws: Failure.self) { try Self.decode(Progress.self, bytes) }
        #expect(failure?.message == "gs://b/x.json: not readable as a thing")
    }

    @Test func lagIsNeverNegative() {
        var progress = Self.progress
        #expect(progress.lag == 5)
        progress.position = 31
        #expect(progress.lag == 0)
        #expect(progress.next == LinkID(start: 20, sequence: 1))
    }
}
