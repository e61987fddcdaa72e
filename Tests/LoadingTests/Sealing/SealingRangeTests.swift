import Interactions
import Loading
import Support
import Testing

@Suite struct SealingRangeTests {
    private func range(_ closed: Int64?...) -> SealingRange {
        SealingRange(
            progress: closed.enumerated().map { index, hour in
                (Partition(Int32(index)), hour.map { Sample.progress(0, closedBefore: $0) })
            })
    }

    private func hours(_ range: ClosedRange<Int64>) -> [Hour] { range.map(Sample.hour) }

    @Test func anHourIsClosedWhenItIsForEveryPartition() {
        #expect(range(5, 3, 9).closedBefore == Sample.hour(3))
        #expect(range(5, 3, 9, 3).openPartitions == [Partition(1), Partition(3)])
    }

    @Test func aPartitionWithoutAnythingClosedKeepsAllOpen() {
        #expect(range(5, nil, 9).closedBefore == nil)
        #expect(range(5, nil, 9).openPartitions == [Partition(1)])
        let unclosed = SealingRange(progress: [
            (Partition(0), Sample.progress(3)), (Partition(1), Sample.progress(3, closedBefore: 4)),
        ])
        #expect(unclosed.closedBefore == nil && unclosed.openPartitions == [Partition(0)])
        #expect(unclosed.hours(sealedBefore: nil, withFiles: [Sample.hour(1)]).isEmpty)
        #expect(SealingRange(progress: []).closedBefore == nil)
    }

    @Test func hoursFollowTheSealedOnesWithoutAGap() {
        #expect(range(5).hours(sealedBefore: Sample.hour(2), withFiles: [Sample.hour(3)]) == hours(2...4))
        #expect(range(5).hours(sealedBefore: Sample.hour(2), withFiles: []) == hours(2...4))
        #expect(range(5).hours(sealedBefore: Sample.hour(5), withFiles: [Sample.hour(5), Sample.hour(7)]).isEmpty)
        #expect(range(5).hours(sealedBefore: Sample.hour(8), withFiles: [Sample.hour(1)]).isEmpty)
    }

    @Test func theFirstRunBeginsWithTheFirstFile() {
        #expect(range(5).hours(sealedBefore: nil, withFiles: [Sample.hour(2), Sample.hour(9)]) == hours(2...4))
        #expect(range(5).hours(sealedBefore: nil, withFiles: []).isEmpty)
    }

    @Test func emptyHoursOfTheFirstRunAreThoseOfAWeek() {
        let old = [Sample.hour(-1000), Sample.hour(-900)]
        let first = Sample.hour(0).index - SealingRange.firstRunHours
        #expect(
            range(0).hours(sealedBefore: nil, withFiles: Set(old))
                == old + (first..<Sample.hour(0).index).map { Hour(index: $0) })
    }

    @Test func anEndlessBacklogIsSealedInPortions() {
        let many = range(50_000).hours(sealedBefore: Sample.hour(0), withFiles: [])
        #expect(many.count == SealingRange.hoursAtOnce && many.first == Sample.hour(0))
        #expect(many.last == Sample.hour(Int64(SealingRange.hoursAtOnce) - 1))
    }
}
