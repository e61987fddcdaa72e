@testable import Kafka
import Testing

@Suite struct FlowControlTests {
    private let start = ContinuousClock.now
    private func flow(hold: Duration?) -> FlowControl {
        var flow = FlowControl(limits: FlowControl.Limits(high: 1000, low: 500, hold: hold))
        flow.assign([0, 1])
        return flow
    }

    @Test func withoutHoldingPausesAtTheHighMarkAndResumesAtTheLowOne() {
        var flow = flow(hold: nil)
        #expect(flow.step(waitingBytes: 999, now: start).pause == [])
        #expect(flow.wakeAt == nil)
        #expect(flow.step(waitingBytes: 1000, now: start).pause == [0, 1])
        #expect(flow.wakeAt == 500)
        let between = flow.step(waitingBytes: 501, now: start)
        #expect(between.pause == [] && between.resume == [])
        #expect(flow.step(waitingBytes: 500, now: start).resume == [0, 1])
        #expect(flow.wakeAt == nil)
    }

    /// However full it is, the queue is served: rebalances come through it.
    @Test func aPausedConsumerStillTakes() {
        var flow = flow(hold: nil)
        #expect(flow.step(waitingBytes: 5000, now: start).intake == .take(maxRecords: 1))
    }

    @Test func holdsForAWhileBeforeItPauses() {
        var flow = flow(hold: .seconds(1))
        let full = flow.step(waitingBytes: 1200, now: start)
        #expect(full == FlowControl.Step(pause: [], resume: [], intake: .hold(.seconds(1))))
        let later = flow.step(waitingBytes: 700, now: start.advanced(by: .milliseconds(400)))
        #expect(later.intake == .hold(.milliseconds(600)))
        let tooLong = flow.step(waitingBytes: 700, now: start.advanced(by: .seconds(1)))
        #expect(tooLong.pause == [0, 1])
        #expect(tooLong.intake == .take(maxRecords: 1))
        #expect(flow.step(waitingBytes: 500, now: start.advanced(by: .seconds(2))).resume == [0, 1])
    }

    @Test func roomInTimeEndsAHold() {
        var flow = flow(hold: .seconds(1))
        _ = flow.step(waitingBytes: 1200, now: start)
        let step = flow.step(waitingBytes: 100, now: start.advanced(by: .milliseconds(900)))
        #expect(step == FlowControl.Step(pause: [], resume: [], intake: .take(maxRecords: 1)))
    }

    @Test func takesNoMoreRecordsThanThereIsRoomFor() {
        var flow = FlowControl(limits: FlowControl.Limits(high: 1_000_000, low: 500, hold: nil))
        #expect(flow.step(waitingBytes: 0, now: start).intake == .take(maxRecords: 976))
        flow.took(records: 10, bytes: 10 * 100_000 - 10 * 1024)
        #expect(flow.step(waitingBytes: 0, now: start).intake == .take(maxRecords: 20))
        #expect(flow.step(waitingBytes: 999_999, now: start).intake == .take(maxRecords: 1))
    }

    @Test func pausesWhatTheReaderDoesNotWant() {
        var flow = flow(hold: nil)
        flow.want([1, 7], false)
        #expect(flow.step(waitingBytes: 0, now: start).pause == [1])
        #expect(flow.step(waitingBytes: 1000, now: start).pause == [0])
        #expect(flow.step(waitingBytes: 0, now: start).resume == [0])
        flow.want([1], true)
        #expect(flow.step(waitingBytes: 0, now: start).resume == [1])
    }

    @Test func whatLeavesIsResumedFirstAndReturnsWanted() {
        var flow = flow(hold: nil)
        flow.want([1], false)
        _ = flow.step(waitingBytes: 0, now: start)
        #expect(flow.unassign([0, 1]) == [1])
        flow.assign([1])
        #expect(flow.step(waitingBytes: 0, now: start).pause == [])
    }

    @Test func triesAgainWhatWasRefused() {
        var flow = flow(hold: nil)
        #expect(flow.step(waitingBytes: 1000, now: start).pause == [0, 1])
        flow.refused([1], pause: true)
        #expect(flow.step(waitingBytes: 1000, now: start).pause == [1])
    }

    @Test func aRestartedPartitionIsPausedAnew() {
        var flow = flow(hold: nil)
        _ = flow.step(waitingBytes: 1000, now: start)
        #expect(flow.restart([1]) == [1])
        #expect(flow.step(waitingBytes: 1000, now: start).pause == [1])
    }
}

@Suite struct RebalanceTests {
    private let starts = [PartitionStart(partition: 0, offset: 5), PartitionStart(partition: 2, offset: 0)]

    @Test func withoutAGroupAnyAssignmentGoes() throws {
        var rebalance = Rebalance()
        #expect(try rebalance.assign(starts, subscribed: false, cooperative: false) == .assign(starts))
    }

    @Test(arguments: [false, true]) func answersTheQuestionOnce(cooperative: Bool) throws {
        var rebalance = Rebalance()
        rebalance.ask(.assign([2, 0]))
        let answer = try rebalance.assign(starts, subscribed: true, cooperative: cooperative)
        #expect(answer == (cooperative ? .addToAssignment(starts) : .assign(starts)))
        #expect(throws: KafkaError.self) {
            try rebalance.assign(starts, subscribed: true, cooperative: cooperative)
        }
    }

    @Test func refusesAnAnswerToAnotherQuestion() {
        var rebalance = Rebalance()
        rebalance.ask(.assign([0]))
        #expect(throws: KafkaError.self) { try rebalance.assign(starts, subscribed: true, cooperative: false) }
        rebalance.ask(.revoke([0]))
        #expect(throws: KafkaError.self) { try rebalance.assign(starts, subscribed: true, cooperative: false) }
    }

    @Test func givesUpWhatIsAskedFor() {
        var rebalance = Rebalance()
        #expect(rebalance.completeRevocation(cooperative: true) == nil)
        rebalance.ask(.revoke([1]))
        #expect(rebalance.completeRevocation(cooperative: true)?.answer == .removeFromAssignment([1]))
        rebalance.ask(.revoke([1]))
        #expect(rebalance.completeRevocation(cooperative: false)?.answer == .unassignAll)
        #expect(rebalance.question == nil)
    }
}
