/// What a run may use: records, money, time. Pure. Money is in millionths of a US dollar.
///
/// A call is counted at the most it can cost when it begins and at what it did cost when it ends: so a limit is never passed.
package struct TagBudget: Sendable {
    package enum Limit: String, Sendable, Codable {
        case records, cost, duration
    }

    package enum Start: Sendable, Equatable {
        case now
        /// Calls that are under way may turn out cheaper than they could be.
        case whenOneEnds
        case never
    }

    package let maxCalls: Int?
    package let maxCost: Int64?
    package private(set) var calls = 0
    package private(set) var spent: Int64 = 0
    private var reserved: Int64 = 0
    /// The limit that was met first.
    package private(set) var exhausted: Limit?
    /// What the first call could cost, if the money does not even suffice for that one.
    package private(set) var dearFirstCall: Int64?

    /// nil: no limit.
    package init(maxCalls: Int?, maxCost: Int64?) { (self.maxCalls, self.maxCost) = (maxCalls, maxCost) }

    /// Whether one more record may be asked for; then `end` follows.
    /// - Parameter most: what it costs at most.
    package mutating func begin(most: Int64) -> Start {
        guard exhausted == nil else { return .never }
        if let maxCalls, calls >= maxCalls {
            exhausted = .records
            return .never
        }
        if let maxCost, spent + reserved + most > maxCost {
            if reserved > 0 { return .whenOneEnds }
            exhausted = .cost
            if calls == 0 { dearFirstCall = most }
            return .never
        }
        calls += 1
        reserved += most
        return .now
    }

    /// Counts what one attempt did cost; a record may take several.
    package mutating func spend(_ cost: Int64) { spent += cost }

    package mutating func end(most: Int64) { reserved -= most }

    package mutating func costIsUp() { exhausted = exhausted ?? .cost }
    package mutating func timeIsUp() { exhausted = exhausted ?? .duration }
}
