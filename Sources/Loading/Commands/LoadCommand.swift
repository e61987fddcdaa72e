import Gzip
import Bytes
import Interactions
import JobSupport
import Kafka
import Logging
import ObjectStorage
package import Support

/// The commands of `loader`, once their settings are read.
package enum Loader {
    /// `loader load`: reads the topic to its end (or follows it), and leaves a report.
    /// - Parameter signals: of the process, when something else watches them, too.
    package static func load(_ configuration: LoadConfiguration, signals: SignalInbox? = nil) async -> ExitStatus {
        limitMemoryFragmentation()
        return await reportingFailure(configuration.log) { () async throws(Failure) in
            let signals = if let signals { signals } else { try SignalInbox.watching() }
            return try await LoadCommand(configuration).run(signals)
        }
    }
}

private struct LoadCommand {
    /// How the memory budget is shared, in fifths: records between the brokers and the chunks, the chunks themselves, and
    /// what is left for everything around them (librdkafka's bookkeeping, fragments, the compressor).
    static let bufferFifths = 1
    static let chunkFifths = 3

    let configuration: LoadConfiguration
    let connections: Connections
    let failpoints: Failpoints
    /// Tells this process's plans and reports from others'.
    let writer: String
    let startedAt = SystemWallClock().now()
    let offsets = OffsetCommits()

