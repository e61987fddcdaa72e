/// What a run may use: records, money, time. Pure. Money is in millionths of a US dollar.
///
/// A call is counted at the most it can cost when it begins and at what it did cost when it ends: so a limit is never passed.
package struct TagBudget: Sendable {
    package enum Limit: String, Sendable, Codable {
        case records, cost, duration
    }

    package let maxCalls: Int?
    package let maxCost: Int64?
    package private(set) var calls = 0
    package private(set) var spent: Int64 = 0
    private var reserved: Int64 = 0
    /// The limit that was met first.
    package private(set) var exhausted: Limit?

    /// nil: no limit.
    package init(maxCalls: Int?, maxCost: Int64?) { (self.maxCalls, self.maxCost) = (maxCalls, maxCost) }

    /// Whether one more record may be asked for.
    /// - Parameter most: what it costs at most.
    package mutating func begin(most: Int64) -> Bool {
        guard exhausted == nil else { return false }
        if let maxCalls, calls >= maxCalls {
            exhausted = .records
        } else if let maxCost, spent + reserved + most > maxCost {
            // With calls under way that may turn out cheaper there is room later, but a run that waits for it
            // trickles: it ends a little below its limit instead.
            exhausted = .cost
        }
        guard exhausted == nil else { return false }
        calls += 1
        reserved += most
        return true
    }

    /// Counts what one attempt did cost; a record may take several.
    package mutating func spend(_ cost: Int64) { spent += cost }

    package mutating func end(most: Int64) { reserved -= most }

    package mutating func timeIsUp() { exhausted = exhausted ?? .duration }
}
