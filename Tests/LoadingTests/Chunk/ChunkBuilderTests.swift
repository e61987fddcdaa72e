import Bytes
import Gzip
import Interactions
import Loading
import Support
import TestSupport
import Testing

@Suite struct ChunkBuilderTests {
    private func builder(start: Int64 = 0, lateBefore: Int64? = nil, layout: PartitionLayout = .plain) throws
        -> ChunkBuilder
    {
        try ChunkBuilder(
            topic: Sample.topic, partition: Partition(3), link: LinkID(start: start),
            rules: Sample.rules(layout: layout, lateBefore: lateBefore), memory: ChunkMemory(gzip: GzipSettings()))
    }

    private func lines(_ content: ByteRope) -> [String] {
        GzipLines.texts(content.joined)
    }

    @Test func recordsGoToTheFileOfTheirHourAndKind() throws {
        let builder = try builder(start: 10, lateBefore: 1)
        #expect(builder.isEmpty)
        let start = Sample.hour(1).start
        try builder.add(SampleRecord(10, hour: 1))
        try builder.add(SampleRecord(11, timestamp: start, value: #"{"timestamp":\#(start)}"#))
        try builder.add(SampleRecord(12, timestamp: start, value: #"{"timestamp":\#(start - 1)}"#))
        try builder.add(SampleRecord(13, timestamp: start - 1, value: "no json"))
        try builder.add(SampleRecord(14, timestamp: start, value: nil))
        try builder.add(SampleRecord(17, hour: 1))
        let files = try builder.finish(end: 20)
        let partition = Partition(3)
        func name(_ kind: FileKind, _ hour: Int64) -> String {
            ObjectNames(topic: "t", layout: .plain).file(
                kind, hour: Sample.hour(hour), partition: partition, range: OffsetRange(10, 20))
        }
        #expect(
            files.map(\.file.name)
                == [name(.deadLetter, 0), name(.deadLetter, 1), name(.late, 0), name(.onTime, 1)].sorted())
        let onTime = try #require(files.first { $0.file.kind == .onTime })
        #expect((onTime.file.records, onTime.file.firstOffset, onTime.file.lastOffset) == (3, 10, 17))
        #expect((onTime.file.eventTimeMinMs, onTime.file.eventTimeMaxMs) == (start, start + 300_000))
        #expect(lines(onTime.content).count == 3 && lines(onTime.content)[1] == #"{"timestamp":\#(start)}"#)
        let late = try #require(files.first { $0.file.kind == .late }).file
        #expect((late.records, late.hour, late.eventTimeMinMs) == (1, Sample.hour(0), start - 1))
        let counters = builder.counters
        #expect((counters.records, counters.late, counters.deadLetters) == (4, 1, [.notJSON: 1, .nullValue: 1]))
    }

    @Test func withoutClosedHoursNothingIsLate() throws {
        let builder = try builder()
        try builder.add(SampleRecord(0, timestamp: 0, value: "{}"))
        #expect(try builder.finish(end: 1).map(\.file.kind) == [.onTime])
    }

    /// The plan must announce what a reader of the file finds, for lines of every size around the blocks' size.
    @Test(arguments: [GzipSettings(), GzipSettings(engine: .zlib)])
    func theDigestIsThatOfTheStoredLines(_ gzip: GzipSettings) throws {
        let builder = try ChunkBuilder(
            topic: "t", partition: Partition(0), link: LinkID(start: 0), rules: Sample.rules(),
            memory: ChunkMemory(gzip: gzip))
        let block = ChunkMemory.rawBlockSize
        var expected: [String] = []
        for (offset, size) in [10, block - 20, 5, block, block + 1, 3 * block, 7, block - 1, 1].enumerated() {
            let value = #"{"id":"\#(String(repeating: "x", count: size))"}"#
            expected.append(value)
            try builder.add(SampleRecord(Int64(offset), timestamp: Sample.hour(0).start, value: value))
            if offset == 2 { try builder.compressAll() }
        }
        let (file, content) = try #require(builder.finish(end: 9).first)
        let digest = try LineDigest(gzip: content)
        #expect(digest.matches(file))
        #expect((digest.lines, file.lastOffset) == (9, 8))
        #expect(lines(content) == expected)
    }

    @Test func compressingEarlyChangesNothingButTheMemory() throws {
        func make(compresses: Bool) throws -> [(file: PlannedFile, lines: [String])] {
            let builder = try builder()
            for offset in 0..<50 {
                try builder.add(SampleRecord(Int64(offset), hour: Int64(offset % 3)))
                guard compresses, offset % 7 == 0 else { continue }
                #expect(builder.rawBytesHeld > 0)
                try builder.compressAll()
                #expect(builder.rawBytesHeld == 0)
                #expect(builder.bytesHeld > 0 && builder.bytesHeld.isMultiple(of: ChunkMemory.compressedBlockSize))
                #expect(builder.largestFile > 0)
            }
            return try builder.finish(end: 50).map { ($0.file, lines($0.content)) }
        }
        let (early, late) = (try make(compresses: true), try make(compresses: false))
        #expect(early.map(\.file) == late.map(\.file))
        #expect(early.map(\.lines) == late.map(\.lines))
    }

    @Test func memoryIsCountedInBlocksOfOpenFiles() throws {
        let builder = try builder()
        #expect(builder.bytesHeld == 0)
        try builder.add(SampleRecord(0, hour: 0))
        try builder.add(SampleRecord(1, hour: 1))
        #expect(builder.bytesHeld == 2 * ChunkMemory.rawBlockSize)
        #expect(builder.rawBytesHeld == builder.bytesHeld && builder.largestFile == 0)
    }

    @Test func rulesOfANewerProgramAreRefused() throws {
        var rules = Sample.rules()
        rules.version = PlanRules.currentVersion + 1
        let failure = #expect(throws: Failure.self) {
            try ChunkBuilder(
                topic: "t", partition: Sample.partition, link: LinkID(start: 3), rules: rules,
                memory: ChunkMemory(gzip: GzipSettings()))
        }
        #expect(failure?.status == .protocolError)
        #expect(failure?.message.hasSuffix("(version 2, known: 1)") == true)
    }

    @Test func newsOfALossAreToBeStoredToo() throws {
        let builder = try builder()
        builder.lost.append(Sample.loss(0, 1))
        #expect(!builder.isEmpty)
        #expect(try builder.finish(end: 1).isEmpty)
    }

    @Test func countersAddUp() throws {
        let first = try builder(lateBefore: 1)
        try first.add(SampleRecord(0, hour: 0))
        try first.add(SampleRecord(1, timestamp: 5, value: "x"))
        let second = try builder()
        try second.add(SampleRecord(0, timestamp: Sample.hour(0).start, value: "\u{FEFF}{}"))
        try second.add(SampleRecord(1, timestamp: nil, value: "{}"))
        try second.add(SampleRecord(2, timestamp: 5, value: "y"))
        var sum = first.counters
        sum.add(second.counters)
        #expect((sum.records, sum.late, sum.byteOrderMarks) == (3, 1, 1))
        #expect(sum.deadLetters == [.notJSON: 2])
        #expect(sum.timeSources == [.kafkaAbsent: 1, .none: 1])
        #expect(sum.valueBytes == first.counters.valueBytes + 3 + 2 + 2 + 1)
    }
}
