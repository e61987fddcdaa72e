@testable import Kafka
import Support
import Testing

@Suite struct FailureTests {
    @Test func namesTheTopicThatDoesNotExist() async throws {
        let fixture = try Fixture()
        var configuration = fixture.configuration()
        configuration.topic = "misspelt"
        fixture.cluster.setTopicError("misspelt", code: 3)  // UNKNOWN_TOPIC_OR_PART; else it would create it
        let consumer = try KafkaConsumer.start(configuration) { _ in }
        let error = await #expect(throws: KafkaError.self) { try await consumer.partitions(timeout: .seconds(10)) }
        #expect(error?.failure.status == .noInput)
        #expect(error?.message.contains("misspelt") == true)
        await consumer.close()
    }

    @Test func subscribingToATopicThatDoesNotExistIsFatal() async throws {
        let fixture = try Fixture()
        var configuration = fixture.configuration()
        configuration.topic = "misspelt"
        fixture.cluster.setTopicError("misspelt", code: 3)  // UNKNOWN_TOPIC_OR_PART; else it would create it
        let consumer = try KafkaConsumer.start(configuration) { _ in }
        try await consumer.subscribe()
        let error = try await consumer.read { if case .fatal(let error) = $0 { error } else { nil } }
        #expect(error.kind == .unknownTopic)
        await consumer.close()
    }

    @Test func saysWhyNoBrokerCanBeReached() async throws {
        // Port 1 of this machine refuses.
        let consumer = try KafkaConsumer.start(
            KafkaConsumerConfiguration(brokers: "127.0.0.1:1", topic: "t", groupID: "g")
        ) { _ in }
        let error = await #expect(throws: KafkaError.self) { try await consumer.partitions(timeout: .seconds(2)) }
        #expect(error?.failure.status == .unavailable)
        #expect(error?.message.contains("127.0.0.1:1") == true)
        await consumer.close()
    }

    @Test func knowsThePartitionsOfTheTopic() async throws {
        let fixture = try Fixture(partitions: 5, brokers: 3)
        let consumer = try fixture.consumer()
        #expect(try await consumer.partitions() == [0, 1, 2, 3, 4])
        await consumer.close()
    }

    @Test func readsOnWhenABrokerComesBack() async throws {
        let fixture = try Fixture(partitions: 1)
        try await fixture.produce(["before"])
        let consumer = try fixture.consumer()
        try await consumer.assignFromBeginning([0])
        _ = try await consumer.readToEnd()

        try fixture.cluster.setBroker(1, isUp: false)
        try await consumer.read {
            if case .problem(let error) = $0 { error.kind == .unreachable ? () : nil } else { nil }
        }
        try fixture.cluster.setBroker(1, isUp: true)
        try await fixture.produce(["after"])
        let value = try await consumer.read { event in
            if case .records(let batch) = event { batch.seen.last?.value } else { nil }
        }
        #expect(value == "after")
        await consumer.close()
    }

    @Test func aFailedDeliveryIsReported() async throws {
        let fixture = try Fixture()
        let producer = try fixture.producer(timeout: .seconds(1))
        try fixture.cluster.setBroker(1, isUp: false)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send([ProducerRecord(value: [1], partition: 0)])
        }
        #expect(error?.message.contains("0 of 1 records confirmed") == true)
        await producer.close(timeout: .zero)
        await #expect(throws: KafkaError.closed) { try await producer.send([ProducerRecord(value: [1])]) }
    }
}

@Suite struct ConfigurationTests {
    private func start(_ properties: [(name: String, value: String)]) throws(KafkaError) {
        _ = try KafkaConsumer.start(
            KafkaConsumerConfiguration(brokers: "127.0.0.1:1", topic: "t", groupID: "g", properties: properties)
        ) { _ in }
    }

    @Test func takesTheUsersProperties() throws {
        try start([("fetch.wait.max.ms", "50"), ("queued.max.messages.kbytes", "2048")])
    }

    @Test(arguments: [
        ("no.such.property", "1", "no.such.property is unknown"),
        ("fetch.wait.max.ms", "soon", "fetch.wait.max.ms"),
        ("fetch.wait.max.ms", "-5", "fetch.wait.max.ms"),
        ("enable.auto.commit", "true", "enable.auto.commit cannot be set"),
        ("group.id", "other", "group.id cannot be set"),
        ("session.timeout.ms", "3600000", "max.poll.interval.ms"),
    ])
    func namesAPropertyThatIsWrong(name: String, value: String, expected: String) {
        let error = #expect(throws: KafkaError.self) { try start([(name, value)]) }
        #expect(error?.failure.status == .usage)
        #expect(error?.message.contains(expected) == true, "\(String(describing: error))")
    }

    @Test func neverShowsASecret() {
        let secret = "hunter2-hunter2"
        for name in ["ssl.key.pem", "ssl.key.password", "sasl.password", "sasl.oauthbearer.config"] {
            let properties = [(name: "security.protocol", value: "ssl"), (name: name, value: secret)]
            do throws(KafkaError) {
                try start(properties)
            } catch {
                #expect(!error.description.contains(secret))
                #expect(!error.failure.description.contains(secret))
            }
        }
    }

    @Test func boundsTheMemoryOfLibrdkafka() {
        let configuration = KafkaConsumerConfiguration(brokers: "b", topic: "t", groupID: "g", bufferBytes: 32 << 20)
        let values = Dictionary(uniqueKeysWithValues: configuration.required.map { ($0.name, $0.value) })
        #expect(values["queued.max.messages.kbytes"] == "16384")
        #expect(values["fetch.max.bytes"] == "4194304")
        #expect(values["isolation.level"] == "read_committed")
    }
}
