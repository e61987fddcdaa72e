import Interactions
import ObjectStorage
import Support
import Synchronization

/// Finds what an hour holds: lists its files and reads the plans that announced them. Several hours may be asked for at once.
final class HourContents: Sendable {
    private let chains: ChainStore
    /// Plans read so far, with what their amendments changed.
    private let plans: Mutex<[ChunkKey: [PlannedFile]]> = Mutex([:])

    private struct ChunkKey: Hashable {
        var partition: Partition
        var start: Int64
    }

    init(chains: ChainStore) { self.chains = chains }

    /// The planned files of an hour that are there, by partition.
    func files(of hour: Hour) async throws(Failure) -> [Partition: [PlannedFile]] {
        var found: [Partition: [PlannedFile]] = [:]
        for prefix in [chains.names.files(of: hour), chains.names.deadLetters(of: hour)] {
            for object in try await chains.store.list(prefix: prefix, from: nil, delimiter: nil).objects {
                guard let name = chains.names.parse(file: object.name) else { continue }
                let planned = try await plannedFiles(of: name.partition, start: name.range.start)
                // One that no plan names is not ours to count; `verify` reports it.
                guard let file = planned.first(where: { $0.name == object.name }) else { continue }
                found[name.partition, default: []].append(file)
            }
        }
        return found
    }

    private func plannedFiles(of partition: Partition, start: Int64) async throws(Failure) -> [PlannedFile] {
        let key = ChunkKey(partition: partition, start: start)
        if let known = plans.withLock({ $0[key] }) { return known }
        var files: [String: PlannedFile] = [:]
        for link in try await chains.links(of: partition, startingAt: start) {  // amendments come after their plan
            for file in try await chains.plan(of: partition, at: link).files { files[file.name] = file }
        }
        let found = Array(files.values)
        plans.withLock { $0[key] = found }
        return found
    }
}
