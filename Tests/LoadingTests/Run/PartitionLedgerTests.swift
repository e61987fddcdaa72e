import Interactions
import Loading
import Support
import TestSupport
import Testing

@Suite struct PartitionLedgerTests {
    private func ledger(
        _ start: Int64 = 0, completing: Int64? = nil, end: Int64, at: Milliseconds? = 5, follows: Bool = false
    ) -> PartitionLedger {
        PartitionLedger(
            start: start, completingUntil: completing, capture: .init(end: end, at: at), follows: follows, now: .zero)
    }

    /// - Returns: those of the offsets that were wanted.
    private func take(_ ledger: inout PartitionLedger, _ offsets: Int64...) -> [Int64] {
        offsets.filter { ledger.take($0) }
    }

    @Test func recordsAreTakenOnceAndUpToTheCapturedEnd() {
        var ledger = ledger(5, end: 8)
        #expect(take(&ledger, 4, 5, 5) == [5])
        #expect(!ledger.isDrained)
        #expect(take(&ledger, 7) == [7])
        #expect(ledger.position == 8 && ledger.isDrained)
        #expect(take(&ledger, 8) == [])
        #expect(ledger.position == 8)
        ledger.settle()
        #expect(ledger.phase == .stopped && !ledger.isDrained)
        ledger.capture(.init(end: 20, at: 9))
        #expect(take(&ledger, 8) == [])
        #expect(ledger.position == 8)
    }

    @Test func aRecordBeyondTheCapturedEndShowsThatAllBeforeItCame() {
        var ledger = ledger(0, end: 8)
        _ = ledger.take(2)
        #expect(take(&ledger, 9) == [])
        ledger.see(9)
        #expect(ledger.position == 8 && ledger.isDrained)
        // Nothing is known from one before it.
        var other = self.ledger(0, end: 8)
        other.see(7)
        #expect(other.position == 0)
    }

    @Test func theEndMovesOverOffsetsThatHoldNoRecords() {
        var ledger = ledger(0, end: 8)
        _ = ledger.take(2)
        ledger.reachEnd(at: 8)
        #expect(ledger.position == 8 && ledger.isDrained)
    }

    /// They were not taken, so the next run has to read them.
    @Test func recordsAfterTheCaptureAreNeverSkippedByTheEnd() {
        var ledger = ledger(0, end: 8)
        _ = ledger.take(7)
        #expect(take(&ledger, 8, 9) == [])
        ledger.reachEnd(at: 10)
        #expect(ledger.position == 8 && ledger.capture.end == 8 && ledger.isDrained)
    }

    /// An open transaction holds the rest back: what can be read is read, the position stays where it begins, and nothing
    /// is closed.
    @Test func anEndBeforeTheCapturedOneIsWaitedForAndThenLeft() {
        var ledger = ledger(0, end: 8)
        _ = ledger.take(2)
        #expect(!ledger.isHeldBack && ledger.heldBack == 0)
        ledger.reachEnd(at: 5)
        #expect(ledger.position == 5 && ledger.isHeldBack && ledger.heldBack == 3 && !ledger.isDrained)
        #expect(ledger.isStalled(now: .seconds(60), limit: .seconds(60)))
        ledger.leaveHeldBack()
        #expect(ledger.isDrained && !ledger.isStalled(now: .seconds(60), limit: .seconds(60)))
        #expect(ledger.capture.end == 5 && ledger.capture.at == nil && ledger.capture.logEnd == 8)
        #expect(ledger.heldBack == 3)
        #expect(ledger.closes(allowedLateness: 0, already: Sample.hour(3)) == Sample.hour(3))
        var behind = self.ledger(6, end: 8)
        behind.reachEnd(at: 5)
        #expect(behind.position == 6 && behind.heldBack == 2)
    }

    @Test func aTransactionThatEndsInTimeLetsTheCapturedEndBeReached() {
        var ledger = ledger(0, end: 8)
        ledger.reachEnd(at: 5)
        #expect(take(&ledger, 5) == [5])
        #expect(!ledger.isHeldBack && ledger.heldBack == 0)
        ledger.leaveHeldBack()
        #expect(ledger.capture == .init(end: 8, at: 5))
        ledger.reachEnd(at: 9)
        #expect(ledger.position == 8 && ledger.isDrained && !ledger.isHeldBack)
    }

