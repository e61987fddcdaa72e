internal import CLibrdkafka
internal import Synchronization

/// What the poll thread does: run commands, keep flow, take records, and above all poll, so that the group knows that
/// this member lives.
struct ConsumerLoop {
    /// The poll thread never waits longer.
    static let maxWait = Duration.milliseconds(100)

    let handle: RDKafkaHandle
    let shared: ConsumerShared
    let topic: String
    let clock = ContinuousClock()
    var flow: FlowControl
    /// Pausing is what keeps flow, with a librdkafka that is slow to resume.
    private let pausesOften: Bool
    var isSubscribed = false
    /// The next offset expected of each assigned partition, or where it begins: what librdkafka gives twice is dropped.
    private var positions: [Int32: Int64] = [:]
    /// Partitions that librdkafka no longer fetches, after an error.
    private var stopped: Set<Int32> = []

    init(handle: RDKafkaHandle, shared: ConsumerShared, topic: String, limits: FlowControl.Limits) {
        (self.handle, self.shared, self.topic) = (handle, shared, topic)
        flow = FlowControl(limits: limits)
        pausesOften = limits.hold == nil
    }

    mutating func run() {
        while !shared.state.withLock({ $0.isClosing }) {
            runCommands()
            let now = clock.now
            let waitingBytes = shared.state.withLock { $0.mailbox.bytes }
            let step = flow.step(waitingBytes: waitingBytes, now: now)
            setPaused(step.pause, true)
            setPaused(step.resume, false)
            // The reader may have made room since: then there is no wake to wait for.
            let (deadline, hasRoom) = shared.state.withLock { state in
                state.wakeAt = flow.wakeAt
                let hasRoom = flow.wakeAt.map { state.mailbox.bytes <= $0 } ?? false
                return (state.waiter?.deadline, hasRoom)
            }
            let wait = hasRoom ? .zero : min(deadline.map { now.duration(to: $0) } ?? Self.maxWait, Self.maxWait)
            switch step.intake {
            case .hold(let limit): handle.waitForWake(min(wait, limit))
            case .take(let maxRecords): take(maxRecords, wait: wait)
            }
            shared.deliver()
            shared.expire(clock.now)
        }
        close()
    }

    private mutating func runCommands() {
        let commands = shared.state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
        for command in commands { command(&self) }
    }

    private mutating func setPaused(_ partitions: [Int32], _ pause: Bool) {
        guard !partitions.isEmpty else { return }
        flow.refused(handle.setPaused(topic, partitions, pause), pause: pause)
        if !pause, pausesOften {
            handle.wakeFetchers(topic, positions.filter { partitions.contains($0.key) && !stopped.contains($0.key) })
        }
    }

    /// Leaves the group; librdkafka itself goes with the last batch of records.
    private mutating func close() {
        runCommands()
        if let question = shared.state.withLock({ $0.rebalance.question }) {
            // Leaving waits for the answer, and nobody else will give it.
            RDKafkaHandle.giveUp(handle.client, topic, question.revoked)
        }
        if isSubscribed {
            if let error = KafkaError.check(rd_kafka_consumer_close(handle.client)) {
                shared.report(error)
            }
        } else {
            _ = rd_kafka_assign(handle.client, nil)
        }
        shared.state.withLock { $0.isClosed = true }
        runCommands()
        shared.dismissReader()
        shared.releaseClosers()
    }

    // MARK: - Taking

