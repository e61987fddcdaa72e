import JobSupport
import Interactions
import Kafka
import ObjectStorage
package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Loader {
    /// `loader status`: what is stored, and what is complete.
    package static func status(_ configuration: StatusConfiguration) async -> ExitStatus {
        await reportingFailure(configuration.log) { () async throws(Failure) in
            let connections = try Connections(
                // What Kafka has may not be stored yet.
                storage: configuration.storage, mayMakeStore: configuration.kafka != nil, topic: configuration.topic,
                layout: configuration.layout, log: configuration.log)
            let names = connections.chains.names
            var logEnds: [Int32: Int64] = [:]
            if let kafka = configuration.kafka {
                _ = try await names.settledFacts(in: connections.store)
                logEnds = try await Self.logEnds(kafka, connections, topic: configuration.topic)
            } else {
                try await names.requireStored(in: connections.store)
            }
            let reader = StatusReader(chains: connections.chains, sealer: connections.sealer)
            let report = try await reader.report(
                hours: configuration.hours(now: SystemWallClock().now()), epoch: configuration.topicEpoch,
                logEnds: logEnds)
            LineSink.standardOutput.write(configuration.json ? printed(report) : Array(report.table.utf8))
            return .success
        }
    }

    /// `loader verify`: whether the objects are what plans and manifests say.
    package static func verify(_ configuration: VerifyConfiguration) async -> ExitStatus {
        await reportingFailure(configuration.log) { () async throws(Failure) in
            let connections = try Connections(
                storage: configuration.storage, mayMakeStore: false, topic: configuration.topic,
                layout: configuration.layout, log: configuration.log)
            try await connections.chains.names.requireStored(in: connections.store)
            let verifier = StoreVerifier(
                chains: connections.chains, sealer: connections.sealer, readsAtOnce: configuration.storage.concurrency)
            let report = try await verifier.verify(
                date: configuration.day?.date(now: SystemWallClock().now()))
            LineSink.standardOutput.write(printed(report))
            return report.status
        }
    }

    private static func logEnds(
        _ kafka: KafkaConnection, _ connections: Connections, topic: String
    ) async throws(Failure) -> [Int32: Int64] {
        let consumer = try connections.consumer(kafka, topic: topic, bufferBytes: 1 << 20)
        do {
            var ends: [Int32: Int64] = [:]
            for number in try await consumer.partitions(timeout: kafka.timeout) {
                ends[number] = try await consumer.watermarks(number, timeout: kafka.timeout).logEnd
            }
            await consumer.close()
            return ends
        } catch {
            await consumer.close()
            throw error.failure
        }
    }

    /// JSON for programs and people: sorted keys, in lines.
    private static func printed(_ report: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Texts and whole numbers only: encoding cannot fail.
        let data = (try? encoder.encode(report)) ?? Data()
        return Array(data) + [UInt8(ascii: "\n")]
    }
}

extension StatusConfiguration {
    /// The hours asked for: one, a day's, or the last 24 with the one that runs.
    func hours(now: Milliseconds) -> [Hour] {
        guard let date else {
            let current = Hour(containing: now)
            return (current.index - 23...current.index).map { Hour(index: $0) }
        }
        let first = date.daysSince1970 * 24
        if let hour { return [Hour(index: first + Int64(hour))] }
        return (first..<first + 24).map { Hour(index: $0) }
    }
}
