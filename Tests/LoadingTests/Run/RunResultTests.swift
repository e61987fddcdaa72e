import Interactions
import Loading
import Support
import TestSupport
import Testing

@Suite struct RunResultTests {
    @Test(
        arguments: [
            (nil, false, true, .success), (nil, false, false, .notDrained), (nil, true, true, .dataLoss),
            (nil, true, false, .dataLoss), (.conflict, true, false, .conflict),
            (.unavailable, false, true, .unavailable),
        ] as [(Support.ExitStatus?, Bool, Bool, Support.ExitStatus)])
    func theWorstOutcomeIsTheExitStatus(
        _ failure: Support.ExitStatus?, _ lost: Bool, _ drained: Bool, _ status: Support.ExitStatus
    ) {
        #expect(exitStatus(failure: failure.map { Failure($0, "x") }, isDataLost: lost, isDrained: drained) == status)
    }

    @Test func aRunIsDrainedWhenItEndedByItselfAndEveryPartitionIsRead() {
        var result = RunResult()
        result.partitions = [0: PartitionStanding(start: 0, position: 5, logEnd: 5)]
        #expect(result.isDrained && result.status == .success)
        result.stop = .deadline
        #expect(!result.isDrained && result.status == .notDrained)
        result.stop = nil
        result.partitions[1] = PartitionStanding(start: 0, position: 5, logEnd: 6)
        #expect(result.partitions[1]?.lag == 1 && result.status == .notDrained)
        result.partitions[1]?.heldBack = 1
        #expect(result.status == .success)
        result.partitions[1]?.position = 4
        #expect(result.partitions[1]?.lag == 1 && result.status == .notDrained)
        result.lost = [(0, Sample.loss(0, 1))]
        #expect(result.status == .dataLoss)
        result.failure = Failure(.noPermission, "x")
        #expect(result.status == .noPermission)
    }

    @Test(
        arguments: [
            (0, true, 0), (-999, true, -999), (60_000, true, 0), (-60_000, true, -60_000), (60_001, false, nil),
            (-60_001, false, nil),
        ] as [(Milliseconds, Bool, Milliseconds?)])
    func theStoresTimeIsNeverRunAheadOf(_ ahead: Milliseconds, _ isTrusted: Bool, _ difference: Milliseconds?) {
        let machine = ManualWallClock(1_000_000)
        let clock = StoreClock(machine, storeTime: 500_000 + ahead, asked: 500_000)
        #expect(clock.isTrusted == isTrusted)
        #expect(clock.now() == 1_000_000)
        #expect(clock.trusted() == difference.map { 1_000_000 + $0 })
        machine.advance(by: 7)
        #expect(clock.trusted() == difference.map { 1_000_007 + $0 })
    }

    @Test func aClockThatDriftsAwayIsNoLongerTrusted() {
        let machine = ManualWallClock(1_000_000)
        let clock = StoreClock(machine, storeTime: 1_000_000, asked: 1_000_000)
        machine.advance(by: 100_000)
        clock.compare(storeTime: 1_020_000, asked: 1_100_000)
        #expect(clock.offset == -80_000 && clock.trusted() == nil)
        clock.compare(storeTime: 1_090_000, asked: 1_100_000)
        #expect(clock.isTrusted && clock.trusted() == 1_090_000)
    }
}
