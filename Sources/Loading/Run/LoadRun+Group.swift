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
            try owned[number]?.reader?.reachEnd(at: offset, now: clock.now())
        case .assigned(let partitions): try await assigned(partitions)
        case .revoked(let partitions, let lost): try revoked(partitions, lost: lost)
        case .partitionError(let number, let error): try failed(number, error)
        case .problem(let error):
            logger.warning("Kafka has a problem and goes on trying", metadata: ["error": "\(error)"])
        case .fatal(let error): throw error.failure
        }
    }

    private func take(_ batch: RecordBatch) throws(Failure) {
        guard let session = owned[batch.partition]?.reader else { return }
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

    private func assigned(_ partitions: [Int32]) async throws(Failure) {
        (hasAssignment, assignmentSince) = (true, uptime)
        result.groupWait = result.groupWait ?? uptime
        turnOfOwnership += 1
        logger.info("partitions assigned", metadata: ["partitions": "\(partitions)"])
        guard !partitions.isEmpty else { return try await answerAssignment([]) }
        assigning = Set(partitions)
        for number in partitions {
            owned[number] = OwnedPartition(number: number, turn: turnOfOwnership)
            result.partitions[number] = nil
            recover(number)
        }
    }

    func recover(_ number: Int32) {
        guard let partition = owned[number] else { return }
        partition.isRecovering = true
        let (turn, recovery, mailbox) = (partition.turn, recovery, mailbox)
        let id = Partition(number, epoch: epoch)
        Task {
            do throws(Failure) {
                mailbox.post(.recovered(number, turn: turn, .success(try await recovery.recover(id))))
            } catch {
                mailbox.post(.recovered(number, turn: turn, .failure(error)))
            }
        }
    }

    func recovered(_ number: Int32, _ found: RecoveredPartition) async throws(Failure) {
        guard let partition = owned[number] else { return }
        let session = try PartitionSession(
            found, rules: rules, memory: memory, now: clock.now(), uptime: uptime)
        (partition.session, partition.tail, partition.isRecovering) = (session, found.tail, false)
        if found.isNewChain, found.start > found.low {
            logger.warning(
                "a new chain begins behind records that Kafka still has: at the group's committed offset, or the latest",
                metadata: [
                    "partition": "\(number)", "start": "\(found.start)", "first": "\(found.low)",
                    "remedy": "to store those too, use a new consumer group and an empty store",
                ])
        }
        if let assigning, assigning.contains(number) {
            if !assigning.contains(where: { owned[$0]?.isRecovering == true }) { try await answerAssignment(assigning) }
        } else if partition.superseded > 0 {
            try await seek(session)
        }
    }

    private func answerAssignment(_ partitions: Set<Int32>) async throws(Failure) {
        assigning = nil
        let starts = partitions.sorted().compactMap { number in
            owned[number]?.session.map { PartitionStart(partition: number, offset: $0.ledger.position) }
        }
        try await asking { () throws(KafkaError) in try await consumer.assign(starts) }
    }

    func seek(_ session: PartitionSession) async throws(Failure) {
        let start = PartitionStart(partition: session.partition.number, offset: session.ledger.position)
        let isDone = try await asking { () throws(KafkaError) in try await consumer.seek(start) }
        owned[start.partition]?.needsSeek = !isDone
    }

    /// Once the rebalance that a seek ran into is answered. If it took the partition, there is nothing left to seek.
    func seekAgain() async throws(Failure) {
        guard assigning == nil, revoking == nil else { return }
        for partition in owned.values where partition.needsSeek {
            if let session = partition.session { try await seek(session) }
        }
    }

    private func revoked(_ partitions: [Int32], lost: Bool) throws(Failure) {
        logger.info("partitions revoked", metadata: ["partitions": "\(partitions)", "lost": "\(lost)"])
        // An assignment that was not answered yet is void.
        assigning = nil
        for number in partitions {
            guard let partition = owned[number], let session = partition.session, !lost else {
                release(number)
                continue
            }
            session.stop()
            try session.cut(.revoked, now: clock.now())
        }
        revoking = (Set(partitions), uptime + Self.revocationLimit)
    }

    /// Gives revoked partitions back once what they held is stored, or when that takes too long.
    func finishRevocation(_ now: Duration) async throws(Failure) {
        guard let (partitions, until) = revoking else { return }
        let isBusy = partitions.contains { number in
            owned[number].map { $0.isStoring || $0.session?.hasRequests == true } ?? false
        }
        guard !isBusy || now >= until else { return }
        for number in partitions { release(number) }
        revoking = nil
        // Without partitions a run is not done: the group is about to share them out anew.
        if owned.isEmpty { (hasAssignment, assignmentSince) = (false, now) }
        try await asking { () throws(KafkaError) in try await consumer.completeRevocation() }
    }

    /// Whoever gets the partition next goes on with it.
    private func release(_ number: Int32) {
        if let session = owned[number]?.session {
            result.partitions[number] = session.standing
            result.partitions[number]?.isReleased = true
        }
        owned[number] = nil
    }

    private func failed(_ number: Int32, _ error: KafkaError) throws(Failure) {
        guard let partition = owned[number] else { return }
        guard error.kind == .offsetOutOfRange else {
            guard error.isRetriable else { throw error.failure }
            logger.warning(
                "Kafka has a problem with a partition and goes on trying",
                metadata: ["partition": "\(number)", "error": "\(error)"])
            return
        }
        let (turn, facts, mailbox, id) = (partition.turn, recovery.facts, mailbox, Partition(number, epoch: epoch))
        Task {
            do throws(Failure) {
                mailbox.post(.outOfRange(number, turn: turn, .success(try await facts(id))))
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
        try await seek(session)
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
