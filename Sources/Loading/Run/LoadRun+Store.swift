internal import Interactions
internal import Kafka
internal import Logging
internal import Support

/// What a run stores, and what comes of it.
extension LoadRun {
    func handle(_ news: RunNews) async throws(Failure) {
        switch news {
        case .recovered(let number, let turn, let found):
            if isCurrent(number, turn) { try await recovered(number, try found.get()) }
        case .stored(let number, let turn, let request, let outcome):
            try await stored(number, turn, request, outcome)
        case .captured(let number, let turn, let capture):
            if isCurrent(number, turn) { try captured(number, capture) }
        case .outOfRange(let number, let turn, let facts):
            if isCurrent(number, turn) { try await outOfRange(number, try facts.get()) }
        case .sealed(let hours):
            isSealing = false
            result.sealed += try hours.get()
        case .signal:
            try stop(.signal, within: limits.shutdownGrace)
        }
    }

    private func isCurrent(_ number: Int32, _ turn: Int) -> Bool { owned[number]?.turn == turn }

    /// Starts storing a partition's next request, one at a time.
    func store(_ number: Int32) {
        guard let partition = owned[number], !partition.isStoring, let tail = partition.tail,
            let request = partition.session?.takeRequest()
        else { return }
        partition.isStoring = true
        partition.bytesStoring = request.bytes
        let (turn, committer, mailbox) = (partition.turn, committer, mailbox)
        let id = Partition(number, epoch: epoch)
        Task {
            do throws(Failure) {
                let outcome = try await committer.perform(request, of: id, tail: tail)
                mailbox.post(.stored(number, turn: turn, request, .success(outcome)))
            } catch {
                mailbox.post(.stored(number, turn: turn, request, .failure(error)))
            }
        }
    }

    private func stored(
        _ number: Int32, _ turn: Int, _ request: StoreRequest, _ outcome: Result<ChunkOutcome, Failure>
    ) async throws(Failure) {
        switch try outcome.get() {
        case .committed(let tail):
            count(request)
            guard isCurrent(number, turn), let partition = owned[number] else { return }
            partition.tail = tail
            (partition.isStoring, partition.bytesStoring) = (false, 0)
            try await resume(partition)
            if rules.follows, request.drainedAt != nil { seal() }
        case .superseded:
            guard isCurrent(number, turn), let partition = owned[number] else { return }
            logger.notice("another owner wrote this chunk; following its chain", metadata: ["partition": "\(number)"])
            partition.superseded += 1
            guard partition.superseded <= Self.supersededLimit else {
                throw Failure(
                    .conflict, "\(rules.topic)/\(number): other owners keep writing its chunks",
                    remedy: "make sure that all loaders of this store are in one consumer group")
            }
            // With all that it read, and all that it wanted stored behind the chunk that is void now.
            partition.session = nil
            (partition.isStoring, partition.bytesStoring) = (false, 0)
            try await resume(partition)
            turnOfOwnership += 1
            partition.turn = turnOfOwnership
            if revoking?.partitions.contains(number) == true || stopping != nil {
                owned[number] = nil
            } else {
                recover(number)
            }
        }
    }

    private func count(_ request: StoreRequest) {
        result.counters.add(request.counters)
        guard case .chunk(let chunk, _) = request.work else { return }
        result.chunks += 1
        result.files += chunk.contents.count
        result.bytesWritten += chunk.bytes
    }

    /// The brokers may be away for a while: a following run asks again at the next interval.
    private func captured(
        _ number: Int32, _ capture: Result<PartitionLedger.Capture, Failure>
    ) throws(Failure) {
        do {
            owned[number]?.session?.capture(try capture.get())
        } catch  where error.status == .unavailable {
            logger.warning(
                "the partition's end is not known", metadata: ["partition": "\(number)", "error": "\(error)"])
        }
    }

    /// While following, once an interval: asks again for the end of every partition that has reached the former one, so
    /// that hours are closed; of those that lag behind, what was read is written.
    func captureEnds(_ now: Duration) throws(Failure) {
        capturedAt = now
        for (number, partition) in owned {
            guard let session = partition.session else { continue }
            guard session.ledger.isSettled else {
                if session.ledger.isHeldBack { tellHeldBack(session) }
                try session.cut(.interval, now: clock.now())
                continue
            }
            let (turn, recovery, clock, mailbox) = (partition.turn, recovery, clock, mailbox)
            let id = Partition(number, epoch: epoch)
            Task {
                let at = clock.trusted()
                do throws(Failure) {
                    let facts = try await recovery.facts(id)
                    mailbox.post(.captured(number, turn: turn, .success(.init(end: facts.logEnd, at: at))))
                } catch {
                    mailbox.post(.captured(number, turn: turn, .failure(error)))
                }
            }
        }
    }

    /// An open transaction holds back what the capture saw. Its records may belong to any hour that is still open, so none
    /// is closed before they have come.
    func tellHeldBack(_ session: PartitionSession) {
        logger.notice(
            "an open transaction holds records back; no hour is closed for the partition until it ends",
            metadata: [
                "partition": "\(session.partition)", "position": "\(session.ledger.position)",
                "held_back": "\(session.ledger.heldBack)",
            ])
    }

    /// While following: seals what the last drained chunk closed.
    private func seal() {
        guard !isSealing else { return }
        isSealing = true
        let (sealer, consumer, epoch, mailbox) = (sealer, consumer, epoch, mailbox)
        Task {
            do throws(Failure) {
                let partitions = try await consumer.ownPartitions(epoch: epoch)
                mailbox.post(.sealed(.success(try await sealer.seal(partitions))))
            } catch {
                mailbox.post(.sealed(.failure(error)))
            }
        }
    }
}

extension KafkaConsumer {
    /// All partitions that the topic has now.
    func ownPartitions(epoch: Int) async throws(Failure) -> [Partition] {
        do { return try await partitions().map { Partition($0, epoch: epoch) } } catch { throw error.failure }
    }
}
