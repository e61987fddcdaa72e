import Loading
import TestSupport
import Testing

@Suite struct MemoryPolicyTests {
    private func holding(
        _ partition: Int32, _ bytes: Int, isBusy: Bool = false, isCompleting: Bool = false
    ) -> MemoryPolicy.Holding {
        MemoryPolicy.Holding(partition: partition, bytes: bytes, isBusy: isBusy, isCompleting: isCompleting)
    }

    private func decide(
        _ policy: inout MemoryPolicy, _ holdings: [MemoryPolicy.Holding], _ storing: Int
    ) -> MemoryPolicy.Decision {
        policy.decide(holdings: holdings, storing: storing)
    }

    @Test func theLargestChunkIsCutWhenHalfTheBudgetIsFilled() {
        var policy = MemoryPolicy(budget: 1000)
        #expect(decide(&policy, [holding(1, 200), holding(2, 299)], 0) == .none)
        #expect(decide(&policy, [holding(1, 200), holding(2, 300)], 0) == .cut(2))
        #expect(decide(&policy, [holding(1, 200), holding(2, 300, isBusy: true)], 0) == .cut(1))
    }

    @Test func readingPausesWhileTooMuchIsStoredAndGoesOnAfterwards() {
        var policy = MemoryPolicy(budget: 1000)
        #expect(decide(&policy, [holding(1, 400)], 599) == .none)
        #expect(decide(&policy, [holding(1, 400)], 600) == .pause)
        #expect(decide(&policy, [holding(1, 400)], 600) == .none)
        #expect(policy.isPaused)
        #expect(decide(&policy, [holding(1, 400)], 350) == .none)
        #expect(decide(&policy, [holding(1, 400)], 349) == .resume)
        #expect(!policy.isPaused)
    }

    /// A chunk that is being completed can neither be cut nor finished without reading.
    @Test func nothingPausesWhenOnlyReadingCanFreeMemory() {
        var policy = MemoryPolicy(budget: 1000)
        let completing = [holding(1, 5000, isCompleting: true)]
        #expect(decide(&policy, completing, 0) == .none)
        #expect(decide(&policy, completing, 1) == .pause)
        #expect(decide(&policy, completing, 0) == .resume)
        // And what can be cut is, however much the other holds.
        #expect(decide(&policy, completing + [holding(2, 1)], 0) == .cut(2))
    }

    /// A takeover: each of ten chunks has to be read whole, and all of them together are three times the budget.
    @Test func chunksAreCompletedOneAtATimeWhenMemoryIsShort() {
        var policy = MemoryPolicy(budget: 1000)
        var parts = (0..<10).map { holding(Int32($0), 0, isCompleting: true) }
        var (storing, peak, most, order) = (0, 0, 0, [Int32]())
        while !parts.isEmpty {
            for index in parts.indices where !policy.held.contains(parts[index].partition) { parts[index].bytes += 10 }
            let bytes = parts.reduce(0) { $0 + $1.bytes }
            (peak, most) = (max(peak, bytes + storing), max(most, parts.count - policy.held.count))
            storing = max(0, storing - 10)  // slowly
            for part in parts where part.bytes >= 300 {
                order.append(part.partition)
                storing += part.bytes
            }
            parts.removeAll { $0.bytes >= 300 }
            policy.hold(parts, storing: storing)
        }
        #expect(peak <= 1000 && most == 10)
        #expect(order.count == 10 && policy.held.isEmpty)
    }

    @Test func whoCompletesGoesOnUntilItIsDone() {
        var policy = MemoryPolicy(budget: 1000)
        policy.hold([holding(1, 120, isCompleting: true), holding(2, 129, isCompleting: true)], storing: 0)
        #expect(policy.held.isEmpty)
        policy.hold([holding(1, 120, isCompleting: true), holding(2, 130, isCompleting: true)], storing: 0)
        #expect(policy.held == [1])
        // Compression made it smaller; others that read new records do not matter.
        policy.hold(
            [holding(1, 120, isCompleting: true), holding(2, 10, isCompleting: true), holding(3, 400)], storing: 0)
        #expect(policy.held == [1])
        // It is being stored: there is no room for the next one yet.
        let rest = [holding(1, 130, isCompleting: true), holding(4, 130, isCompleting: true)]
        policy.hold(rest, storing: 600)
        #expect(policy.held == [1, 4])
        policy.hold(rest, storing: 400)
        #expect(policy.held == [4])
        policy.hold([holding(4, 124, isCompleting: true)], storing: 0)
        #expect(policy.held.isEmpty)
    }

    /// Whatever is held: with every decision followed and everything stored that is to be, all records are read in the end.
    @Test func noDecisionsEverDeadlock() {
        for seed in 0..<60 as Range<UInt64> {
            var world = Model(seed: seed)
            for _ in 0..<20_000 where !world.isDone { world.turn() }
            #expect(world.isDone, "seed \(seed)")
        }
    }

    /// A run as the policy sees it.
    private struct Model {
        struct Part {
            var unread: Int
            var bytes = 0
            var storing = 0
            /// What must be read before the first chunk can be cut.
            var completing: Int
        }

        var random: SeededGenerator
        var policy: MemoryPolicy
        var parts: [Part]
        var isDone: Bool { parts.allSatisfy { $0.unread == 0 && $0.bytes == 0 && $0.storing == 0 } }

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            policy = MemoryPolicy(budget: Int.random(in: 1...2000, using: &random))
            parts = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let unread = Int.random(in: 1...3000, using: &random)
                let completing = Bool.random(using: &random) ? 0 : Int.random(in: 0...unread, using: &random)
                parts.append(Part(unread: unread, completing: completing))
            }
        }

        mutating func turn() {
            let index = Int.random(in: 0..<parts.count, using: &random)
            if Int.random(in: 0..<3, using: &random) == 0 { parts[index].storing = 0 }
            if !policy.isPaused, !policy.held.contains(Int32(index)) { read(index) }
            let holdings = parts.enumerated().map {
                MemoryPolicy.Holding(
                    partition: Int32($0), bytes: $1.bytes, isBusy: $1.storing > 0, isCompleting: $1.completing > 0)
            }
            let storing = parts.map(\.storing).reduce(0, +)
            if case .cut(let number) = policy.decide(holdings: holdings, storing: storing) { cut(Int(number)) }
            policy.hold(holdings, storing: storing)
        }

        private mutating func read(_ index: Int) {
            let count = min(parts[index].unread, Int.random(in: 1...100, using: &random))
            parts[index].unread -= count
            parts[index].bytes += count
            guard parts[index].storing == 0 else { return }
            if parts[index].completing > 0 {
                parts[index].completing = max(0, parts[index].completing - count)
                if parts[index].completing == 0 || parts[index].unread == 0 { cut(index) }
            } else if parts[index].unread == 0 {
                cut(index)
            }
        }

        private mutating func cut(_ index: Int) {
            parts[index].completing = 0
            (parts[index].storing, parts[index].bytes) = (parts[index].bytes, 0)
        }
    }
}
