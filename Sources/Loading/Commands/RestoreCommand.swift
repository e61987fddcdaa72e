import Interactions
import JobSupport
import Kafka
import Logging
import ObjectStorage
package import Support

extension Loader {
    /// `loader restore`: produces the records of stored files to a topic again.
    package static func restore(_ configuration: RestoreConfiguration) async -> ExitStatus {
        await reportingFailure(configuration.log) { () async throws(Failure) in
            let connections = try Connections(
                storage: configuration.storage, mayMakeStore: false, topic: configuration.topic, layout: .plain,
                log: configuration.log)
            var objects: [ObjectInfo] = []
            for name in configuration.objects {  // all must be there before the first record is produced
                guard let info = try await connections.store.info(name) else {
                    throw Failure(
                        .noInput, "\(connections.chains.url(name)) does not exist",
                        remedy: "give names as they are below the storage URL")
                }
                objects.append(info)
            }
            var producer: KafkaProducer?
            if !configuration.isDryRun, let kafka = configuration.kafka {
                producer = try connections.producer(kafka, topic: configuration.topic)
            }
            let restore = Restore(store: connections.store, producer: producer)
            var total = 0
            do throws(Failure) {
                for object in objects {
                    let count = try await restore.produce(object)
                    connections.logger.info(
                        producer == nil ? "would produce" : "produced",
                        metadata: ["object": "\(object.name)", "records": "\(count)"])
                    total += count
                }
            } catch {
                await producer?.close()
                throw error
            }
            await producer?.close()
            LineSink.standardOutput.write("{\"objects\":\(objects.count),\"records\":\(total)}\n")
            return .success
        }
    }
}

/// Turns the lines of a file into records again. A dead letter becomes what it was, with key, headers and time; the line of a
/// partition file becomes the value of a record, because nothing else of it is known.
private struct Restore {
    let store: any ObjectStore
    /// nil: only count.
    let producer: KafkaProducer?

    /// - Returns: how many records the object holds.
    func produce(_ object: ObjectInfo) async throws(Failure) -> Int {
        let isDeadLetter = object.name.hasPrefix("dead-letter/")
        var total = 0
        var lines = StoredLines(object, in: store)
        while let batch = try await lines.next() {
            var records: [ProducerRecord] = []
            records.reserveCapacity(batch.count)
            try batch.forEach { line throws(Failure) in
                records.append(try isDeadLetter ? record(ofDeadLetter: line) : ProducerRecord(value: Array(line)))
            }
            try await send(records)
            total += records.count
        }
        return total
    }

    private func record(ofDeadLetter line: UnsafeRawBufferPointer) throws(Failure) -> ProducerRecord {
        let original = try DeadLetter.decode(line)
        return ProducerRecord(
            key: original.key, value: original.value,
            headers: original.headers.map { RecordHeader(name: $0.name, value: $0.value) },
            timestamp: original.timestamp)
    }

    private func send(_ batch: [ProducerRecord]) async throws(Failure) {
        guard let producer else { return }
        do { _ = try await producer.send(batch) } catch { throw error.failure }
    }
}
