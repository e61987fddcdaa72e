import Interactions
import JobSupport
import Kafka
import Logging
import ObjectStorage
import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What every command needs of the store and of Kafka.
struct Connections {
    let store: any ObjectStore
    let chains: ChainStore
    let sealer: Sealer
    let logger: Logger
    /// Google's, also for Kafka.
    let credentialsPath: String?

    /// - Parameter mayMakeStore: whether there need not be a store yet.
    init(
        storage: StorageConfiguration, mayMakeStore: Bool, topic: String, layout: PartitionLayout,
        log: LogConfiguration, failpoints: Failpoints = Failpoints(nil)
    ) throws(Failure) {
        logger = log.logger(label: "loader")
        if !mayMakeStore { try storage.requireThere() }
        credentialsPath = storage.credentialsPath
        store = try StoreFactory.make(storage, environment: ProcessInfo.processInfo.environment)
        chains = ChainStore(store: store, names: ObjectNames(topic: topic, layout: layout))
        sealer = Sealer(
            chains: chains, failpoints: failpoints, clock: SystemWallClock(), logger: logger,
            requestsAtOnce: storage.concurrency)
    }

    func storeClock() async throws(Failure) -> StoreClock {
        try await StoreClock.compared(
            with: store, logger: logger, level: .error, consequence: "no hour is closed or sealed by this run")
    }

    func consumer(_ kafka: KafkaConnection, topic: String, bufferBytes: Int) throws(Failure) -> KafkaConsumer {
        let configuration = KafkaConsumerConfiguration(
            brokers: kafka.brokers, topic: topic, groupID: kafka.consumerGroup,
            properties: kafka.properties.map { ($0.name, $0.value) }, tokens: try tokens(kafka),
            assignmentStrategy: kafka.assignment, instanceID: kafka.instanceID, bufferBytes: bufferBytes)
        do {
            return try KafkaConsumer.start(configuration, onLog: log)
        } catch {
            throw error.failure
        }
    }

    func producer(_ kafka: KafkaConnection, topic: String) throws(Failure) -> KafkaProducer {
        let configuration = KafkaProducerConfiguration(
            brokers: kafka.brokers, topic: topic, properties: kafka.properties.map { ($0.name, $0.value) },
            tokens: try tokens(kafka), timeout: kafka.timeout)
        do {
            return try KafkaProducer.start(configuration, onLog: log)
        } catch {
            throw error.failure
        }
    }

    private func log(_ line: KafkaLogLine) {
        let level: Logger.Level = line.severity <= 4 ? .warning : .debug
        logger.log(level: level, "librdkafka: \(line.message)", metadata: ["facility": "\(line.facility)"])
    }
}

/// Runs a command's body; a failure is reported on standard error and becomes the exit status.
func reportingFailure(_ log: LogConfiguration, _ body: () async throws(Failure) -> ExitStatus) async -> ExitStatus {
    do {
        return try await body()
    } catch {
        log.report(error, program: "loader")
        return error.status
    }
}
