import Interactions
import Logging
import ObjectStorage
package import Support

/// Reads from the store what `loader status` shows.
package struct StatusReader: Sendable {
    package let chains: ChainStore
    package let sealer: Sealer

    package init(chains: ChainStore, sealer: Sealer) { (self.chains, self.sealer) = (chains, sealer) }

    /// - Parameters:
    ///   - hours: the hours asked for.
    ///   - epoch: of the topic's current life; the former ones have nothing to say about what is open.
    ///   - logEnds: the partitions' ends now, where the brokers were asked.
    package func report(hours: [Hour], epoch: Int, logEnds: [Int32: Int64]) async throws(Failure) -> StatusReport {
        let progress = try await chains.allProgress().filter { $0.key.epoch == epoch }
        let partitions = Set(logEnds.keys.map { Partition($0, epoch: epoch) })
        let contents = HourContents(chains: chains, requestsAtOnce: sealer.requestsAtOnce)
        let status = try await concurrently(hours, limit: sealer.requestsAtOnce) { [sealer] hour throws(Failure) in
            // The manifest first: what it lists was there then.
            let manifest = try await sealer.manifest(of: hour)?.manifest
            let files = try await contents.files(of: hour, known: manifest?.parts.flatMap(\.files) ?? [])
            return HourStatus(
                hour: hour, manifest: manifest, files: files, progress: progress, epoch: epoch,
                partitions: partitions)
        }
        let known = progress.values.sorted { $0.partition < $1.partition }.map {
            PartitionStatus(progress: $0, logEnd: logEnds[$0.partition.number])
        }
        return StatusReport(
            store: chains.store.location, topic: chains.names.topic, hours: status, partitions: known)
    }
}
