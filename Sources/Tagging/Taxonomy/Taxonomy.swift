internal import Bytes
internal import Records
package import Support

/// One tag of the team's vocabulary.
package struct TaxonomyTag: Sendable, Equatable {
    /// What records carry; unique in its taxonomy.
    package let name: String
    /// What the model is told about it.
    package let description: String
}

/// The tags to choose from, ordered by the Unicode scalars of their names; never empty. Records refer to a tag by its
/// place in `tags`, and list tags in that order.
package struct Taxonomy: Sendable {
    package let tags: [TaxonomyTag]
    /// SHA-256 of the tags in hex digits. Equal taxonomies have equal hashes, wherever they came from.
    package let hash: String
    private let places: [ExactText: Int]

    /// What a tagged line says about its taxonomy: the beginning of the hash.
    package var label: String { String(hash.prefix(16)) }

    package enum Limits {
        package static let tags = 500
        /// Bytes of UTF-8.
        package static let name = 256
        package static let description = 4096
    }

    /// `tags` have unique names, in any order, and are within the limits.
    init(unique tags: [TaxonomyTag]) {
        self.tags = tags.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        hash = FramedHash.hex(
            ["taxonomy 1"] + self.tags.flatMap { [$0.name, $0.description] })
        places = Dictionary(
            uniqueKeysWithValues: self.tags.enumerated().map { (ExactText($0.element.name), $0.offset) })
    }

    /// The place of the tag with exactly this name, scalar by scalar.
    package func place(of name: String) -> Int? { places[ExactText(name)] }

    package static func empty(_ source: String) -> Failure {
        Failure(
            .emptyTaxonomy, "\(source) has no tags to choose from",
            remedy:
                "give project tags in Braintrust a description with '\(TaxonomyMarker.text)', or name a file of tags")
    }
}

extension Taxonomy: Equatable {
    package static func == (left: Taxonomy, right: Taxonomy) -> Bool { left.hash == right.hash }
}
