import Bytes
import Interactions
import Loading
import Support
import Testing

@Suite struct CompletionTests {
    /// Files of offsets 0, 1, 4 (hour 0), 2, 3, 5 (hour 1) and a dead letter (6), in one chunk of ten offsets.
    private static func files(_ change: (inout PlannedFile) -> Void = { _ in }) -> [PlannedFile] {
        var files = [
            Sample.file(hour: 0, 0, 10, records: 3), Sample.file(hour: 1, 0, 10, records: 3),
            Sample.file(.deadLetter, hour: 1, 0, 10, records: 1),
        ]
        for (index, range) in [(0, 0...4), (1, 2...5), (2, 6...6)] as [(Int, ClosedRange<Int64>)] {
            (files[index].firstOffset, files[index].lastOffset) = (range.lowerBound, range.upperBound)
            change(&files[index])
        }
        return files
    }

    private let plan = Sample.plan(0, 10, files: files(), lost: [Sample.loss(7, 8)], lateBefore: 0, closedBefore: 1)

    private func complete(missing: [Int], found: [PlannedFile], earliest: Int64 = 0) -> Completion {
        Completion(
            of: plan, missing: Set(missing.map { plan.files[$0].name }), found: found.map { ($0, ByteRope([1])) },
            earliest: earliest, writer: "me", now: Sample.hour(3).start)
    }

    private func amended(_ completion: Completion) throws -> Chunk {
        guard case .amended(let chunk) = completion else { throw Failure(.failure, "nothing was amended") }
        return chunk
    }

    @Test func whatCameOutAsAnnouncedIsStoredUnderThePlan() throws {
        // The re-read begins at the first missing file, so that the others come out shorter.
        var found = plan.files
        found[0].records = 1
        guard case .asPlanned(let chunk) = complete(missing: [1, 2], found: found) else {
            throw Failure(.failure, "something was amended")
        }
        #expect(chunk.plan == plan)
        #expect(Set(chunk.contents.keys) == [plan.files[1].name, plan.files[2].name])
    }

    @Test func retentionTookThePrefix() throws {
        let left = Self.files { file in
            if file.hour == Sample.hour(0), file.kind == .onTime { (file.records, file.firstOffset) = (1, 4) }
            if file.hour == Sample.hour(1), file.kind == .onTime { (file.records, file.firstOffset) = (2, 3) }
        }
        let chunk = try amended(complete(missing: [0, 1, 2], found: left, earliest: 3))
        #expect(chunk.plan.link == LinkID(start: 0, amendment: 1))
        #expect(
            (chunk.plan.range, chunk.plan.closedBefore, chunk.plan.next) == (plan.range, plan.closedBefore, plan.next))
        #expect((chunk.plan.writer, chunk.plan.writtenAtMs) == ("me", Sample.hour(3).start))
        #expect(chunk.plan.files == left && chunk.contents.count == 3)
        let loss = LostRange(
            start: 0, end: 3, reason: .planned, openFrom: Sample.hour(0), foundAtMs: Sample.hour(3).start)
        #expect(chunk.plan.lost == [loss, Sample.loss(7, 8)])
    }

    @Test func compactionChangedTheMiddle() throws {
        let left = Self.files { if $0.lastOffset == 5 { $0.records = 2 } }
        let chunk = try amended(complete(missing: [0, 1], found: left))
        #expect(chunk.plan.files == left)
        #expect(chunk.contents.keys.sorted() == [plan.files[0].name, plan.files[1].name].sorted())
        #expect(chunk.plan.lost.map { [$0.start, $0.end] } == [[2, 6], [7, 8]])
    }

    @Test func everythingThatWasMissingIsGone() throws {
        let chunk = try amended(complete(missing: [1], found: [], earliest: 50))
        #expect(chunk.plan.files == [plan.files[0], plan.files[2]] && chunk.contents.isEmpty)
        #expect(chunk.plan.lost.map { [$0.start, $0.end] } == [[2, 10], [7, 8]])
    }

    @Test func anAmendmentIsAmendedAgain() throws {
        var amendedOnce = plan
        amendedOnce.amendment = 1
        let completion = Completion(
            of: amendedOnce, missing: [plan.files[0].name], found: [], earliest: 0, writer: "me", now: 0)
        #expect(try amended(completion).plan.link == LinkID(start: 0, amendment: 2))
    }

    @Test func aFileWithTheSameLinesButAnotherRecordIsNotTheSame() throws {
        let other = Self.files { if $0.firstOffset == 0 { $0.crc32c ^= 1 } }
        let chunk = try amended(complete(missing: [0], found: other))
        #expect(chunk.plan.files[0].crc32c == other[0].crc32c)
        #expect(chunk.plan.lost.map { [$0.start, $0.end] } == [[0, 5], [7, 8]])
    }
}
