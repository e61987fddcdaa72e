package import Braintrust
package import Logging
internal import Records

/// A dataset, and what its description was understood to ask for.
package struct PushTarget: Sendable, Equatable {
    package let dataset: Dataset
    package let marker: DatasetMarker

    package init(_ dataset: Dataset) {
        self.dataset = dataset
        marker = DatasetMarker(description: dataset.description)
    }

    /// Whether records can go there.
    package var isWanted: Bool { !marker.tags.isEmpty }

    /// Stands for what it asks for: when this changes, records that it did not want may be wanted.
    package var wish: String {
        String(FramedHash.hex(["dataset-tags-1"] + marker.tags.sorted(by: isBefore)).prefix(32))
    }

    /// For people.
    package var name: String { dataset.name ?? dataset.id }

    /// Why nothing goes there, or what else there is to say.
    package var remarks: [String] {
        if !marker.problems.isEmpty { return marker.problems }
        if marker.isPresent { return [] }
        return [dataset.description == nil ? "no description" : "no marker in the description"]
    }

    private func isBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}

extension [PushTarget] {
    /// Those that records can go to. Logs what of their descriptions is not understood, and that there is none.
    package func wanted(_ logger: Logger) -> [PushTarget] {
        for target in self where !target.marker.problems.isEmpty {
            logger.warning(
                "the description of a dataset is not all understood",
                metadata: [
                    "dataset": "\(target.dataset.id)", "name": "\(target.name)",
                    "problems": "\(target.marker.problems.joined(separator: "; "))",
                ])
        }
        let wanted = filter(\.isWanted)
        if wanted.isEmpty {
            logger.warning(
                "no dataset asks for tags",
                metadata: ["remedy": "write [[relevant_tags: [\"a\"]]] into the description of a dataset"])
        }
        return wanted
    }
}
