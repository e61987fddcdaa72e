internal import JobSupport
internal import Interactions
internal import Kafka
internal import Logging
internal import Support

/// What the consumer group does to a run, and how it answers.
extension LoadRun {
    func handle(_ event: ConsumerEvent) async throws(Failure) {
        switch event {
        case .records(let batch): try take(batch)
        case .endOfPartition(let number, let offset):
            try reader(of: number)?.reachEnd(at: offset, now: clock.now())
        case .assigned(let partitions):
            logger.info("partitions assigned", metadata: ["partitions": "\(partitions)"])
            try await perform(ledger.assigned(partitions, now: uptime))
        case .revoked(let partitions, let lost):
            logger.info("partitions revoked", metadata: ["partitions": "\(partitions)", "lost": "\(lost)"])
            try await perform(ledger.revoked(partitions, lost: lost, now: uptime))
        case .partitionError(let number, let error): try failed(number, error)
        case .problem(let error):
            logger.warning("Kafka has a problem and goes on trying", metadata: ["error": "\(error)"])
        case .fatal(let error): throw error.failure
        }
    }

    /// Where a partition's records go; nil while they are not those that its session needs next.
    private func reader(of number: Int32) -> PartitionSession? {
        guard let partition = owned[number], !partition.isHeld, !ledger.needsSeek(number) else { return nil }
        return partition.session
    }

    private func take(_ batch: RecordBatch) throws(Failure) {
        guard let session = reader(of: batch.partition) else { return }
        let wall = clock.now()
        let topic = rules.topic.utf8
        var name = Array(topic)
        var took = 0
        let failure: Failure? = name.withUnsafeMutableBytes { topic in
            let topic = UnsafeRawBufferPointer(topic)
            do throws(Failure) {
                try batch.forEach { record throws(Failure) in
                    let view = KafkaRecordView(topic: topic, partition: batch.partition, record)
                    if try session.take(view, headers: { record.kafkaHeaders }, now: wall) { took += 1 }
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        if took > 0 { session.progressed(now: uptime) }
        bytesSinceMemoryCheck += batch.byteCount
    }

    /// Begins to find out where a partition stands.
    func recover(_ number: Int32, turn: Int) {
        if owned[number] == nil { owned[number] = OwnedPartition(number: number) }
        result.partitions[number] = nil
        let (recovery, mailbox, id) = (recovery, mailbox, Partition(number, epoch: epoch))
        Task {
            do throws(Failure) {
                let found = try await recovery.recover(id)
                mailbox.post(.recovered(number, turn: turn, .success(found)))
            } catch {
                mailbox.post(.recovered(number, turn: turn, .failure(error)))
            }
        }
    }

    func recovered(_ number: Int32, turn: Int, _ found: RecoveredPartition) async throws(Failure) {
        guard let partition = owned[number] else { return }
        let session = try PartitionSession(
            found, rules: rules, memory: memory, now: clock.now(), uptime: uptime)
        (partition.session, partition.tail) = (session, found.tail)
        if found.isNewChain, found.start > found.low {
            logger.warning(
                "a new chain begins behind records that Kafka still has: at the group's committed offset, or the latest",
                metadata: [
                    "partition": "\(number)", "start": "\(found.start)", "first": "\(found.low)",
                    "remedy": "to store those too, use a new consumer group and an empty store",
                ])
        }
        try await perform(ledger.recovered(number, turn: turn))
    }

    /// Brokers or the store are away for a while.
    func failedToRecover(_ number: Int32, turn: Int, _ failure: Failure) async throws(Failure) {
        let actions = try ledger.failedToRecover(number, turn: turn, failure, now: uptime)
        logger.warning(
            "a partition could not be recovered; trying again at the next interval",
            metadata: ["partition": "\(number)", "error": "\(failure)"])
        try await perform(actions)
    }

    func answerAssignment(_ partitions: [Int32]) async throws(Failure) {
        let starts = partitions.compactMap { number in
            owned[number]?.session.map { PartitionStart(partition: number, offset: $0.ledger.position) }
        }
        try await asking { () throws(KafkaError) in try await consumer.assign(starts) }
    }

    func seek(_ number: Int32) async throws(Failure) {
        guard let session = owned[number]?.session else { return }
        let start = PartitionStart(partition: number, offset: session.ledger.position)
        let isDone = try await asking { () throws(KafkaError) in try await consumer.seek(start) }
        ledger.sought(number, isDone: isDone)
    }

    /// With all that it read, and all that it wanted stored behind a chunk that is void now.
    func drop(_ number: Int32) async throws(Failure) {
        guard let partition = owned[number] else { return }
        partition.session = nil
        try await resume(partition)
    }

    /// Whoever gets the partition next goes on with it.
    func release(_ number: Int32) {
        if let session = owned[number]?.session {
            result.partitions[number] = session.standing
            result.partitions[number]?.isReleased = true
        }
        owned[number] = nil
    }

    private func failed(_ number: Int32, _ error: KafkaError) throws(Failure) {
        guard let turn = ledger.turn(of: number) else { return }
        guard error.kind == .offsetOutOfRange else {
            guard error.isRetriable else { throw error.failure }
            logger.warning(
                "Kafka has a problem with a partition and goes on trying",
                metadata: ["partition": "\(number)", "error": "\(error)"])
            return
        }
        let (facts, mailbox, id) = (recovery.facts, mailbox, Partition(number, epoch: epoch))
        Task {
            do throws(Failure) {
                let found = try await facts(id)
                mailbox.post(.outOfRange(number, turn: turn, .success(found)))
            } catch {
                mailbox.post(.outOfRange(number, turn: turn, .failure(error)))
            }
        }
    }

    func outOfRange(_ number: Int32, _ facts: PartitionFacts) async throws(Failure) {
        guard let session = owned[number]?.session else { return }
        guard facts.high >= session.ledger.position else {
            throw otherTopic(rules.topic, session.partition, high: facts.high, position: session.ledger.position)
        }
        try session.loseOffsets(before: facts.low, now: clock.now())
        try await seek(number)
    }

    /// Loss is never silent.
    func announce(_ range: LostRange, of number: Int32) {
        result.lost.append((number, range))
        logger.error(
            "records lost: Kafka no longer has them",
            metadata: [
                "partition": "\(number)", "start": "\(range.start)", "end": "\(range.end)",
                "reason": "\(range.reason.rawValue)",
                "remedy": "raise the topic's retention, or run the loader more often",
            ])
    }
}

extension RecordView {
    var kafkaHeaders: [KafkaHeaderView] { headerViews().map { KafkaHeaderView(name: $0.name, value: $0.value) } }
}

extension KafkaRecordView {
    init(topic: UnsafeRawBufferPointer, partition: Int32, _ record: RecordView) {
        let type: KafkaTimestampType =
            switch record.timestampKind {
            case .none: .none
            case .createTime: .create
            case .logAppendTime: .logAppend
            }
        self.init(
            topic: topic, partition: partition, offset: record.offset,
            timestamp: type == .none ? nil : record.timestamp, timestampType: type, key: record.key, value: record.value
        )
    }
}
