@testable import Kafka
import Synchronization
import Testing

/// A mock cluster with one topic, for one test.
struct Fixture {
    static let topic = "raw-interactions"
    let cluster: MockKafka

    init(partitions: Int = 1, brokers: Int = 1) throws {
        cluster = try MockKafka(brokers: brokers)
        try cluster.createTopic(Self.topic, partitions: partitions)
    }

    func configuration(
        strategy: AssignmentStrategy = .range,
        properties: [(name: String, value: String)] = [], bufferBytes: Int = 64 << 20
    ) -> KafkaConsumerConfiguration {
        KafkaConsumerConfiguration(
            brokers: cluster.bootstrapServers, topic: Self.topic, groupID: "group", properties: properties,
            assignmentStrategy: strategy, bufferBytes: bufferBytes)
    }

    func consumer(
        strategy: AssignmentStrategy = .range,
        properties: [(name: String, value: String)] = [], bufferBytes: Int = 64 << 20
    ) throws -> KafkaConsumer {
        try KafkaConsumer.start(
            configuration(strategy: strategy, properties: properties, bufferBytes: bufferBytes)
        ) { _ in }
    }

    func producer(timeout: Duration = .seconds(20)) throws -> KafkaProducer {
        try KafkaProducer.start(
            KafkaProducerConfiguration(brokers: cluster.bootstrapServers, topic: Self.topic, timeout: timeout)
        ) { _ in }
    }

    /// Produces `values` to one partition.
    func produce(_ values: [String], partition: Int32 = 0) async throws {
        let producer = try producer()
        try await producer.send(values.map { ProducerRecord(value: Array($0.utf8), partition: partition) })
        await producer.close()
    }
}

/// What a test keeps of a record.
struct Seen: Equatable, Sendable {
    var partition: Int32
    var offset: Int64
    var value: String?
}

struct NothingCame: Error {}

extension RecordBatch {
    var seen: [Seen] {
        var result: [Seen] = []
        forEach { record in
            result.append(
                Seen(
                    partition: partition, offset: record.offset,
                    value: record.value.map { String(decoding: $0, as: UTF8.self) }))
        }
        return result
    }
}

extension KafkaConsumer {
    /// Gives events to `body` until it returns a value, the last if several; throws when none comes in time: a long one, as
    /// other tests may have all threads.
    func read<Value>(
        within limit: Duration = .seconds(300), records: Bool = true, until body: (ConsumerEvent) async throws -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while ContinuousClock.now < deadline {
            var found: Value?
            // Also what came together with the event that was waited for.
            for event in await next(timeout: .seconds(1), records: records) {
                found = try await body(event) ?? found
            }
            if let found { return found }
        }
        throw NothingCame()
    }

    /// Reads records until the end of as many partitions has been seen.
    func readToEnd(partitions: Int = 1) async throws -> (records: [Seen], ends: [Int32: Int64]) {
        var (records, ends): ([Seen], [Int32: Int64]) = ([], [:])
        return try await read { event in
            if case .records(let batch) = event { records += batch.seen }
            if case .endOfPartition(let partition, let offset) = event { ends[partition] = offset }
            return ends.count == partitions ? (records, ends) : nil
        }
    }

    /// The partitions that the group gives next.
    func nextAssignment() async throws -> [Int32] {
        try await read { if case .assigned(let partitions) = $0 { partitions } else { nil } }
    }

    /// Waits for a revocation, reading no records.
    func nextRevocation() async throws -> (partitions: [Int32], lost: Bool) {
        try await read(records: false) { event in
            if case .revoked(let partitions, let lost) = event { (partitions, lost) } else { nil }
        }
    }

    func assignFromBeginning(_ partitions: [Int32]) async throws {
        try await assign(partitions.map { PartitionStart(partition: $0, offset: PartitionStart.beginning) })
    }
}
