package import Interactions
import ObjectStorage
package import Support

/// What a broker knows of one partition; the run asks Kafka, tests ask a log in memory.
package struct PartitionFacts: Sendable {
    /// The first offset that can be read, and the one behind the last.
    package var low: Int64
    package var high: Int64
    /// Behind the last offset that is there: an open transaction holds back what is between `high` and this.
    package var logEnd: Int64
    /// The group's committed offset, if it has one.
    package var committed: Int64?

    /// - Parameter logEnd: nil: there is no open transaction.
    package init(low: Int64, high: Int64, logEnd: Int64? = nil, committed: Int64?) {
        (self.low, self.high, self.committed) = (low, high, committed)
        self.logEnd = max(high, logEnd ?? high)
    }
}

/// How a new owner begins with a partition.
package struct RecoveredPartition: Sendable {
    package var partition: Partition
    package var tail: ChainTail
    package var capture: PartitionLedger.Capture
    /// The first offset to read.
    package var start: Int64
    /// The first offset that Kafka has.
    package var low: Int64
    /// Files of the last chunk that are not in the store; `tail.unconfirmed` is that chunk's plan.
    package var missing: Set<String>
    /// Offsets after the chain's end that Kafka no longer has.
    package var lost: LostRange?

    /// Nothing of the partition is stored yet.
    package var isNewChain: Bool { tail.lastStart == nil && tail.progressGeneration == nil }

    /// Pure.
    /// - Throws: `Failure(.conflict)` when the topic is not the one that the chain was read from.
    package init(
        partition: Partition, tail: ChainTail, missing: Set<String>, facts: PartitionFacts, capturedAt: Milliseconds?,
        topic: String, now: Milliseconds
    ) throws(Failure) {
        guard facts.high >= tail.position else {
            throw otherTopic(topic, partition, high: facts.high, position: tail.position)
        }
        (self.partition, self.tail, self.missing, low) = (partition, tail, missing, facts.low)
        capture = PartitionLedger.Capture(end: facts.logEnd, at: capturedAt)
        if let plan = tail.unconfirmed, !missing.isEmpty {
            let firstMissing = plan.files.filter { missing.contains($0.name) }.map(\.firstOffset).min() ?? plan.start
            start = max(firstMissing, facts.low)
        } else {
            start = max(tail.position, facts.low)
        }
        if facts.low > tail.position {
            lost = LostRange(
                start: tail.position, end: facts.low, reason: .retention, openFrom: tail.closedBefore, foundAtMs: now)
        }
    }
}

/// Finds out, from store and broker, where a partition stands.
package struct Recovery: Sendable {
    package let chains: ChainStore
    package let from: LoadStart
    package let clock: StoreClock
    /// Asks the broker; under the isolation level of the run.
    package let facts: @Sendable (Partition) async throws(Failure) -> PartitionFacts

    package init(
        chains: ChainStore, from: LoadStart, clock: StoreClock,
        facts: @escaping @Sendable (Partition) async throws(Failure) -> PartitionFacts
    ) {
        (self.chains, self.from, self.clock, self.facts) = (chains, from, clock, facts)
    }

    package func recover(_ partition: Partition) async throws(Failure) -> RecoveredPartition {
        // The time comes first: the end that is captured after it can only be later.
        var capturedAt = clock.trusted()
        var facts = try await facts(partition)
        let tail: ChainTail
        if let known = try await chains.tail(of: partition) {
            tail = known
        } else {
            tail = try await chains.begin(partition, at: origin(of: partition, facts))
        }
        if facts.high < tail.position {
            // Another owner may have stored what came since. Only an end that is asked for after the chain was read proves
            // that the topic is another one.
            capturedAt = clock.trusted()
            facts = try await self.facts(partition)
        }
        var missing: Set<String> = []
        for file in tail.unconfirmed?.files ?? [] where try await chains.store.info(file.name) == nil {
            missing.insert(file.name)
        }
        return try RecoveredPartition(
            partition: partition, tail: tail, missing: missing, facts: facts, capturedAt: capturedAt,
            topic: chains.names.topic, now: clock.now())
    }

    /// A committed offset beyond the end belongs to a former topic of that name, and so may any in a later epoch.
    private func origin(of partition: Partition, _ facts: PartitionFacts) -> Int64 {
        if partition.epoch == 0, let committed = facts.committed, committed >= 0, committed <= facts.high {
            return committed
        }
        return from == .earliest ? facts.low : facts.high
    }
}

/// The broker has less than what was read: these are not the offsets that the chain was made from.
func otherTopic(_ topic: String, _ partition: Partition, high: Int64, position: Int64) -> Failure {
    Failure(
        .conflict, "\(topic)/\(partition.number) ends at offset \(high), but \(position) was already stored",
        remedy: "if these are other brokers than before, correct --kafka-brokers; if the topic was recreated, run with "
            + "--topic-epoch \(partition.epoch + 1) to begin a new chain for it")
}
