/// What waits for the reader: rebalances and failures first, then records and ends of partitions in their order.
struct Mailbox {
    private enum Entry {
        case records(RecordBatch, footprint: Int, generation: Int)
        case endOfPartition(partition: Int32, offset: Int64, generation: Int)
        case partitionError(partition: Int32, KafkaError, generation: Int)
    }

    /// Memory of the records that wait, with what librdkafka needs around each.
    private(set) var bytes = 0
    private var urgent: [ConsumerEvent] = []
    private var entries: [Entry?] = []
    private var next = 0
    /// Counts the assignments and seeks of each partition; what was read before the last one is dropped.
    private var generations: [Int32: Int] = [:]

    /// Rough cost of librdkafka's own structures for each record.
    static let recordOverhead = 512

    static func footprint(_ batch: RecordBatch) -> Int { batch.byteCount + batch.count * recordOverhead }

    /// Something that must not wait behind records.
    mutating func post(_ event: ConsumerEvent) { urgent.append(event) }

    /// A failure that librdkafka repeats is kept once until the reader takes it.
    mutating func post(_ error: KafkaError, isFatal: Bool) {
        let isKnown = urgent.contains { event in
            switch event {
            case .problem(let known): !isFatal && known.code == error.code
            case .fatal(let known): isFatal && known.code == error.code
            default: false
            }
        }
        if !isKnown { urgent.append(isFatal ? .fatal(error) : .problem(error)) }
    }

    mutating func append(_ batch: RecordBatch) {
        let footprint = Mailbox.footprint(batch)
        bytes += footprint
        entries.append(.records(batch, footprint: footprint, generation: generations[batch.partition, default: 0]))
    }

    mutating func append(endOfPartition partition: Int32, offset: Int64) {
        entries.append(
            .endOfPartition(partition: partition, offset: offset, generation: generations[partition, default: 0]))
    }

    mutating func append(partitionError error: KafkaError, partition: Int32) {
        entries.append(
            .partitionError(partition: partition, error, generation: generations[partition, default: 0]))
    }

    /// From now on nothing that was read of these partitions so far reaches the reader.
    mutating func startGeneration(_ partitions: some Sequence<Int32>) {
        for partition in partitions { generations[partition, default: 0] += 1 }
        for index in next..<entries.count {
            guard case .records(let batch, let footprint, let generation) = entries[index],
                generation != generations[batch.partition, default: 0]
            else { continue }
            bytes -= footprint
            entries[index] = nil
        }
    }

    /// Takes what is urgent, and with `records` also the rest up to `maxBytes`, at least one batch.
    mutating func take(records: Bool, maxBytes: Int) -> [ConsumerEvent] {
        var events = urgent
        urgent = []
        guard records else { return events }
        var taken = 0
        while next < entries.count, taken < maxBytes {
            let entry = entries[next]
            entries[next] = nil
            next += 1
            switch entry {
            case .records(let batch, let footprint, _):
                bytes -= footprint
                taken += footprint
                events.append(.records(batch))
            case .endOfPartition(let partition, let offset, let generation):
                guard generation == generations[partition, default: 0] else { continue }
                events.append(.endOfPartition(partition: partition, offset: offset))
            case .partitionError(let partition, let error, let generation):
                guard generation == generations[partition, default: 0] else { continue }
                events.append(.partitionError(partition: partition, error))
            case nil:
                continue
            }
        }
        forgetTaken()
        return events
    }

    private mutating func forgetTaken() {
        guard next == entries.count || next > 1024 else { return }
        entries.removeSubrange(..<next)
        next = 0
    }
}
