internal import CLibrdkafka

/// librdkafka's mock cluster: brokers in this process that answer on random ports of the loopback interface, and can be
/// told to misbehave. Each partition keeps about its last 5 MiB. For development and tests.
///
/// `@unchecked Sendable`: the pointer never changes, and librdkafka's mock functions lock.
package final class MockKafka: @unchecked Sendable {
    private let handle: RDKafkaHandle
    private let cluster: OpaquePointer

    /// Starts brokers with the ids 1 to `brokers`.
    package init(brokers: Int = 1) throws(KafkaError) {
        let properties = RDKafkaConfiguration()
        handle = try RDKafkaHandle(RD_KAFKA_PRODUCER, properties, context: CallbackContext(onLog: { _ in }))
        guard let cluster = rd_kafka_mock_cluster_new(handle.client, Int32(clamping: brokers)) else {
            throw KafkaError(.other, message: "the mock cluster of \(brokers) brokers does not start")
        }
        self.cluster = cluster
    }

    deinit { rd_kafka_mock_cluster_destroy(cluster) }

    package var bootstrapServers: String { string(rd_kafka_mock_cluster_bootstraps(cluster)) }

    package func createTopic(_ topic: String, partitions: Int, replicas: Int = 1) throws(KafkaError) {
        try check(
            rd_kafka_mock_topic_create(cluster, topic, Int32(clamping: partitions), Int32(clamping: replicas)))
    }

    /// The next requests of a kind fail, one for each code.
    /// - Parameters:
    ///   - api: Kafka's number of the request, for example 1 for Fetch.
    ///   - codes: Kafka's error codes; -195 closes the connection.
    package func pushErrors(api: Int16, codes: [Int32]) {
        let codes = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, api, codes.count, codes)
    }

    /// Forgets errors that were pushed.
    package func clearErrors(api: Int16) { rd_kafka_mock_clear_request_errors(cluster, api) }

    /// All requests for the topic's metadata fail with the code; 0 ends that.
    package func setTopicError(_ topic: String, code: Int32) {
        rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(rawValue: code))
    }

    package func setBroker(_ broker: Int32, isUp: Bool) throws(KafkaError) {
        try check(
            isUp ? rd_kafka_mock_broker_set_up(cluster, broker) : rd_kafka_mock_broker_set_down(cluster, broker))
    }

    /// Delays each answer of a broker.
    package func setRoundTrip(broker: Int32, milliseconds: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds))
    }

    package func setLeader(_ topic: String, partition: Int32, broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker))
    }

    package func setCoordinator(group: String, broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_coordinator_set(cluster, "group", group, broker))
    }

    private func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        if let error = KafkaError.check(code) { throw error }
    }
}
