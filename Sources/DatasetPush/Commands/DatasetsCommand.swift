internal import Braintrust
internal import Interactions
package import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// `batch-judge datasets`, once its settings are read.
package enum DatasetsCommand {
    package static func run(_ configuration: DatasetsConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let client = try BraintrustClient(
                configuration.braintrust, concurrency: 1, environment: ProcessInfo.processInfo.environment)
            let list = DatasetList(try await client.targets(ofProject: configuration.project))
            LineSink.standardOutput.write(configuration.isJSON ? ObjectCoding.encode(list) : Array(list.table.utf8))
            return .success
        } catch {
            configuration.log.report(error, program: PushCommand.program)
            return error.status
        }
    }
}

/// What each dataset was understood to want.
package struct DatasetList: Sendable, Equatable, Encodable {
    package struct Entry: Sendable, Equatable, Encodable {
        package var id: String
        package var projectId: String?
        package var name: String?
        package var tags: [String]
        /// Why there are no tags, or what else is wrong.
        package var remarks: [String]
    }

    package let datasets: [Entry]

    /// - Parameter targets: in any order; they are listed by name.
    package init(_ targets: [PushTarget]) {
        datasets = targets.map {
            Entry(
                id: $0.dataset.id, projectId: $0.dataset.projectID, name: $0.dataset.name, tags: $0.marker.tags,
                remarks: $0.remarks)
        }.sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
    }

    /// For people: a line for each dataset, one for its project where several have its name, and one for each remark.
    package var table: String {
        guard !datasets.isEmpty else { return "no datasets\n" }
        let names = datasets.map { printable($0.name ?? "(no name)", limit: 40) }
        let width = max(4, names.map(\.unicodeScalars.count).max() ?? 0)
        func line(_ name: String, _ id: String, _ tags: String) -> String {
            let space = String(repeating: " ", count: max(0, width - name.unicodeScalars.count))
            return "\(name)\(space)  \(id)  \(tags)\n"
        }
        let idWidth = datasets.map(\.id.utf8.count).max() ?? 0
        func padded(_ id: String) -> String { id + String(repeating: " ", count: max(0, idWidth - id.utf8.count)) }
        let alike = Dictionary(grouping: names) { $0 }.mapValues(\.count)
        var text = line("NAME", padded("ID"), "TAGS")
        for (name, entry) in zip(names, datasets) {
            let tags = entry.tags.map { printable($0, limit: 60) }.joined(separator: ", ")
            text += line(name, padded(printable(entry.id)), tags.isEmpty ? "-" : tags)
            if alike[name] != 1, let project = entry.projectId { text += "  project \(printable(project))\n" }
            for remark in entry.remarks { text += "  ! \(printable(remark, limit: 200))\n" }
        }
        let understood = datasets.count { !$0.tags.isEmpty }
        return text + "\(understood) of \(datasets.count) datasets want tags\n"
    }
}
