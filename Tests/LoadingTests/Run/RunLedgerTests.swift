import Interactions
import Loading
import Support
import Testing

@Suite struct RunLedgerTests {
    typealias Action = RunLedger.Action
    typealias State = RunLedger.SessionState

    private func ledger(
        maxDuration: Duration? = nil, followInterval: Duration? = nil, emptyAssignmentWait: Duration = .zero
    ) -> RunLedger {
        RunLedger(
            topic: "t",
            limits: RunLedger.Limits(
                maxDuration: maxDuration, noProgressTimeout: .seconds(60), shutdownGrace: .seconds(8),
                followInterval: followInterval, emptyAssignmentWait: emptyAssignmentWait))
    }

    /// A run that reads these, in turn 1.
    private func reading(_ numbers: Int32..., followInterval: Duration? = nil) -> RunLedger {
        var ledger = ledger(followInterval: followInterval)
        _ = ledger.assigned(numbers, now: .zero)
        for number in numbers { _ = ledger.recovered(number, turn: 1) }
        return ledger
    }

    private func tick(_ ledger: inout RunLedger, _ seconds: Int, _ states: [Int32: State] = [:]) -> [Action] {
        ledger.tick(now: .seconds(seconds), isPaused: false) { states[$0] ?? State() }
    }

    private func isFinished(_ ledger: RunLedger, _ seconds: Int = 1, _ states: [Int32: State] = [:]) -> Bool {
        ledger.isFinished(now: .seconds(seconds), isSealing: false) { states[$0] ?? State(isStopped: true) }
    }

    // MARK: Assignments

    @Test func anAssignmentIsAnsweredWhenAllOfItIsRecovered() {
        var ledger = ledger()
        #expect(ledger.assigned([2, 1], now: .seconds(3)) == [.recover(2, turn: 1), .recover(1, turn: 1)])
        #expect(ledger.groupWait == .seconds(3))
        #expect(ledger.recovered(2, turn: 1) == [])
        #expect(ledger.isWaiting(2) && !isFinished(ledger))
        #expect(ledger.recovered(1, turn: 1) == [.answerAssignment([1, 2])])
        #expect(!ledger.isWaiting(2) && isFinished(ledger))
    }

