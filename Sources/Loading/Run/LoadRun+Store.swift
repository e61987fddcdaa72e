internal import JobSupport
internal import Interactions
internal import Kafka
internal import Logging
internal import ObjectStorage
internal import Support

/// What a run stores, and what comes of it.
extension LoadRun {
    func handle(_ news: RunNews) async throws(Failure) {
        switch news {
        case .recovered(let number, let turn, let outcome):
            guard ledger.isCurrent(number, turn) else { return }
            switch outcome {
            case .success(let found): try await recovered(number, turn: turn, found)
            case .failure(let failure): try await failedToRecover(number, turn: turn, failure)
            }
        case .stored(let number, let turn, let request, let outcome):
            try await stored(number, turn, request, outcome)
        case .captured(let number, let turn, let capture):
            if ledger.isCurrent(number, turn) { try captured(number, capture) }
        case .outOfRange(let number, let turn, let outcome):
            guard ledger.isCurrent(number, turn) else { return }
            switch outcome {
            case .success(let facts): try await outOfRange(number, facts)
            case .failure(let failure): try await failedToRecover(number, turn: turn, failure)
            }
        case .sealed(let hours):
            isSealing = false
            try sealed(hours)
        case .storeTime(let time, let asked): compared(time, asked: asked)
        case .signal:
            try await stop(.signal)
        }
    }

    /// Starts storing a partition's next request, one at a time.
    func store(_ number: Int32) {
        guard let turn = ledger.turn(of: number), !ledger.isStoring(number), let partition = owned[number],
            let tail = partition.tail, let request = partition.session?.takeRequest()
        else { return }
        ledger.storing(number, bytes: request.bytes)
        let (committer, mailbox, id) = (committer, mailbox, Partition(number, epoch: epoch))
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
        ledger.answered(bytes: request.bytes)
        switch try outcome.get() {
        case .committed(let tail):
            count(request)
            guard ledger.stored(number, turn: turn), let partition = owned[number] else { return }
            partition.tail = tail
            try await resume(partition)
            if rules.follows, request.drainedAt != nil { seal() }
        case .superseded:
            guard ledger.isCurrent(number, turn) else { return }
            logger.notice("another owner wrote this chunk; following its chain", metadata: ["partition": "\(number)"])
            try await perform(ledger.superseded(number, turn: turn))
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
    func captureEnds() throws(Failure) {
        for (number, partition) in owned {
            guard let session = partition.session, let turn = ledger.turn(of: number) else { continue }
            guard session.ledger.isSettled else {
                if session.ledger.isHeldBack { tellHeldBack(partition, session) }
                try session.cut(.interval, now: clock.now())
                continue
            }
            let (recovery, clock, mailbox) = (recovery, clock, mailbox)
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
    func tellHeldBack(_ partition: OwnedPartition, _ session: PartitionSession) {
        guard partition.toldHeldBackAt != session.ledger.position else { return }
        partition.toldHeldBackAt = session.ledger.position
        logger.notice(
            "an open transaction holds records back; no hour is closed for the partition until it ends",
            metadata: [
                "partition": "\(session.partition)", "position": "\(session.ledger.position)",
                "held_back": "\(session.ledger.heldBack)",
            ])
    }

    /// Like the captured ends.
    private func sealed(_ hours: Result<[Hour], Failure>) throws(Failure) {
        do {
            result.sealed += try hours.get()
        } catch  where error.status == .unavailable {
            logger.warning("hours could not be sealed; the next interval does it", metadata: ["error": "\(error)"])
        }
    }

    func compareClocks() {
        let (store, clock, mailbox) = (recovery.chains.store, clock, mailbox)
        Task {
            do throws(Failure) {
                let time = try await store.now()
                mailbox.post(.storeTime(.success(time), asked: clock.now()))
            } catch {
                mailbox.post(.storeTime(.failure(error), asked: clock.now()))
            }
        }
    }

    /// A store that does not answer is told of by what is stored next.
    private func compared(_ time: Result<Milliseconds, Failure>, asked: Milliseconds) {
        guard case .success(let time) = time else { return }
        let wasTrusted = clock.isTrusted
        clock.compare(storeTime: time, asked: asked)
        guard clock.isTrusted != wasTrusted else { return }
        logger.error(
            clock.isTrusted
                ? "this machine's clock and the store's agree again"
                : "this machine's clock and the store's disagree; no hour is closed or sealed until they agree",
            metadata: ["store_minus_machine_ms": "\(clock.offset)"])
    }

    /// While following: seals what the last drained chunk closed.
    private func seal() {
        guard !isSealing else { return }
        isSealing = true
        let (sealer, consumer, epoch, mailbox) = (sealer, consumer, epoch, mailbox)
        Task {
            do throws(Failure) {
                let partitions = try await consumer.ownPartitions(epoch: epoch)
                let hours = try await sealer.seal(partitions)
                mailbox.post(.sealed(.success(hours)))
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
