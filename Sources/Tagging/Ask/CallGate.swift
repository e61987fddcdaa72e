internal import HTTP

/// Lets calls through as pace and budget allow, first come first served.
package actor CallGate {
    /// How a call ended.
    package enum End: Sendable {
        case answered(CallPace.Allowance?, cost: Int64)
        case refused(retryAfter: Duration?)
        case failed
    }

    private var pace: CallPace
    package private(set) var budget: TagBudget
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private var waiting: [CheckedContinuation<Bool, Never>] = []
    private var timer: Task<Void, Never>?
    private var isClosed = false
    /// When a call was last answered.
    package private(set) var answeredAt: Duration?

    package init(pace: CallPace, budget: TagBudget, clock: any Clock<Duration>) {
        (self.pace, self.budget, self.clock) = (pace, budget, clock)
        elapsed = stopwatch(clock)
    }

    package var now: Duration { elapsed() }

    /// Whether one more record may be asked for; then `finish` follows.
    /// - Parameter most: what it costs at most.
    package func reserve(_ most: Int64) -> Bool { !isClosed && budget.begin(most: most) }

    package func finish(_ most: Int64) { budget.end(most: most) }

    /// Waits for its turn; then `leave` follows. False when no call is to begin any more.
    package func enter() async -> Bool {
        guard !isClosed else { return false }
        return await withCheckedContinuation { continuation in
            waiting.append(continuation)
            admit()
        }
    }

    package func leave(_ end: End) {
        switch end {
        case .answered(let allowance, let cost):
            budget.spend(cost)
            answeredAt = elapsed()
            pace.answered(allowance, at: elapsed())
        case .refused(let retryAfter): pace.refused(retryAfter: retryAfter, at: elapsed())
        case .failed: pace.failed()
        }
        admit()
    }

    /// No call begins from now on; those under way end as they will.
    package func close(timeIsUp: Bool = false) {
        if timeIsUp { budget.timeIsUp() }
        isClosed = true
        timer?.cancel()
        for continuation in waiting { continuation.resume(returning: false) }
        waiting = []
    }

    private func admit() {
        while !waiting.isEmpty {
            switch pace.start(at: elapsed()) {
            case .now:
                pace.began()
                waiting.removeFirst().resume(returning: true)
            case .whenOneEnds: return
            case .at(let time): return wake(at: time)
            }
        }
    }

    private func wake(at time: Duration) {
        timer?.cancel()
        let (wait, clock) = (time - elapsed(), clock)
        timer = Task {
            try? await clock.sleep(for: wait)
            if !Task.isCancelled { self.admit() }
        }
    }
}
