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
        /// It cannot be cut yet: an earlier chunk of it is still being stored, or is being completed.
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
    ///   - storing: bytes of chunks that are being stored or wait for it.
    package mutating func decide(holdings: [Holding], storing: Int) -> Decision {
        let filling = holdings.reduce(0) { $0 + $1.bytes }
        // Half is for what is being filled, so that reading goes on while the other half is stored.
        let cuttable = holdings.filter { !$0.isBusy && $0.bytes > 0 }
        if filling >= budget / 2, let largest = cuttable.max(by: { $0.bytes < $1.bytes }) {
            return .cut(largest.partition)
        }
        // When nothing is being stored, only reading on can free memory: it completes what cannot be cut.
        let isShort = filling + storing >= (isPaused ? budget / 4 * 3 : budget) && storing > 0
        guard isShort != isPaused else { return .none }
        isPaused = isShort
        return isShort ? .pause : .resume
    }
}
