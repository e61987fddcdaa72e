internal import HTTP

/// Lets calls through as pace and budget allow, first come first served.
package actor CallGate {
    /// How a call ended.
    package enum End: Sendable {
        case answered(CallPace.Allowance?, cost: Int64)
        case refused(CallPace.Allowance? = nil, retryAfter: Duration?)
        /// - Parameter cost: at most, if it may have to be paid all the same.
        case failed(cost: Int64)
    }

    struct Waiter {
        /// What the record costs at most; nil for one that is asked about again.
        var most: Int64?
        var continuation: CheckedContinuation<Bool, Never>
    }

    private var pace: CallPace
    package private(set) var budget: TagBudget
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private(set) var waiting: [Waiter] = []
    private var timer: Task<Void, Never>?
    private var isClosed = false
    /// When a call was last answered.
    package private(set) var answeredAt: Duration?

    package init(pace: CallPace, budget: TagBudget, clock: any Clock<Duration>) {
        (self.pace, self.budget, self.clock) = (pace, budget, clock)
        elapsed = stopwatch(clock)
    }

    package var now: Duration { elapsed() }

    /// Whether calls may begin, as far as it is not the budget's to say.
    package var isOpen: Bool { !isClosed }

    /// Whether a record may be asked for in a batch, which costs the most that it can for all that is known by then.
    package func reserve(_ most: Int64) -> Bool {
        guard !isClosed else { return false }
        switch budget.begin(most: most) {
        case .now:
            budget.spend(most)
            budget.end(most: most)
            return true
        case .never: return false
        case .whenOneEnds:
            budget.costIsUp()
            return false
        }
    }

    /// Waits for a record's first turn; then `leave` follows, and in the end `finish`. False when no call is to begin any
    /// more.
    /// - Parameter most: what it costs at most.
    package func enter(_ most: Int64) async -> Bool {
        guard !isClosed else { return false }
        return await withCheckedContinuation { continuation in
            waiting.append(Waiter(most: most, continuation: continuation))
            admit()
        }
    }

    /// As `enter`, for the next call about the same record; before those who have not asked yet, for its time is running.
    package func enterAgain() async -> Bool {
        guard !isClosed else { return false }
        return await withCheckedContinuation { continuation in
            let place = waiting.firstIndex { $0.most != nil } ?? waiting.endIndex
            waiting.insert(Waiter(most: nil, continuation: continuation), at: place)
            admit()
        }
    }

    package func leave(_ end: End) {
        switch end {
        case .answered(let allowance, let cost):
            budget.spend(cost)
            answeredAt = elapsed()
            pace.answered(allowance, at: elapsed())
        case .refused(let allowance, let retryAfter):
            pace.refused(allowance, retryAfter: retryAfter, at: elapsed())
        case .failed(let cost):
            budget.spend(cost)
            pace.failed()
        }
        admit()
    }

    package func finish(_ most: Int64) {
        budget.end(most: most)
        admit()
    }

    /// No call begins from now on; those under way end as they will.
    package func close(timeIsUp: Bool = false) {
        if timeIsUp { budget.timeIsUp() }
        isClosed = true
        timer?.cancel()
        for waiter in waiting { waiter.continuation.resume(returning: false) }
        waiting = []
    }

    private func admit() {
        while let first = waiting.first {
            switch pace.start(at: elapsed()) {
            case .now: break
            case .whenOneEnds: return
            case .at(let time): return wake(at: time)
            }
            switch first.most.map({ budget.begin(most: $0) }) ?? .now {
            case .now: pace.began()
            case .whenOneEnds: return
            case .never:
                waiting.removeFirst().continuation.resume(returning: false)
                continue
            }
            waiting.removeFirst().continuation.resume(returning: true)
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