    init(_ configuration: LoadConfiguration) throws(Failure) {
        self.configuration = configuration
        failpoints = Failpoints(configuration.failpoint)
        connections = try Connections(
            storage: configuration.storage, mayMakeStore: true, topic: configuration.topic,
            layout: configuration.layout, log: configuration.log, failpoints: failpoints)
        writer = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    func run(_ signals: SignalInbox) async throws(Failure) -> ExitStatus {
        let started = ContinuousClock.now
        let clock = try await connections.storeClock()
        let consumer = try connections.consumer(
            configuration.kafka, topic: configuration.topic,
            bufferBytes: configuration.memoryBudget / 5 * Self.bufferFifths)
        do throws(Failure) {
            try await join(consumer)
        } catch {
            await consumer.close()
            throw error
        }
        let observer = RunObserver { soFar in
            // What is not read yet is no failure of a run that goes on.
            writeMetrics(report(of: soFar, .success, after: ContinuousClock.now - started))
        }
        let run = try makeRun(consumer, clock, observer)
        signals.forward(to: run.stopOnSignal())
        var result = await run.run()
        observer.finish()
        if signals.isReceived {
            // The report first: a platform that sent a signal does not wait for long.
            if let failure = result.failure { configuration.log.report(failure, program: "loader") }
            await report(result, after: ContinuousClock.now - started)
            _ = await consumer.commit(offsets.takeAll(), timeout: .seconds(1))
            await consumer.close(timeout: .seconds(1))
            return result.status
        }
        signals.forward(to: SignalInbox.exit(with: result.status))
        _ = await consumer.commit(offsets.takeAll(), timeout: .seconds(2))
        await leaveAndSeal(consumer, &result)
        if let failure = result.failure { configuration.log.report(failure, program: "loader") }
        await report(result, after: ContinuousClock.now - started)
        return result.status
    }

    /// Nothing is written, and the group does not notice, before everything that can be known to be wrong is ruled out.
    private func join(_ consumer: KafkaConsumer) async throws(Failure) {
        do {
            // Says at once when there is no broker, no such topic, or no permission.
            _ = try await consumer.partitions(timeout: configuration.kafka.timeout)
        } catch {
            throw error.failure
        }
        try await connections.chains.settleLayout()
        do { try await consumer.subscribe() } catch { throw error.failure }
        // Until a killed member's session runs out, this takes a while.
        connections.logger.info(
            "waiting for the consumer group to give out its partitions",
            metadata: ["group": "\(configuration.kafka.consumerGroup)"])
    }

    /// The group is left before the sealing, which may take a while: other members need not wait for this one meanwhile.
    private func leaveAndSeal(_ consumer: KafkaConsumer, _ result: inout RunResult) async {
        do throws(Failure) {
            let partitions =
                result.failure == nil ? try await consumer.ownPartitions(epoch: configuration.topicEpoch) : []
            await consumer.close(timeout: .seconds(5))
            if !partitions.isEmpty { result.sealed += try await connections.sealer.seal(partitions) }
        } catch {
            await consumer.close(timeout: .seconds(5))
            result.failure = error
        }
    }

    private func makeRun(_ consumer: KafkaConsumer, _ clock: StoreClock, _ observer: RunObserver) throws(Failure)
        -> LoadRun
    {
        let chains = connections.chains
        let rules = SessionRules(
            topic: configuration.topic,
            plan: PlanRules(
                eventTimeField: configuration.eventTimeField.description,
                eventTimeMaxSkewMs: configuration.eventTimeMaxSkew.milliseconds, layout: configuration.layout,
                recordFormat: configuration.recordFormat, maxRecordBytes: configuration.maxRecordBytes,
                maxDepth: configuration.maxDepth, lateBefore: nil),
            allowedLateness: configuration.allowedLateness.milliseconds,
            follows: configuration.followInterval != nil, writer: writer)
        let committer = ChunkCommitter(
            chains: chains, sealer: connections.sealer, failpoints: failpoints, clock: clock,
            logger: connections.logger,
            uploadsAtOnce: configuration.storage.concurrency
        ) { [offsets, logger = connections.logger] partition, offset in
            offsets.commit(partition.number, offset) { batch in
                guard case .failed(let error) = await consumer.commit(batch) else { return }
                logger.warning(
                    "offsets not committed to Kafka; the chains do not need them", metadata: ["error": "\(error)"])
            }
        }
        let recovery = Recovery(chains: chains, from: configuration.from, clock: clock) { partition throws(Failure) in
            try await consumer.facts(partition.number)
        }
        do {
            return try LoadRun(
                consumer: consumer, recovery: recovery, committer: committer, sealer: connections.sealer, rules: rules,
                limits: RunLimits(
                    memoryBudget: configuration.memoryBudget / 5 * Self.chunkFifths,
                    targetFileSize: configuration.targetFileSize,
                    ledger: RunLedger.Limits(
                        maxDuration: configuration.maxDuration, noProgressTimeout: configuration.noProgressTimeout,
                        shutdownGrace: configuration.shutdownGrace, followInterval: configuration.followInterval,
                        emptyAssignmentWait: configuration.kafka.assignment == .cooperativeSticky
                            ? .seconds(45) : .zero)),
                epoch: configuration.topicEpoch, clock: clock, gzip: configuration.gzip, logger: connections.logger,
                progress: observer)
        } catch {
            throw error.failure("the chunks")
        }
    }

    /// The last line on standard output, and an object of its own. That it could not be stored changes nothing that was.
    private func report(_ result: RunResult, after duration: Duration) async {
        let report = report(of: result, result.status, after: duration)
        await ReportPublisher(
            folder: configuration.topic, run: writer, store: connections.store, logger: connections.logger
        ).publish(report)
        writeMetrics(report)
    }

    private func report(of result: RunResult, _ status: ExitStatus, after duration: Duration) -> RunReport {
        var report = RunReport(
            job: "loader load", store: connections.store.location, topic: configuration.topic, startedAt: startedAt)
        report.fill(result)
        report.finish(
            status, at: SystemWallClock().now(), after: duration, peakMemory: ProcessMemory.peakResidentBytes)
        return report
    }

    private func writeMetrics(_ report: RunReport) {
        JobSupport.writeMetrics(
            report.metrics(at: SystemWallClock().now()), prefix: "loader_load_", to: configuration.metricsPath,
            logger: connections.logger)
    }
}

extension RunReport {
    mutating func fill(_ result: RunResult) {
        let counters = result.counters
        (records, lateRecords, bytesIn) = (counters.records, counters.late, counters.valueBytes)
        for (reason, count) in counters.deadLetters { deadLetters[reason.rawValue] = count }
        deadLetterRecords = deadLetters.values.reduce(0, +)
        for (source, count) in counters.timeSources { timeSources[source.rawValue] = count }
        (files, bytesOut) = (result.files, result.bytesWritten)
        hoursSealed = result.sealed.map(\.description)
        groupWaitMs = result.groupWait?.milliseconds
        stopReason = result.stop?.rawValue
        failure = result.failure?.description
        partitions = result.partitions.sorted { $0.key < $1.key }.map { number, standing in
            PartitionPart(
                partition: number, start: standing.start, end: standing.logEnd - standing.heldBack,
                position: standing.position,
                logEnd: standing.logEnd, heldBack: standing.heldBack)
        }
        lag = partitions.isEmpty ? nil : partitions.reduce(0) { $0 + $1.lag }
        lost = result.lost.map { number, range in
            LostPart(partition: number, start: range.start, end: range.end, reason: range.reason.rawValue)
        }
    }
}

/// Shows on a terminal how a run goes, and hands on what a run that follows did so far.
private final class RunObserver: LoadObserver {
    private var line = ProgressLine.standard()
    private let following: (RunResult) -> Void

    init(following: @escaping (RunResult) -> Void) { self.following = following }

    func update(
        _ counters: @autoclosure () -> ChunkCounters, lag: @autoclosure () -> Int64, isWaitingForGroup: Bool
    ) {
        let now = ContinuousClock.now
        guard line.isDue(at: now) else { return }
        let counters = counters()
        line.update(
            ProgressLine.Sample(
                records: counters.records, bytes: counters.valueBytes, lag: lag(),
                memoryBytes: ProcessMemory.currentResidentBytes, isWaitingForGroup: isWaitingForGroup), at: now)
    }

    func followed(_ soFar: RunResult) { following(soFar) }

    func finish() { line.finish() }
}

extension KafkaConsumer {
    /// What recovery asks of the broker.
    func facts(_ number: Int32) async throws(Failure) -> PartitionFacts {
        do {
            let marks = try await watermarks(number)
            let committed = try await committed([number])[number]
            return PartitionFacts(
                low: marks.low, high: marks.high, logEnd: marks.logEnd, committed: committed)
        } catch {
            throw error.failure
        }
    }
}
