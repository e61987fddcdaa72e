import LogTagging
import Support
import Testing

struct WorkStateTests {
    private let hour: Milliseconds = 3_600_000

    private func open(_ window: LogWindow, at now: Milliseconds, after earlier: WorkState? = nil) -> WorkState {
        var state = WorkState(window, at: now, after: earlier)
        state.phase = .open
        return state
    }

    @Test func hoursGoOnWithWhatWasBegunEarlier() {
        let state = open(.hours(24), at: 100 * hour)
        #expect(state.sinceMs == 76 * hour)
        #expect(state.untilMs == nil)
        #expect(state.goesOn(with: .hours(24), at: 100 * hour))
        #expect(state.goesOn(with: .hours(24), at: 130 * hour))
        #expect(state.goesOn(with: .hours(48), at: 124 * hour))
    }

    @Test func moreThanWasBegunBeginsAnew() {
        #expect(!open(.hours(24), at: 100 * hour).goesOn(with: .hours(48), at: 100 * hour))
    }

    @Test func timesGoOnOnlyWithTheSame() {
        let window = LogWindow.times(since: 5, until: 9)
        #expect(open(window, at: 100).goesOn(with: window, at: 200))
        #expect(!open(window, at: 100).goesOn(with: .times(since: 5, until: nil), at: 200))
        #expect(!open(window, at: 100).goesOn(with: .times(since: 6, until: 9), at: 200))
        #expect(!open(window, at: 100).goesOn(with: .hours(1), at: 200))
        #expect(!open(.hours(1), at: 100).goesOn(with: window, at: 200))
    }

    @Test func hoursBeginWhereTheLastReadingBegan() {
        var state = open(.hours(24), at: 100 * hour)
        state.wrote("f", rows: 1, readAt: 101 * hour, isToBePushed: true)
        #expect(state.hasFileToPush && state.pushedUntilMs == nil)
        state.pushed()
        #expect(state.phase == .done && !state.hasFileToPush && state.pushedUntilMs == 101 * hour)
        let overlap: Milliseconds = 600_000
        #expect(WorkState(.hours(24), at: 125 * hour, after: state).sinceMs == 101 * hour - overlap)
        #expect(WorkState(.hours(24), at: 200 * hour, after: state).sinceMs == 101 * hour - overlap)
        #expect(WorkState(.hours(24), at: 110 * hour, after: state).sinceMs == 86 * hour)
        let next = open(.hours(24), at: 200 * hour, after: state)
        #expect(next.goesOn(with: .hours(24), at: 300 * hour))
    }

    @Test func timesLeaveOutWhatWasReadBefore() {
        var state = open(.hours(24), at: 100 * hour)
        state.wrote("f", rows: 1, readAt: 101 * hour, isToBePushed: true)
        state.pushed()
        var times = open(.times(since: 7, until: 9), at: 150 * hour, after: state)
        #expect(times.sinceMs == 7 && times.pushedUntilMs == 101 * hour)
        times.wrote("f", rows: 1, readAt: 150 * hour, isToBePushed: true)
        times.pushed()
        #expect(times.pushedUntilMs == 101 * hour)
    }

    @Test func whatWasNotFinishedIsReadAgain() {
        let open = open(.hours(24), at: 100 * hour)
        var unpushed = open
        unpushed.wrote("f", rows: 1, readAt: 101 * hour, isToBePushed: true)
        for state in [open, unpushed] {
            #expect(WorkState(.hours(1), at: 200 * hour, after: state).sinceMs < 76 * hour)
        }
        // To write the file was all that was asked for.
        var written = open
        written.wrote("f", rows: 1, readAt: 101 * hour, isToBePushed: false)
        #expect(written.hasFileToPush)
        #expect(WorkState(.hours(1), at: 200 * hour, after: written).sinceMs == 199 * hour)
    }

    private func unpushed(_ state: WorkState, failed: Set<String>) -> WorkState {
        var state = state
        state.wrote("f", rows: 1, readAt: state.sinceMs + 25 * hour, isToBePushed: true)
        state.pushed(failed: failed)
        return state
    }

    @Test func aDatasetThatFailsGetsASecondChance() {
        var state = unpushed(open(.hours(24), at: 100 * hour), failed: ["a", "b"])
        #expect(state.phase == .unpushed && state.failed == ["a", "b"] && state.pushedUntilMs == nil)
        state.pushed(to: ["a"], failed: ["b"])
        #expect(state.phase == .done && state.failed == nil && state.pushedUntilMs == 101 * hour)
        #expect(state.behind == ["b": 76 * hour])
    }

    @Test func whoIsBehindIsNotWaitedFor() {
        var state = open(.hours(24), at: 100 * hour)
        state.behind = ["b": 5 * hour]
        var next = unpushed(state, failed: ["b"])
        #expect(next.phase == .done && next.behind == ["b": 5 * hour] && next.pushedUntilMs == 101 * hour)
        next = WorkState(.hours(24), at: 125 * hour, after: next)
        #expect(next.sinceMs > 100 * hour && next.behind == ["b": 5 * hour])
        // Others are.
        next = unpushed(next, failed: ["a", "b"])
        #expect(next.phase == .unpushed && next.failed == ["a"])
        next.pushed(to: ["a", "b"])
        #expect(next.phase == .done && next.behind == [:])
    }

    /// Where reading and pushing are two jobs: what is read again is the second chance.
    @Test func whatIsReplacedIsReadAgainOnce() {
        var state = unpushed(open(.hours(24), at: 100 * hour), failed: ["b"])
        state = WorkState(.hours(24), at: 125 * hour, after: state)
        #expect(state.sinceMs < 76 * hour && state.behind == ["b": 76 * hour])
        state = unpushed(state, failed: ["b"])
        #expect(state.phase == .done)
        #expect(WorkState(.hours(24), at: 150 * hour, after: state).sinceMs > 76 * hour)
    }

    @Test(arguments: [WorkState.Phase.clearing, .written, .unpushed, .done])
    func whatIsNotOpenIsNotGoneOnWith(phase: WorkState.Phase) {
        var state = open(.hours(24), at: 100 * hour)
        state.phase = phase
        #expect(!state.goesOn(with: .hours(24), at: 100 * hour))
    }
}
