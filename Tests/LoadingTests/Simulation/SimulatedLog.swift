import Interactions
import Loading
import Support
import Synchronization

/// A topic in memory: records with gaps between them (control records, compaction), and retention.
final class SimulatedLog: Sendable {
    struct Record: Sendable, Equatable {
        var offset: Int64
        /// Unique in the topic.
        var id: Int
        var timestamp: Milliseconds
        var value: [UInt8]
        var isInteraction: Bool
        /// The hour of its event time.
        var hour: Hour
    }

    struct PartitionLog: Sendable {
        var records: [Record] = []
        var low: Int64 = 0
        var high: Int64 = 0
        /// Where an open transaction begins: from there on nothing is let through.
        var openFrom: Int64?
        var committed: Int64?

        /// The end under `read_committed`.
        var stableEnd: Int64 { openFrom ?? high }
    }

    private let partitions: Mutex<[PartitionLog]>

    init(partitions: Int) { self.partitions = Mutex(Array(repeating: PartitionLog(), count: partitions)) }

    subscript(_ partition: Int) -> PartitionLog { partitions.withLock { $0[partition] } }

    /// Everything that was ever produced, with its partition.
    var all: [(partition: Int, record: Record)] {
        partitions.withLock { logs in logs.enumerated().flatMap { index, log in log.records.map { (index, $0) } } }
    }

    /// - Parameter gap: offsets before the record that hold none.
    func append(_ partition: Int, id: Int, eventTime: Milliseconds, now: Milliseconds, isBroken: Bool, gap: Int64) {
        let text = isBroken ? "not json \(id)" : #"{"id": \#(id), "timestamp": \#(eventTime)}"#
        partitions.withLock { logs in
            logs[partition].high += gap
            logs[partition].records.append(
                Record(
                    offset: logs[partition].high, id: id, timestamp: now, value: Array(text.utf8),
                    isInteraction: !isBroken, hour: Hour(containing: isBroken ? now : eventTime)))
            logs[partition].high += 1
        }
    }

    /// Control records at the end.
    func skip(_ partition: Int, _ count: Int64) { partitions.withLock { $0[partition].high += count } }

    /// Begins a transaction, or ends it: what comes from now on is let through only when it has ended.
    func transact(_ partition: Int) {
        partitions.withLock { logs in
            guard logs[partition].openFrom != nil else { return logs[partition].openFrom = logs[partition].high }
            logs[partition].openFrom = nil
            logs[partition].high += 1  // the control record
        }
    }

    func endTransactions() {
        for partition in partitions.withLock({ $0.indices }) where self[partition].openFrom != nil {
            transact(partition)
        }
    }

    func retain(_ partition: Int, from offset: Int64) {
        partitions.withLock { $0[partition].low = max($0[partition].low, min(offset, $0[partition].stableEnd)) }
    }

    func commit(_ partition: Int, _ offset: Int64) { partitions.withLock { $0[partition].committed = offset } }

    func facts(_ partition: Int) -> PartitionFacts {
        let log = self[partition]
        return PartitionFacts(low: log.low, high: log.stableEnd, logEnd: log.high, committed: log.committed)
    }
}
