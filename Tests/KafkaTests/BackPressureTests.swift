@testable import Kafka
import Testing

@Suite struct BackPressureTests {
    /// A buffer so small that intake stops over and over, while a producer goes on.
    @Test(arguments: [KafkaConsumerConfiguration.BackPressure.hold, .pause])
    func nothingIsLostOrRepeated(_ backPressure: KafkaConsumerConfiguration.BackPressure) async throws {
        let fixture = try Fixture(partitions: 2)
        var configuration = fixture.configuration(bufferBytes: 256 << 10)
        configuration.backPressure = backPressure
        let consumer = try KafkaConsumer.start(configuration) { _ in }
        try await consumer.assignFromBeginning([0, 1])

        let text = Array(repeating: UInt8(ascii: "x"), count: 400)
        let (rounds, perRound) = (8, 250)
        let producer = try fixture.producer()
        async let production: Void = {
            for _ in 0..<rounds {
                for partition in [0, 1] as [Int32] {
                    try await producer.send(
                        Array(repeating: ProducerRecord(value: text, partition: partition), count: perRound))
                }
            }
        }()
        var next: [Int32: Int64] = [0: 0, 1: 0]
        let total = Int64(rounds * perRound)
        try await consumer.read(within: .seconds(60)) { event -> Void? in
            guard case .records(let batch) = event else { return nil }
            batch.forEach { record in
                #expect(record.offset == next[batch.partition])
                next[batch.partition] = record.offset + 1
            }
            return next == [0: total, 1: total] ? () : nil
        }
        try await production
        await producer.close()
        await consumer.close()
    }

    @Test(arguments: [KafkaConsumerConfiguration.BackPressure.hold, .pause])
    func whatWaitsIsBounded(_ backPressure: KafkaConsumerConfiguration.BackPressure) async throws {
        let fixture = try Fixture(partitions: 1)
        try await fixture.produce(Array(repeating: String(repeating: "x", count: 1000), count: 4000))
        var configuration = fixture.configuration(bufferBytes: 1 << 20)
        configuration.backPressure = backPressure
        let consumer = try KafkaConsumer.start(configuration) { _ in }
        try await consumer.assignFromBeginning([0])

        // A reader without room for records lets them wait; then it takes what has come.
        #expect(await consumer.next(timeout: .seconds(2), records: false).isEmpty)
        #expect(consumer.waitingBytes >= 256 << 10)
        #expect(consumer.waitingBytes < 512 << 10)
        let (records, _) = try await consumer.readToEnd()
        #expect(records.map(\.offset) == Array(0..<4000))
        #expect(consumer.waitingBytes == 0)
        await consumer.close()
    }
}
