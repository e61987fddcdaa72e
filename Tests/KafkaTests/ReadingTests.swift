@testable import Kafka
import Testing

@Suite struct ReadingTests {
    @Test func readsRecordsInOrderUpToTheEndOfEachPartition() async throws {
        let fixture = try Fixture(partitions: 2)
        try await fixture.produce((0..<500).map { "a\($0)" }, partition: 0)
        try await fixture.produce(["b0", "b1"], partition: 1)
        let consumer = try fixture.consumer()
        try await consumer.assignFromBeginning([0, 1])

        let (records, ends) = try await consumer.readToEnd(partitions: 2)
        #expect(records.filter { $0.partition == 0 }.map(\.value) == (0..<500).map { "a\($0)" })
        #expect(records.filter { $0.partition == 1 }.map(\.offset) == [0, 1])
        #expect(ends == [0: 500, 1: 2])
        await consumer.close()
    }

    @Test func keepsWhatARecordCarries() async throws {
        let fixture = try Fixture()
        let producer = try fixture.producer()
        let headers = [
            RecordHeader("trace", "abc"), RecordHeader(name: Array("none".utf8), value: nil),
            RecordHeader("empty", ""), RecordHeader("trace", "again"),
        ]
        let report = try await producer.send([
            ProducerRecord(
                key: [1, 0, 2], value: Array("{}".utf8), headers: headers, partition: 0, timestamp: 1_700_000_000_123),
            ProducerRecord(key: [], value: nil, partition: 0),
            ProducerRecord(key: nil, value: [], partition: 0),
        ])
        #expect(report == DeliveryReport(records: 3, bytes: 5, recordsOfPartition: [0: 3]))
        let consumer = try fixture.consumer()
        try await consumer.assignFromBeginning([0])

        struct Content: Equatable {
            var key: [UInt8]?
            var value: [UInt8]?
            var headers: [RecordHeader]
        }
        var (contents, times): ([Content], [Int64]) = ([], [])
        try await consumer.read { event in
            guard case .records(let batch) = event else { return contents.count == 3 ? () : nil }
            batch.forEach { record in
                contents.append(
                    Content(
                        key: record.key.map { Array($0) }, value: record.value.map { Array($0) },
                        headers: record.headers()))
                times.append(record.timestamp)
                #expect(record.timestampKind == .createTime)
            }
            return contents.count == 3 ? () : nil
        }
        #expect(
            contents == [
                Content(key: [1, 0, 2], value: Array("{}".utf8), headers: headers),
                Content(key: [], value: nil, headers: []),
                Content(key: nil, value: [], headers: []),
            ])
        #expect(times.first == 1_700_000_000_123)
        await consumer.close()
    }

    @Test func batchesOutliveTheConsumer() async throws {
        let fixture = try Fixture()
        try await fixture.produce(["kept"])
        var consumer: KafkaConsumer? = try fixture.consumer()
        try await consumer?.assignFromBeginning([0])
        let batch = try await consumer?.read { if case .records(let batch) = $0 { batch } else { nil } }
        await consumer?.close()
        consumer = nil
        #expect(batch?.seen == [Seen(partition: 0, offset: 0, value: "kept")])
    }

    @Test func startsWhereTold() async throws {
        let fixture = try Fixture()
        try await fixture.produce((0..<10).map(String.init))
        let consumer = try fixture.consumer()
        try await consumer.assign([PartitionStart(partition: 0, offset: 7)])
        #expect(try await consumer.readToEnd().records.map(\.offset) == [7, 8, 9])
        await consumer.close()
    }

    @Test func afterASeekOnlyRecordsFromTheNewOffsetCome() async throws {
        let fixture = try Fixture()
        try await fixture.produce((0..<2000).map { "\($0) " + String(repeating: "x", count: 200) })
        let consumer = try fixture.consumer()
        try await consumer.assignFromBeginning([0])
        try await consumer.read { if case .records = $0 { () } else { nil } }

        try await consumer.seek(PartitionStart(partition: 0, offset: 1500))
        #expect(try await consumer.readToEnd().records.map(\.offset) == Array(1500..<2000))
        try await consumer.seek(PartitionStart(partition: 0, offset: 3))
        #expect(try await consumer.readToEnd().records.map(\.offset) == Array(3..<2000))
        await consumer.close()
    }

    @Test func seeksOnlyWhatIsAssigned() async throws {
        let fixture = try Fixture()
        let consumer = try fixture.consumer()
        let error = await #expect(throws: KafkaError.self) {
            try await consumer.seek(PartitionStart(partition: 0, offset: 3))
        }
        #expect(error?.kind == .staleMember)
        await consumer.close()
    }

    @Test func aPausedPartitionStandsStillWhileOthersGoOn() async throws {
        let fixture = try Fixture(partitions: 2)
        let consumer = try fixture.consumer()
        try await consumer.assignFromBeginning([0, 1])
        _ = try await consumer.readToEnd(partitions: 2)
        try await consumer.pause([0])
        try await fixture.produce(["held"], partition: 0)
        try await fixture.produce(["free"], partition: 1)
        let (free, _) = try await consumer.readToEnd()
        #expect(free == [Seen(partition: 1, offset: 0, value: "free")])

        try await consumer.resume([0])
        let (held, _) = try await consumer.readToEnd()
        #expect(held == [Seen(partition: 0, offset: 0, value: "held")])
        await consumer.close()
    }

    @Test(arguments: [nil] + AssignmentStrategy.allCases)
    func aLostOffsetStopsThePartitionUntilItIsSought(
        _ strategy: AssignmentStrategy?
    ) async throws {
        let fixture = try Fixture(partitions: 2)
        try await fixture.produce(["a", "b"], partition: 0)
        try await fixture.produce(["c"], partition: 1)
        let consumer = try fixture.consumer(strategy: strategy ?? .range)
        if strategy != nil {
            try await consumer.subscribe()
            _ = try await consumer.nextAssignment()
        }
        try await consumer.assign([PartitionStart(partition: 0, offset: 1000), PartitionStart(partition: 1, offset: 0)])
        var records: [Seen] = []
        let kind = try await consumer.read { event -> KafkaError.Kind? in
            if case .records(let batch) = event { records += batch.seen }
            if case .partitionError(0, let error) = event { return error.kind }
            return nil
        }
        #expect(kind == .offsetOutOfRange)

        try await consumer.seek(PartitionStart(partition: 0, offset: 1))
        try await consumer.read { event in
            if case .records(let batch) = event { records += batch.seen }
            return records.count == 2 ? () : nil
        }
        #expect(Set(records.map(\.value)) == ["b", "c"])
        await consumer.close()
    }

    @Test func aReaderIsLetGoAfterItsTimeWhenCancelledAndWhenClosed() async throws {
        let fixture = try Fixture()
        let consumer = try fixture.consumer()
        #expect(await consumer.next(timeout: .milliseconds(20)).isEmpty)

        let cancelled = Task { await consumer.next(timeout: .seconds(3600)) }
        cancelled.cancel()
        #expect(await cancelled.value.isEmpty)

        let waiting = Task { await consumer.next(timeout: .seconds(3600)) }
        await consumer.close()
        #expect(await waiting.value.isEmpty)
        #expect(await consumer.next(timeout: .seconds(3600)).isEmpty)
        await #expect(throws: KafkaError.self) { try await consumer.assign([]) }
        await #expect(throws: KafkaError.self) { try await consumer.partitions() }
    }
}
