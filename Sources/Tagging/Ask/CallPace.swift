/// How many calls may be under way, and from when: additive increase, multiplicative decrease (Chiu and Jain, 1989), within
/// what the service says of its limits. Pure; times are since any one start.
package struct CallPace: Sendable {
    /// What an answer says of the requests that the service takes.
    package struct Allowance: Sendable, Equatable {
        package var remaining: Int
        /// When it is full again.
        package var resetsAt: Duration

        package init(remaining: Int, resetsAt: Duration) { (self.remaining, self.resetsAt) = (remaining, resetsAt) }
    }

    /// One decrease for all the refusals of one moment.
    static let decreaseInterval = Duration.seconds(1)

    package let most: Int
    package private(set) var limit: Double
    package private(set) var underWay = 0
    /// No call begins before.
    package private(set) var pausedUntil = Duration.zero
    private var decreasedAt: Duration?
    /// What many calls have in common is cached once the first of them is answered; so that one goes alone.
    private var hasAnswer = false

    /// - Parameter most: calls at once, whatever the service allows.
    package init(most: Int) { (self.most, limit) = (max(1, most), Double(max(1, most))) }

    package enum Start: Sendable, Equatable {
        case now
        /// When a call that is under way has ended.
        case whenOneEnds
        case at(Duration)
    }

    package func start(at now: Duration) -> Start {
        if now < pausedUntil { return .at(pausedUntil) }
        return underWay < (hasAnswer ? Int(limit) : 1) ? .now : .whenOneEnds
    }

    package mutating func began() { underWay += 1 }

    /// A call came back with an answer, of any kind.
    package mutating func answered(_ allowance: Allowance?, at now: Duration) {
        underWay -= 1
        hasAnswer = true
        limit = min(Double(most), limit + 1 / limit)
        keep(allowance, at: now)
    }

    /// Calls that the service would refuse are not begun.
    private mutating func keep(_ allowance: Allowance?, at now: Duration) {
        guard let allowance, allowance.resetsAt > now else { return }
        if allowance.remaining <= 0 {
            pausedUntil = max(pausedUntil, allowance.resetsAt)
        } else if allowance.remaining < underWay {
            limit = min(limit, Double(allowance.remaining))
        }
    }

    /// The service has too much to do, or we ask too much.
    package mutating func refused(_ allowance: Allowance? = nil, retryAfter: Duration?, at now: Duration) {
        underWay -= 1
        // When it is to be tried again says more than when all of the limit is there again.
        if let retryAfter { pausedUntil = max(pausedUntil, now + retryAfter) } else { keep(allowance, at: now) }
        if let decreasedAt, now < decreasedAt + Self.decreaseInterval { return }
        (limit, decreasedAt) = (max(1, limit / 2), now)
    }

    /// A call ended without an answer, and not for being one too many.
    package mutating func failed() { underWay -= 1 }
}
