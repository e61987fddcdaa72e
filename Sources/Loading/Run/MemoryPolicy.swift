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
        /// It is an earlier owner's chunk, which has to be read whole.
        package var isCompleting: Bool

        /// - Parameter isBusy: for another reason than that it is being completed.
        package init(partition: Int32, bytes: Int, isBusy: Bool, isCompleting: Bool = false) {
            (self.partition, self.bytes) = (partition, bytes)
            (self.isBusy, self.isCompleting) = (isBusy || isCompleting, isCompleting)
        }
    }

    package let budget: Int
    package private(set) var isPaused = false
    /// Partitions whose chunk waits for its turn to be completed: nothing of them is read.
    package private(set) var held: Set<Int32> = []
    /// The one whose turn it is while others wait.
    private var completer: Int32?

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

    /// Decides which partitions are `held`. What is being completed can be neither cut nor stored before it is whole; so when
    /// that fills a quarter of the budget, one chunk is completed at a time, the fullest first.
    package mutating func hold(_ holdings: [Holding], storing: Int) {
        let completing = holdings.filter(\.isCompleting)
        let bytes = completing.reduce(0) { $0 + $1.bytes }
        let isInTurns = completer != nil || !held.isEmpty
        guard bytes >= budget / (isInTurns ? 8 : 4), !completing.isEmpty else {
            (held, completer) = ([], nil)
            return
        }
        if !completing.contains(where: { $0.partition == completer }) {
            // The next one begins when there is room for it, or nothing that would make some.
            let hasRoom = storing == 0 || holdings.reduce(storing) { $0 + $1.bytes } < budget / 4 * 3
            completer =
                hasRoom ? completing.max { ($0.bytes, $1.partition) < ($1.bytes, $0.partition) }?.partition : nil
        }
        held = Set(completing.map(\.partition).filter { $0 != completer })
    }
}
