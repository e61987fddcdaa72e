import LogTagging
import Support
import Testing

struct WorkStateTests {
    private let hour: Milliseconds = 3_600_000

    private func open(_ window: LogWindow, at now: Milliseconds) -> WorkState {
        var state = WorkState(window, at: now)
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

    @Test(arguments: [WorkState.Phase.clearing, .done])
    func whatIsNotOpenIsNotGoneOnWith(phase: WorkState.Phase) {
        var state = open(.hours(24), at: 100 * hour)
        state.phase = phase
        #expect(!state.goesOn(with: .hours(24), at: 100 * hour))
    }
}
