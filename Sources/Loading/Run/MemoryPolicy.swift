/// Keeps the bytes held within the budget: cuts chunks early, and stops reading while uploads lag. Pure.
package struct MemoryPolicy: Sendable, Equatable {
    package enum Decision: Sendable, Equatable {
        case none
        /// Cut the chunk of this partition.
        case cut(Int32)
        /// Read nothing until memory is free again.
        case pause
        case resume
    }

    /// What one partition holds.
    package struct Holding: Sendable {
        package var partition: Int32
        package var bytes: Int
        /// An earlier chunk of it is still being stored, so that it cannot be cut yet.
        package var isBusy: Bool

        package init(partition: Int32, bytes: Int, isBusy: Bool) {
            (self.partition, self.bytes, self.isBusy) = (partition, bytes, isBusy)
        }
    }

    package let budget: Int
    package private(set) var isPaused = false

    package init(budget: Int) { self.budget = budget }

    /// - Parameters:
    ///   - holdings: of the chunks being filled.
    ///   - storing: bytes of chunks that are being stored.
    package mutating func decide(holdings: [Holding], storing: Int) -> Decision {
        let filling = holdings.reduce(0) { $0 + $1.bytes }
        // Half is for what is being filled, so that reading goes on while the other half is stored.
        if filling >= budget / 2,
            let largest = holdings.filter({ !$0.isBusy && $0.bytes > 0 }).max(by: { $0.bytes < $1.bytes })
        {
            return .cut(largest.partition)
        }
        if !isPaused, filling + storing >= budget {
            isPaused = true
            return .pause
        }
        if isPaused, filling + storing < budget / 4 * 3 {
            isPaused = false
            return .resume
        }
        return .none
    }
}
