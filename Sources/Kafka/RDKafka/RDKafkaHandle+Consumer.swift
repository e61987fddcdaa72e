internal import CLibrdkafka

/// What a consumer asks of librdkafka. Calls that wait for a broker say so.
extension RDKafkaHandle {
    var rebalanceProtocol: String { string(rd_kafka_rebalance_protocol(client)) }

    func subscribe(_ topic: String) throws(KafkaError) {
        let code = PartitionList.with(topic, CollectionOfOne(RD_KAFKA_PARTITION_UA)) { rd_kafka_subscribe(client, $0) }
        if let error = KafkaError.check(code) { throw error }
    }

    /// At most `maxRecords` messages. The first is waited for; the rest is what is there already, since librdkafka
    /// would wait until all have come.
    func take(_ maxRecords: Int, wait: Duration) -> [UnsafeMutablePointer<rd_kafka_message_t>] {
        guard let first = rd_kafka_consume_queue(queue, wait.wholeMilliseconds) else { return [] }
        guard maxRecords > 1 else { return [first] }
        return withUnsafeTemporaryAllocation(
            of: UnsafeMutablePointer<rd_kafka_message_t>?.self, capacity: maxRecords - 1
        ) { more in
            let count = rd_kafka_consume_batch_queue(queue, 0, more.baseAddress, more.count)
            return [first] + more.prefix(max(count, 0)).compactMap { $0 }
        }
    }

    /// - Returns: the partitions for which it failed.
    func setPaused(_ topic: String, _ partitions: [Int32], _ pause: Bool) -> [Int32] {
        guard !partitions.isEmpty else { return [] }
        return PartitionList.with(topic, partitions) { list in
            _ = pause ? rd_kafka_pause_partitions(client, list) : rd_kafka_resume_partitions(client, list)
            return PartitionList.elements(list).filter { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }.map(\.partition)
        }
    }

    func perform(_ answer: Rebalance.Answer, _ topic: String) throws(KafkaError) {
        let error: KafkaError? =
            switch answer {
            case .assign(let starts):
                with(topic, starts) { KafkaError.check(rd_kafka_assign(client, $0)) }
            case .addToAssignment(let starts):
                with(topic, starts) { KafkaError(taking: rd_kafka_incremental_assign(client, $0)) }
            case .unassignAll:
                KafkaError.check(rd_kafka_assign(client, nil))
            case .removeFromAssignment(let partitions):
                PartitionList.with(topic, partitions) { KafkaError(taking: rd_kafka_incremental_unassign(client, $0)) }
            }
        if let error { throw error }
    }

    /// Answers a rebalance while closing: from within the callback, so by the client that it names.
    static func giveUp(_ client: OpaquePointer, _ topic: String, _ partitions: [Int32]) {
        if string(rd_kafka_rebalance_protocol(client)) == "COOPERATIVE" {
            PartitionList.with(topic, partitions) { list in
                if let error = rd_kafka_incremental_unassign(client, list) { rd_kafka_error_destroy(error) }
            }
        } else {
            _ = rd_kafka_assign(client, nil)
        }
    }

    /// Moves the position of an assigned partition; afterwards librdkafka gives nothing that it fetched before.
    /// (`rd_kafka_seek_partitions` of 2.0 takes its timeout for microseconds.)
    func seek(_ topic: String, _ start: PartitionStart) throws(KafkaError) {
        guard let handle = rd_kafka_topic_new(client, topic, nil) else { throw KafkaError(rd_kafka_last_error()) }
        defer { rd_kafka_topic_destroy(handle) }
        if let error = KafkaError.check(rd_kafka_seek(handle, start.partition, start.offset, 2000)) { throw error }
    }

    /// After a resume, fetching goes on only when the broker's thread wakes, up to a second later; a seek to where the
    /// partition is anyway wakes it.
    func wakeFetchers(_ topic: String, _ positions: [Int32: Int64]) {
        guard let handle = rd_kafka_topic_new(client, topic, nil) else { return }
        defer { rd_kafka_topic_destroy(handle) }
        for (partition, offset) in positions { _ = rd_kafka_seek(handle, partition, offset, 0) }
    }

    /// Runs callbacks that are due, of a client that no thread polls.
    func serve() { _ = rd_kafka_poll(client, 0) }

    // MARK: - Calls that wait for a broker

    /// What is known of the partitions of `topic`; nil when the leaders are being chosen just now.
    func partitions(_ topic: String, wait: Duration) throws(KafkaError) -> [Int32]? {
        guard let handle = rd_kafka_topic_new(client, topic, nil) else { throw KafkaError(rd_kafka_last_error()) }
        defer { rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client, 0, handle, &answer, wait.wholeMilliseconds)
        if let error = KafkaError.check(code) { throw error }
        guard let metadata = answer else { return nil }
        defer { rd_kafka_metadata_destroy(metadata) }
        guard metadata.pointee.topic_cnt == 1, let found = metadata.pointee.topics?.pointee else { return nil }
        if found.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE { return nil }
        if let error = KafkaError.check(found.err) { throw error }
        let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt))
        return partitions.map(\.id).sorted()
    }

    /// The first offset, and the end under this client's isolation level.
    func watermarks(
        _ topic: String, _ partition: Int32, wait: Duration
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        var (low, high): (Int64, Int64) = (0, 0)
        let code = rd_kafka_query_watermark_offsets(client, topic, partition, &low, &high, wait.wholeMilliseconds)
        if let error = KafkaError.check(code) { throw error }
        return (low, high)
    }

    /// The group's committed offsets; partitions without one are left out.
    func committed(_ topic: String, _ partitions: [Int32], wait: Duration) throws(KafkaError) -> [Int32: Int64] {
        let result: Result<[Int32: Int64], KafkaError> = PartitionList.with(topic, partitions) { list in
            let code = rd_kafka_committed(client, list, wait.wholeMilliseconds)
            if let error = KafkaError.check(code) ?? PartitionList.error(list) { return .failure(error) }
            let found = PartitionList.elements(list).filter { $0.offset >= 0 }.map { ($0.partition, $0.offset) }
            return .success(Dictionary(uniqueKeysWithValues: found))
        }
        return try result.get()
    }

    /// Commits and waits for the answer. (`rd_kafka_commit` would wait without a limit.)
    func commit(_ topic: String, _ offsets: [Int32: Int64], wait: Duration) throws(KafkaError) {
        guard let answers = rd_kafka_queue_new(client) else { return }
        defer { rd_kafka_queue_destroy(answers) }
        let code = PartitionList.with(topic, offsets.map { ($0.key, $0.value) }) { list in
            rd_kafka_commit_queue(client, list, answers, nil, nil)
        }
        if let error = KafkaError.check(code) { throw KafkaError(fatal: client) ?? error }
        guard let event = rd_kafka_queue_poll(answers, wait.wholeMilliseconds) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "the group's coordinator did not answer in time")
        }
        defer { rd_kafka_event_destroy(event) }
        let error =
            KafkaError.check(rd_kafka_event_error(event))
            ?? PartitionList.error(rd_kafka_event_topic_partition_list(event))
        if let error { throw KafkaError(fatal: client) ?? error }
    }

    private func with<Value>(
        _ topic: String, _ starts: [PartitionStart],
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Value
    ) -> Value {
        PartitionList.with(topic, starts.map { ($0.partition, $0.offset) }, body)
    }
}

/// Text of a C function that may have none.
func string(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }
