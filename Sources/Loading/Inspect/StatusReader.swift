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
        var progress: [Partition: Progress] = [:]
        for object in try await chains.store.list(prefix: chains.names.allProgress, from: nil, delimiter: nil).objects {
            let file = object.name.dropFirst(chains.names.allProgress.count)
            guard file.hasSuffix(".json"), let partition = Partition(file.dropLast(".json".count)),
                partition.epoch == epoch
            else { continue }
            progress[partition] = try await chains.progress(of: partition).progress
        }
        let contents = HourContents(chains: chains)
        var status: [HourStatus] = []
        for hour in hours {
            let manifest = try await sealer.manifest(of: hour)?.manifest
            status.append(
                HourStatus(
                    hour: hour, manifest: manifest, files: try await contents.files(of: hour), progress: progress))
        }
        let partitions = progress.values.sorted { $0.partition < $1.partition }.map {
            PartitionStatus(progress: $0, logEnd: logEnds[$0.partition.number])
        }
        return StatusReport(
            store: chains.store.location, topic: chains.names.topic, hours: status, partitions: partitions)
    }
}