    @Test func aSecondAssignmentVoidsOneThatWasNotAnswered() {
        var ledger = ledger()
        _ = ledger.assigned([1, 2], now: .zero)
        _ = ledger.recovered(1, turn: 1)
        #expect(
            ledger.assigned([2, 3], now: .zero)
                == [.release(1), .release(2), .recover(2, turn: 2), .recover(3, turn: 2)])
        // What was found for the first one says nothing of the second.
        #expect(ledger.recovered(2, turn: 1) == [])
        #expect(!ledger.isCurrent(1, 1))
        #expect(ledger.recovered(3, turn: 2) == [])
        #expect(ledger.recovered(2, turn: 2) == [.answerAssignment([2, 3])])
    }

    @Test func moreMayBeAssignedWhileOthersAreRead() {
        var ledger = reading(1)
        #expect(ledger.assigned([2], now: .zero) == [.recover(2, turn: 2)])
        #expect(ledger.isCurrent(1, 1))
        #expect(ledger.recovered(2, turn: 2) == [.answerAssignment([2])])
    }

    @Test func aRebalanceDuringRecoveryEndsIt() {
        var ledger = ledger()
        _ = ledger.assigned([1, 2], now: .zero)
        _ = ledger.recovered(1, turn: 1)
        #expect(ledger.revoked([1, 2], lost: false, now: .zero) == [.cut(1, .revoked), .release(2)])
        #expect(ledger.recovered(2, turn: 1) == [])
        #expect(tick(&ledger, 1) == [.release(1), .completeRevocation])
        #expect(!isFinished(ledger))
        #expect(ledger.assigned([1], now: .zero) == [.recover(1, turn: 2)])
    }

    /// The answer would be refused: what it was about is no longer asked.
    @Test func aRevocationVoidsAnAssignmentThatWasNotAnswered() {
        var ledger = reading(1, 4)
        _ = ledger.assigned([2, 3], now: .zero)
        _ = ledger.recovered(2, turn: 2)
        #expect(ledger.revoked([1], lost: false, now: .zero) == [.release(2), .release(3), .cut(1, .revoked)])
        #expect(ledger.recovered(3, turn: 2) == [] && ledger.turn(of: 2) == nil)
        #expect(tick(&ledger, 1) == [.release(1), .completeRevocation])
        #expect(isFinished(ledger))
    }

    @Test func withoutPartitionsARunIsDoneOnceTheGroupSaidSo() {
        var ledger = ledger(emptyAssignmentWait: .seconds(45))
        #expect(!isFinished(ledger, 100))
        #expect(ledger.assigned([], now: .seconds(10)) == [.answerAssignment([])])
        #expect(!isFinished(ledger, 54) && isFinished(ledger, 55))
        // Given back is not the same as given none: the group is about to share out anew.
        _ = ledger.revoked([], lost: false, now: .seconds(60))
        #expect(tick(&ledger, 60) == [.completeRevocation])
        #expect(!isFinished(ledger, 170))
        #expect(tick(&ledger, 180) == [.tellNoPartitions, .tellStopping(.stalled)])
        #expect(ledger.stopping?.reason == .stalled && isFinished(ledger, 180))
    }

    // MARK: Revocations

    @Test func aRevocationWaitsForTheUploadUnderWay() {
        var ledger = reading(1, 2, 3)
        ledger.storing(1)
        #expect(ledger.revoked([1, 2], lost: false, now: .seconds(5)) == [.cut(1, .revoked), .cut(2, .revoked)])
        #expect(tick(&ledger, 6, [2: State(hasRequests: true)]) == [])
        #expect(ledger.stored(1, turn: 1) == true)
        #expect(tick(&ledger, 7, [2: State(hasRequests: true)]) == [])
        #expect(tick(&ledger, 8) == [.release(1), .release(2), .completeRevocation])
        #expect(tick(&ledger, 9) == [])
        #expect(ledger.isCurrent(3, 1))
    }

    @Test func aRevocationDoesNotWaitForever() {
        var ledger = reading(1)
        ledger.storing(1)
        _ = ledger.revoked([1], lost: false, now: .seconds(5))
        #expect(tick(&ledger, 34) == [])
        #expect(tick(&ledger, 35) == [.release(1), .completeRevocation])
        // News of the upload come when it is nobody's here.
        #expect(ledger.stored(1, turn: 1) == false)
    }

    @Test func lostPartitionsAreGivenBackAtOnce() {
        var ledger = reading(1)
        ledger.storing(1)
        #expect(ledger.revoked([1], lost: true, now: .zero) == [.release(1)])
        #expect(tick(&ledger, 0) == [.completeRevocation])
    }

    /// The task that stores a chunk holds its bytes until the store answers, whoever owns the partition by then.
    @Test func bytesAreHeldUntilTheStoreAnswers() throws {
        var ledger = reading(1, 2, 3)
        for number in [1, 2, 3] as [Int32] { ledger.storing(number, bytes: 10) }
        _ = ledger.revoked([1], lost: true, now: .zero)
        _ = ledger.revoked([2], lost: false, now: .zero)
        #expect(tick(&ledger, 30) == [.release(2), .completeRevocation])
        _ = try ledger.superseded(3, turn: 1)
        _ = ledger.assigned([1], now: .seconds(31))
        #expect(ledger.bytesStoring == 30)
        for left in [20, 10, 0] {
            ledger.answered(bytes: 10)
            #expect(ledger.bytesStoring == left)
        }
    }

    // MARK: Superseded

    /// All that waits to be stored behind the void chunk follows from it, and is dropped with it.
    @Test func aSupersededPartitionIsRecoveredAnewAndSought() throws {
        var ledger = reading(1)
        ledger.storing(1)
        #expect(try ledger.superseded(1, turn: 1) == [.drop(1), .recover(1, turn: 2)])
        #expect(!ledger.isStoring(1) && ledger.isWaiting(1) && !isFinished(ledger))
        #expect(try ledger.superseded(1, turn: 1) == [])
        #expect(ledger.stored(1, turn: 1) == false)
        #expect(ledger.recovered(1, turn: 2) == [.seek(1)])
    }

    @Test func aSeekIsTriedAgainWhenTheRebalanceIsOver() throws {
        var ledger = reading(1, 2)
        ledger.sought(1, isDone: false)
        #expect(ledger.needsSeek(1) && ledger.isWaiting(1))
        _ = ledger.revoked([2], lost: true, now: .zero)
        #expect(tick(&ledger, 1) == [.completeRevocation, .seek(1)])
        ledger.sought(1, isDone: true)
        #expect(tick(&ledger, 2) == [])
    }

    @Test func whileStoppingOrBeingRevokedASupersededPartitionIsLeft() throws {
        var ledger = reading(1, 2)
        _ = ledger.revoked([1], lost: false, now: .zero)
        #expect(try ledger.superseded(1, turn: 1) == [.drop(1), .release(1)])
        #expect(tick(&ledger, 1) == [.completeRevocation])
        _ = ledger.stop(.signal, now: .zero)
        #expect(try ledger.superseded(2, turn: 1) == [.drop(2), .release(2)])
        #expect(isFinished(ledger))
    }

    @Test func ownersThatKeepWritingAreAConflict() throws {
        var ledger = reading(1)
        for count in 1...RunLedger.supersededLimit {
            #expect(try ledger.superseded(1, turn: count) == [.drop(1), .recover(1, turn: count + 1)])
        }
        let failure = #expect(throws: Failure.self) {
            try ledger.superseded(1, turn: RunLedger.supersededLimit + 1)
        }
        #expect(failure?.status == .conflict && failure?.message.hasPrefix("t/1: ") == true)
    }

    // MARK: Failures to recover

    @Test func whileFollowingARecoveryIsTriedAgainAtTheNextInterval() throws {
        var ledger = ledger(followInterval: .seconds(600))
        _ = ledger.assigned([1], now: .zero)
        let away = Failure(.unavailable, "away")
        #expect(try ledger.failedToRecover(1, turn: 1, away, now: .seconds(10)) == [.drop(1)])
        #expect(tick(&ledger, 609) == [.captureEnds])
        #expect(tick(&ledger, 610) == [.recover(1, turn: 2)])
        #expect(tick(&ledger, 611) == [])
        #expect(ledger.recovered(1, turn: 2) == [.answerAssignment([1])])
        // Also of a partition that was read: what is being stored of it belongs to the former turn.
        ledger.storing(1)
        #expect(try ledger.failedToRecover(1, turn: 2, away, now: .seconds(620)) == [.drop(1)])
        #expect(ledger.stored(1, turn: 2) == false)
        #expect(tick(&ledger, 1220) == [.recover(1, turn: 3), .captureEnds])
        #expect(ledger.recovered(1, turn: 3) == [.seek(1)])
    }

    @Test func recoveryIsNotTriedForever() throws {
        var ledger = ledger(followInterval: .seconds(1))
        _ = ledger.assigned([1], now: .zero)
        let away = Failure(.unavailable, "away")
        for turn in 1..<RunLedger.recoveryLimit {
            _ = try ledger.failedToRecover(1, turn: turn, away, now: .zero)
        }
        #expect(throws: away) { try ledger.failedToRecover(1, turn: RunLedger.recoveryLimit, away, now: .zero) }
        // Who no longer has the partition does not care.
        #expect(try ledger.failedToRecover(1, turn: 0, away, now: .zero) == [])
    }

    @Test func otherFailuresAndThoseOfARunThatEndsAreErrors() {
        var once = ledger()
        _ = once.assigned([1], now: .zero)
        let away = Failure(.unavailable, "away")
        #expect(throws: away) { try once.failedToRecover(1, turn: 1, away, now: .zero) }
        var follows = ledger(followInterval: .seconds(1))
        _ = follows.assigned([1], now: .zero)
        let conflict = Failure(.conflict, "another topic")
        #expect(throws: conflict) { try follows.failedToRecover(1, turn: 1, conflict, now: .zero) }
    }

    // MARK: Ends

    @Test func aRunIsFinishedWhenEveryPartitionIsReadAndStored() {
        var ledger = reading(1, 2)
        let done = State(isStopped: true)
        #expect(!isFinished(ledger, 1, [1: done, 2: State()]))
        #expect(!isFinished(ledger, 1, [1: done, 2: State(isStopped: true, hasRequests: true)]))
        ledger.storing(2)
        #expect(!isFinished(ledger))
        #expect(ledger.stored(2, turn: 1) == true)
        #expect(isFinished(ledger) && !ledger.isFinished(now: .zero, isSealing: true) { _ in done })
        #expect(!isFinished(reading(1, followInterval: .seconds(1))))
    }

    @Test func theDeadlineCutsAndStores() {
        var ledger = ledger(maxDuration: .seconds(100))
        _ = ledger.assigned([1, 2], now: .zero)
        for number in [1, 2] as [Int32] { _ = ledger.recovered(number, turn: 1) }
        _ = ledger.assigned([3], now: .zero)
        #expect(tick(&ledger, 99) == [])
        #expect(tick(&ledger, 100) == [.tellStopping(.deadline), .cut(1, .deadline), .cut(2, .deadline)])
        #expect(ledger.stopping?.reason == .deadline)
        // What is recovered now is not begun with.
        #expect(ledger.recovered(3, turn: 2) == [])
        ledger.storing(1)
        #expect(!isFinished(ledger, 399) && isFinished(ledger, 400))
        _ = ledger.stored(1, turn: 1)
        #expect(isFinished(ledger, 101))
        #expect(tick(&ledger, 101) == [])
    }

    @Test func aSignalShortensWhatADeadlineLeft() {
        var ledger = ledger(maxDuration: .seconds(100))
        _ = ledger.assigned([1], now: .zero)
        _ = ledger.recovered(1, turn: 1)
        _ = tick(&ledger, 100)
        ledger.storing(1)
        #expect(ledger.stop(.signal, now: .seconds(110)) == [])
        #expect(ledger.stopping?.reason == .deadline)
        #expect(!isFinished(ledger, 117) && isFinished(ledger, 118))
    }

    @Test func aSignalHasItsGrace() {
        var ledger = reading(1)
        #expect(ledger.stop(.signal, now: .seconds(2)) == [.tellStopping(.signal), .cut(1, .signal)])
        ledger.storing(1)
        #expect(!isFinished(ledger, 9) && isFinished(ledger, 10))
    }

    @Test func aRunIsStalledWhenWhatIsNotDoneStandsStill() {
        var ledger = reading(1, 2)
        let (done, stalled) = (State(isStopped: true), State(isStalled: true))
        #expect(tick(&ledger, 1, [1: stalled, 2: State()]) == [])
        #expect(tick(&ledger, 1, [1: done, 2: done]) == [])
        #expect(
            tick(&ledger, 1, [1: stalled, 2: done])
                == [.tellStalled([1]), .tellStopping(.stalled), .cut(1, .deadline), .cut(2, .deadline)])
        #expect(ledger.stopping?.reason == .stalled)
        var follows = reading(1, followInterval: .seconds(600))
        #expect(tick(&follows, 1, [1: stalled]) == [])
        // One that waits for the other's memory follows its fate.
        var held = reading(1, 2)
        #expect(tick(&held, 1, [1: State(), 2: State(isHeld: true)]) == [])
        #expect(tick(&held, 1, [1: done, 2: State(isHeld: true)]) == [])
        #expect(tick(&held, 1, [1: stalled, 2: State(isHeld: true)]).first == .tellStalled([1]))
    }

    /// Kafka is not to blame for what the run itself waits for.
    @Test func aRunThatWaitsForItsStoreIsNotStalled() throws {
        let stalled = State(isStalled: true)
        var ledger = reading(1, 2)
        ledger.storing(2)
        #expect(ledger.isWaiting(2) && !ledger.isWaiting(1))
        #expect(tick(&ledger, 900, [1: stalled, 2: stalled]) == [])
        _ = ledger.stored(2, turn: 1)
        #expect(ledger.tick(now: .seconds(900), isPaused: true) { _ in stalled } == [])
        // While another partition is recovered, for an answer or after it was superseded.
        _ = ledger.assigned([3], now: .zero)
        #expect(ledger.isWaiting(1))
        #expect(tick(&ledger, 900, [1: stalled, 2: stalled, 3: stalled]) == [])
        _ = ledger.recovered(3, turn: 2)
        _ = try ledger.superseded(1, turn: 1)
        #expect(tick(&ledger, 900, [1: stalled, 2: stalled, 3: stalled]) == [])
        _ = ledger.recovered(1, turn: 3)
        #expect(tick(&ledger, 900, [1: stalled, 2: stalled, 3: stalled]).first == .tellStalled([1, 2, 3]))
    }

    @Test func whoFollowsCapturesTheEndsAtEachInterval() {
        var ledger = reading(1, followInterval: .seconds(10))
        #expect(tick(&ledger, 9) == [])
        #expect(tick(&ledger, 10) == [.captureEnds])
        #expect(tick(&ledger, 19) == [])
        #expect(tick(&ledger, 21) == [.captureEnds])
        _ = ledger.stop(.signal, now: .seconds(22))
        #expect(tick(&ledger, 40) == [])
    }

    @Test func whoFollowsComparesTheClocksEachHour() {
        var ledger = reading(1, followInterval: .seconds(2400))
        #expect(tick(&ledger, 3599) == [.captureEnds])
        #expect(tick(&ledger, 3600) == [.compareClocks])
        #expect(tick(&ledger, 7200) == [.compareClocks, .captureEnds])
        var once = reading(1)
        #expect(tick(&once, 7200) == [])
    }
}

extension RunLedger {
    fileprivate mutating func storing(_ number: Int32) { storing(number, bytes: 1) }
}