    @Test func whoFollowsWaitsForWhatIsHeldBack() {
        var ledger = ledger(0, end: 8, follows: true)
        ledger.reachEnd(at: 5)
        #expect(ledger.isHeldBack && !ledger.isDrained && !ledger.isSettled)
        ledger.reachEnd(at: 9)
        #expect(ledger.position == 9 && ledger.isDrained && ledger.capture.at == 5)
    }

    @Test func aChunkIsCompletedUpToItsEndOnly() {
        var ledger = ledger(3, completing: 6, end: 20)
        #expect(take(&ledger, 3, 5) == [3, 5])
        #expect(ledger.completes(at: 0))  // the position is there
        #expect(take(&ledger, 6) == [])
        ledger.reachEnd(at: 20)
        #expect(ledger.position == 6 && !ledger.isDrained)
        ledger.finishCompleting()
        #expect(ledger.phase == .reading && !ledger.completes(at: 20))
        #expect(take(&ledger, 6) == [6])

        var compacted = self.ledger(3, completing: 6, end: 20)
        #expect(!compacted.completes(at: 5) && compacted.completes(at: 6))
        compacted.finishCompleting()
        #expect(compacted.position == 6)
        var reading = self.ledger(0, end: 3)
        reading.finishCompleting()
        #expect(reading.position == 0)
    }

    @Test func jumpsGoForwardOnly() {
        var ledger = ledger(5, end: 8)
        ledger.jump(to: 3)
        #expect(ledger.position == 5)
        ledger.jump(to: 7)
        #expect(ledger.position == 7)
        ledger.stop()
        ledger.jump(to: 8)
        #expect(take(&ledger, 7) == [])
        #expect(ledger.position == 7 && !ledger.isDrained)
    }

    @Test func whoFollowsTakesWhatComesAndSettlesEachCapture() {
        var ledger = ledger(0, end: 1, follows: true)
        #expect(take(&ledger, 0, 1) == [0, 1])
        #expect(ledger.isDrained)
        ledger.settle()
        #expect(ledger.phase == .reading && !ledger.isDrained)
        #expect(take(&ledger, 2) == [2])
        ledger.capture(.init(end: 5, at: 6))
        #expect(!ledger.isDrained)
        ledger.reachEnd(at: 6)
        #expect(ledger.position == 6 && ledger.isDrained)
        ledger.settle()
        // The same end at a later time closes more.
        ledger.capture(.init(end: 5, at: 7))
        #expect(ledger.isDrained && ledger.capture.at == 7)
        ledger.capture(.init(end: 4, at: 8))
        #expect(ledger.capture == .init(end: 5, at: 7))
    }

    @Test func nothingForTooLongIsAStall() {
        var ledger = ledger(0, end: 8)
        #expect(!ledger.isStalled(now: .seconds(59), limit: .seconds(60)))
        #expect(ledger.isStalled(now: .seconds(60), limit: .seconds(60)))
        ledger.progressed(now: .seconds(30))
        #expect(!ledger.isStalled(now: .seconds(60), limit: .seconds(60)))
        ledger.reachEnd(at: 8)
        ledger.settle()
        #expect(!ledger.isStalled(now: .seconds(900), limit: .seconds(60)))
    }

    @Test func anHourIsClosedWhenTheEndWasCapturedAfterItAndTheLateness() {
        let lateness: Milliseconds = 600_000
        func closes(_ at: Milliseconds?, already: Hour? = nil) -> Hour? {
            ledger(end: 0, at: at).closes(allowedLateness: lateness, already: already)
        }
        let hour = Sample.hour(1)
        #expect(closes(hour.end + lateness) == hour.next)
        #expect(closes(hour.end + lateness - 1) == hour)
        #expect(closes(hour.end + lateness, already: Sample.hour(9)) == Sample.hour(9))
        #expect(closes(nil) == nil)
        #expect(closes(nil, already: hour) == hour)
    }

    /// A log with gaps is read by runs that each capture an end, in whatever order records and ends are told.
    @Test func nothingIsSkippedAndNothingTakenTwice() {
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let high = Int64.random(in: 0...40, using: &random)
            let records = (0..<high).filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
            var taken: [Int64] = []
            var position: Int64 = 0
            for run in 0...3 {
                let end = run == 3 ? high : Int64.random(in: position...high, using: &random)
                var ledger = ledger(position, end: end, follows: Bool.random(using: &random))
                for record in records where record >= position {
                    if ledger.take(record) { taken.append(record) } else { ledger.see(record) }
                }
                if Bool.random(using: &random) || run == 3 { ledger.reachEnd(at: high) }
                position = ledger.position
            }
            #expect(taken == records, "seed \(seed)")
            #expect(position == high)
        }
    }
}