    private mutating func take(_ maxRecords: Int, wait: Duration) {
        let messages = handle.take(maxRecords, wait: wait)
        var run: [UnsafeMutablePointer<rd_kafka_message_t>] = []
        var (partition, expected): (Int32, Int64?) = (-1, nil)
        func endRun(_ loop: inout ConsumerLoop) {
            if let expected { loop.positions[partition] = expected }
            if !run.isEmpty { loop.append(RecordBatch(run, handle: loop.handle)) }
            run = []
            (partition, expected) = (-1, nil)
        }
        for message in messages {
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                endRun(&self)
                handle(failed: message.pointee)
                rd_kafka_message_destroy(message)
                continue
            }
            if message.pointee.partition != partition {
                endRun(&self)
                partition = message.pointee.partition
                expected = positions[partition]
            }
            if let position = expected, message.pointee.offset >= position {
                run.append(message)
                expected = message.pointee.offset + 1
            } else {  // of a partition that was given up, or given twice
                rd_kafka_message_destroy(message)
            }
        }
        endRun(&self)
    }

    private mutating func append(_ batch: RecordBatch) {
        flow.took(records: batch.count, bytes: Mailbox.footprint(batch))
        shared.state.withLock { $0.mailbox.append(batch) }
    }

    /// What librdkafka reports in place of a record.
    private mutating func handle(failed message: rd_kafka_message_t) {
        let partition = message.partition
        if message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            guard let position = positions[partition], message.offset >= position else { return }
            positions[partition] = message.offset
            shared.state.withLock { $0.mailbox.append(endOfPartition: partition, offset: message.offset) }
            return
        }
        let error =
            KafkaError(fatal: self.handle.client)
            ?? KafkaError(message.err, withUnsafePointer(to: message) { string(rd_kafka_message_errstr($0)) })
        // Errors of the whole topic may come as errors of partition 0.
        if positions[partition] != nil, error.kind != .authorization, !error.isFatal {
            if error.kind == .offsetOutOfRange { stopped.insert(partition) }
            shared.state.withLock { $0.mailbox.append(partitionError: error, partition: partition) }
        } else {
            shared.report(error, isFatal: error.kind == .unknownTopic)
        }
    }

    // MARK: - Assignment

    private var isCooperative: Bool { handle.rebalanceProtocol == "COOPERATIVE" }

    mutating func assign(_ starts: [PartitionStart]) throws(KafkaError) {
        let (isSubscribed, isCooperative) = (isSubscribed, isCooperative)
        let answer = try shared.withState { state throws(KafkaError) in
            try state.rebalance.assign(starts, subscribed: isSubscribed, cooperative: isCooperative)
        }
        if answer == .assign(starts) { forget(flow.assigned) }
        try handle.perform(answer, topic)
        flow.assign(starts.map(\.partition))
        shared.state.withLock { $0.mailbox.startGeneration(starts.map(\.partition)) }
        for start in starts { positions[start.partition] = start.offset }
    }

    mutating func completeRevocation() throws(KafkaError) {
        let isCooperative = isCooperative
        let revocation = shared.state.withLock { $0.rebalance.completeRevocation(cooperative: isCooperative) }
        guard let (partitions, answer) = revocation else { return }
        forget(answer == .unassignAll ? flow.assigned.union(partitions) : Set(partitions))
        try handle.perform(answer, topic)
    }

    /// Nothing of these partitions reaches the reader any more.
    private mutating func forget(_ partitions: Set<Int32>) {
        _ = handle.setPaused(topic, flow.unassign(partitions), false)
        for partition in partitions { positions[partition] = nil }
        stopped.subtract(partitions)
        shared.state.withLock { $0.mailbox.startGeneration(partitions) }
    }

    mutating func seek(_ start: PartitionStart) throws(KafkaError) {
        guard positions[start.partition] != nil else {
            throw KafkaError(.staleMember, message: "partition \(start.partition) is not assigned")
        }
        if stopped.contains(start.partition) {
            try restart(start)
        } else {
            try handle.seek(topic, start)
        }
        stopped.remove(start.partition)
        positions[start.partition] = start.offset
        shared.state.withLock { $0.mailbox.startGeneration(CollectionOfOne(start.partition)) }
    }

    /// librdkafka seeks no partition that it stopped for an error: it has to be assigned anew, which without
    /// cooperation means all of them, each where it is.
    private mutating func restart(_ start: PartitionStart) throws(KafkaError) {
        guard shared.state.withLock({ $0.rebalance.question }) == nil else {  // it would be taken for the answer
            throw KafkaError(.staleMember, message: "a rebalance is to be answered first", isRetriable: true)
        }
        if isCooperative {
            _ = handle.setPaused(topic, flow.restart(CollectionOfOne(start.partition)), false)
            try handle.perform(.removeFromAssignment([start.partition]), topic)
            try handle.perform(.addToAssignment([start]), topic)
        } else {
            _ = handle.setPaused(topic, flow.restart(flow.assigned), false)
            var starts = positions
            starts[start.partition] = start.offset
            try handle.perform(.assign(starts.map { PartitionStart(partition: $0.key, offset: $0.value) }), topic)
        }
    }
}
